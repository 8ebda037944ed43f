"""UN/EDIFACT (ISO 9735): interchanges to trees.

The tree of a message:

    {"interchange": {"sender", "receiver", "control", "date", ...},
     "set": {"id": "IFTSTA", "control": "1", "version": "D:00B"},
     "BGM": [{"BGM0101": "23", "BGM0201": "..."}],
     "CNI": [{"CNI0101": "1", "STS": [{"STS0101": "1", "DTM": [{"DTM0101": "334", ...}]}]}]}

A tag always holds a list; a component's key is its tag, two digits for the element and two for
the component (`STS0204` is the fourth component of the second element); empty components are left
out; segment groups nest as `edifact_messages` says. UNA may name other separators.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from .base import LOST, CodecError, Decoded, text_of
from .edifact_messages import REQUIRED, STRUCTURES
from .structure import nest

_UNA_LENGTH = 9
_MAX_PLACES = 99
_TAG = re.compile(r"[A-Z][A-Z0-9]{2}")
_HIDDEN = "\ue000\ue001\ue002\ue003"  # stand for released characters while a text is split
_ANY_HIDDEN = re.compile(f"[{_HIDDEN}]")

# Element 0085, why a message is rejected
MISSING_TRAILER, CONTROL_MISMATCH, COUNT_MISMATCH, INVALID = "13", "28", "29", "12"


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


def decode(raw, *, encoding=None):
    """Return a `Decoded` for every message of the interchanges in `raw`.

    A damaged message has its error. What is wrong with the envelope, or lost between the messages,
    is a `Decoded` beside the messages, which stay valid.

    :raises CodecError: there is no interchange to be found.
    """
    return list(iterate(raw, encoding=encoding))


def iterate(raw, *, encoding=None):
    """Yield what `decode` returns, message by message.

    :raises CodecError: there is no interchange to be found.
    """
    separators, segments = _segments(text_of(raw, encoding))
    yield from _Reader(separators).read(segments)


def check(raw, *, encoding=None):
    """Raise CodecError unless `raw` is an interchange that ends with its UNZ."""
    separators, segments = _segments(text_of(raw, encoding))
    if not segments[-1].startswith("UNZ" + separators.element):
        position = f"segment {len(segments)}"
        raise CodecError("The interchange is cut off: its UNZ is missing.", position)


# Framing ------------------------------------------------------------------------------------------


def _segments(text):
    """Return the separators and the segments of `text`, released characters hidden."""
    separators = Separators()
    if text.startswith("UNA"):
        separators = _separators(text[3:_UNA_LENGTH])
        text = text[_UNA_LENGTH:]
    if separators.terminator not in "\r\n":
        text = text.replace("\r", "").replace("\n", "")
    text = _hide(_ANY_HIDDEN.sub("\ufffd", text), separators)
    segments = [part for part in map(str.strip, text.split(separators.terminator)) if part]
    if not segments or not segments[0].startswith("UNB" + separators.element):
        raise CodecError("An EDIFACT interchange begins with UNA or UNB.", "segment 1")
    return separators, segments


def _separators(una):
    if len(una) < 6 or len({una[0], una[1], una[3], una[5]}) < 4 or una[:6].isalnum():
        raise CodecError("The UNA does not name six service characters.", "segment 1")
    return Separators(una[0], una[1], una[2], una[3].strip(), una[5])


def _hide(text, separators):
    """Replace each released service character by its stand-in, and drop other releases."""
    release = separators.release
    if not release or release not in text:
        return text
    for service, stand_in in zip(separators.services, _HIDDEN, strict=True):
        text = text.replace(release + service, stand_in)
    return text.replace(release, "")


# Envelope -----------------------------------------------------------------------------------------


class _Reader:
    """Reads the segments of the interchanges of one file."""

    def __init__(self, separators):
        self.separators = separators
        self.shown = dict(zip(map(ord, _HIDDEN), separators.services, strict=True))
        self.interchange = None
        self.messages = 0
        self.message = None  # the segments of the open message
        self.first = self.number = 1
        self.stray = False

    def read(self, segments):
        """Yield a `Decoded` for each message and for each damage between them."""
        envelope = {
            "UNB": self._open_interchange,
            "UNH": self._open_message,
            "UNT": self._close_message,
            "UNZ": self._close_interchange,
        }
        for self.number, segment in enumerate(segments, start=1):
            tag = segment[:3]
            if tag in envelope:
                yield from envelope[tag](segment)
            elif self.message is not None:
                self.message.append(segment)
            elif tag not in ("UNA", "UNG", "UNE") and not self.stray:
                self.stray = True
                yield self._damage(LOST, "A segment stands outside of any message.")
        yield from self._interrupted()
        if self.interchange is not None:
            yield self._damage(LOST, "The interchange is cut off: its UNZ is missing.")

    def _open_interchange(self, segment):
        yield from self._interrupted()
        if self.interchange is not None:
            yield self._damage(
                "interchange", "A new interchange begins before the UNZ of the last."
            )
        self.interchange = self._header(segment)
        self.messages = 0
        self.stray = False

    def _open_message(self, segment):
        yield from self._interrupted()
        self.message = [segment]
        self.first = self.number
        self.messages += 1
        self.stray = False

    def _close_message(self, segment):
        if self.message is None:
            if not self.stray:
                self.stray = True
                yield self._damage(LOST, "A message trailer has no header.")
            return
        segments, self.message = self.message, None
        yield self._translated(segments, self._elements(segment))

    def _close_interchange(self, segment):
        yield from self._interrupted()
        trailer, header = self._elements(segment), self.interchange
        self.interchange = None
        if header is None:
            yield self._damage("interchange", "An interchange trailer has no header.")
        elif _value(trailer, 2, 1) != header["control"]:
            yield self._damage(
                "interchange",
                f"UNZ names {_value(trailer, 2, 1) or 'nothing'}, the UNB {header['control']}.",
                header,
            )
        elif not _same_count(_value(trailer, 1, 1), self.messages):
            yield self._damage(
                LOST,
                f"UNZ counts {_value(trailer, 1, 1) or 'nothing'}, there are {self.messages}.",
                header,
            )

    def _interrupted(self):
        if self.message is not None:
            segments, self.message = self.message, None
            unh = self._elements(segments[0])
            yield self._rejected(segments, unh, MISSING_TRAILER, self.number, "its UNT is missing")

    def _damage(self, kind, message, interchange=None):
        position = f"segment {self.number}"
        control = self._control(interchange or self.interchange or {})
        return Decoded(kind, None, position, f"{position}: {message}", control)

    def _control(self, interchange, unh=None, segments=()):
        control = {
            "sender": interchange.get("sender", ""),
            "receiver": interchange.get("receiver", ""),
            "interchange": interchange.get("control", ""),
            "usage": "T" if interchange.get("test") else "P",
        }
        if unh:
            control.update(id=_value(unh, 2, 1), set=_value(unh, 1, 1), segments=len(segments) + 1)
        return control

    # One message

    def _translated(self, segments, trailer):
        unh = self._elements(segments[0])
        kind, count = _value(unh, 2, 1), len(segments) + 1
        if not _same_count(_value(trailer, 1, 1), count):
            reason = f"UNT counts {_value(trailer, 1, 1) or 'nothing'} segments, there are {count}"
            return self._rejected(segments, unh, COUNT_MISMATCH, self.number, reason)
        if _value(trailer, 2, 1) != _value(unh, 1, 1):
            reason = f"UNT names {_value(trailer, 2, 1)}, the UNH {_value(unh, 1, 1)}"
            return self._rejected(segments, unh, CONTROL_MISMATCH, self.number, reason)
        try:
            tree = nest(self._root(unh), STRUCTURES.get(kind, {}), self._body(segments))
        except CodecError as error:
            return self._rejected(segments, unh, INVALID, error.position, error.message)
        if REQUIRED.get(kind, "set") not in tree:
            reason = f"the segment {REQUIRED[kind]} is missing"
            return self._rejected(segments, unh, INVALID, self.first, reason)
        control = self._control(tree["interchange"], unh, segments)
        return Decoded(kind, tree, self._position(unh), None, control)

    def _root(self, unh):
        version = f"{_value(unh, 2, 2)}:{_value(unh, 2, 3)}"
        return {
            "interchange": self.interchange or {},
            "set": {"id": _value(unh, 2, 1), "control": _value(unh, 1, 1), "version": version},
        }

    def _body(self, segments):
        """Return [(tag, components)] of the segments after the UNH.

        :raises CodecError: a segment that is none, positioned by its number.
        """
        body = []
        for number, segment in enumerate(segments[1:], start=self.first + 1):
            elements = self._elements(segment)
            tag = elements[0][0]
            if not _TAG.fullmatch(tag) or len(elements) > _MAX_PLACES:
                raise CodecError(f"{segment[:12]!r} is not a segment", number)
            body.append((tag, _components(tag, elements)))
        return body

    def _elements(self, segment):
        """Return the elements of a segment, each a list of components, the tag first."""
        component = self.separators.component
        elements = [part.split(component) for part in segment.split(self.separators.element)]
        if _ANY_HIDDEN.search(segment):
            return [[value.translate(self.shown) for value in parts] for parts in elements]
        return elements

    def _header(self, segment):
        unb = self._elements(segment)
        return {
            "sender": _value(unb, 2, 1),
            "sender_qualifier": _value(unb, 2, 2),
            "receiver": _value(unb, 3, 1),
            "receiver_qualifier": _value(unb, 3, 2),
            "date": _value(unb, 4, 1),
            "time": _value(unb, 4, 2),
            "control": _value(unb, 5, 1),
            "syntax": _value(unb, 1, 1),
            "test": _value(unb, 11, 1) == "1",
        }

    def _rejected(self, segments, unh, syntax, number, reason):
        control = self._control(self.interchange or {}, unh, segments)
        control.update(syntax=syntax, segment=number - self.first + 1)
        position = self._position(unh)
        error = f"{position}, segment {number}: {reason}."
        return Decoded(_value(unh, 2, 1), None, position, error, control)

    def _position(self, unh):
        return f"{_value(unh, 2, 1)} {_value(unh, 1, 1)} at segment {self.first}"


def _components(tag, elements):
    return {
        key: value
        for place, components in enumerate(elements[1:], start=1)
        for key, value in zip(_keys(tag, place), components, strict=False)
        if value
    }


@lru_cache(maxsize=4096)
def _keys(tag, place):
    return tuple(f"{tag}{place:02d}{part:02d}" for part in range(1, _MAX_PLACES + 1))


def _value(elements, place, part):
    components = elements[place] if place < len(elements) else ()
    return components[part - 1].strip() if part <= len(components) else ""


def _same_count(text, count):
    return text.isdigit() and text.isascii() and len(text) <= 10 and int(text) == count
