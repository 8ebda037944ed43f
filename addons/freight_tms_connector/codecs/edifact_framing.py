"""Framing of EDIFACT: service characters and segments, found in plain text.

The separators are those of the UNA, else those of the standard; each interchange of a file may
have its own. Line breaks that are not the terminator are wrapping and vanish.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from .base import MAX_SEGMENT_LENGTH, CodecError
from .source import Source

HIDDEN = "\ue000\ue001\ue002\ue003"  # stand for released characters while a segment is split

_UNA_LENGTH = 9
_ANY_HIDDEN = re.compile(f"[{HIDDEN}]")


@dataclass(frozen=True, slots=True)
class Separators:
    """The service characters, in the order in which UNA names them."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    terminator: str = "'"

    @property
    def services(self):
        """The characters that a release makes plain text, the release itself first."""
        return self.release, self.terminator, self.element, self.component


class Framing:
    """The segments of a text, which may hold several interchanges.

    :ivar separators: those of the segment read last.
    """

    def __init__(self, chunks):
        self.separators = Separators()
        self._source = Source(_plain(chunk) for chunk in chunks)

    def segments(self):
        """Yield the segments as texts, without the empty ones; see `elements`.

        :raises CodecError: it does not begin with UNA or UNB; later, a segment has no end.
        """
        self._read_una(strict=True)
        first = True
        for segment in self._texts():
            begins = segment.startswith("UNB" + self.separators.element)
            if first and not begins:
                raise CodecError("An EDIFACT interchange begins with UNA or UNB.", "segment 1")
            first = False
            yield segment
            if segment.startswith("UNZ") and self._source.skip_blanks():
                self._read_una()
        if first:
            raise CodecError("An EDIFACT interchange begins with UNA or UNB.", "segment 1")

    def elements(self, segment):
        """Return the elements of a segment, each a list of components, the tag first."""
        marks = self.separators
        component = marks.component
        if not marks.release or marks.release not in segment:
            return [part.split(component) for part in segment.split(marks.element)]
        for service, stand_in in zip(marks.services, HIDDEN, strict=True):
            segment = segment.replace(marks.release + service, stand_in)
        segment = segment.replace(marks.release, "")
        shown = dict(zip(map(ord, HIDDEN), marks.services, strict=True))
        return [
            [value.translate(shown) for value in part.split(component)]
            for part in segment.split(marks.element)
        ]

    def _texts(self):
        """Yield the segments as they stand, up to the terminators that hold when each is read."""
        while True:
            separators = self.separators
            match = _segment_pattern(separators.terminator, separators.release).match
            while self.separators is separators:
                found = self._found(match)
                text = found[0][:-1] if found else self._source.text[self._source.at :]
                text = text.replace("\n", "").lstrip(" \t")
                if text:
                    yield text
                if not found:
                    return

    def _found(self, match):
        """Return the match of the next segment and go behind it, None when no more is whole."""
        source = self._source
        while True:
            found = match(source.text, source.at)
            if found:
                source.at = found.end()
                return found
            if source.ended:
                return None
            if len(source.text) - source.at > MAX_SEGMENT_LENGTH:
                raise CodecError(f"A segment is longer than {MAX_SEGMENT_LENGTH} characters.")
            source.more()

    def _read_una(self, strict=False):
        """Take the separators of a UNA, if there is one ahead, else those of the standard."""
        source = self._source
        una = source.ahead(_UNA_LENGTH)
        if una.startswith("UNA"):
            try:
                separators = _separators(una[3:])
            except CodecError:
                if strict:
                    raise
                return
            source.at += _UNA_LENGTH
            source.skip_blanks()
            self.separators = separators
        elif una.startswith("UNB" + Separators().element):
            self.separators = Separators()


def _plain(chunk):
    """Return `chunk` with one kind of line break, and free of the stand-ins."""
    return _ANY_HIDDEN.sub("\ufffd", chunk.replace("\r", "\n"))


def _separators(una):
    if len(una) < 6 or len({una[0], una[1], una[3], una[5]}) < 4 or una[:6].isalnum():
        raise CodecError("The UNA does not name six service characters.", "segment 1")
    return Separators(una[0], una[1], una[2], una[3].strip(), una[5])


@lru_cache(maxsize=64)
def _segment_pattern(terminator, release):
    t, r = re.escape(terminator), re.escape(release)
    if not release:
        return re.compile(rf"[^{t}]*{t}")
    released = "." if terminator == "\n" else r"\n*[^\n]"
    return re.compile(rf"[^{t}{r}]*(?:{r}{released}[^{t}{r}]*)*{t}", re.DOTALL)
