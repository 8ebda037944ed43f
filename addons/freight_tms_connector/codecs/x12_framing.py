"""Framing of X12: delimiters, interchanges and their envelope segments, found in plain text.

The delimiters are those of the ISA. Line breaks that are not the terminator are wrapping and
vanish, in the middle of the ISA too.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from .base import MAX_SEGMENT_LENGTH, CodecError
from .source import Source

ISA_ELEMENTS = 16
ENVELOPE = ("ISA", "GS", "ST", "SE", "GE", "IEA")

_ISA_REACH = 400  # an ISA has 106 characters; this leaves room for wrapping and wrong padding
_AFTER_ISA = ("GS", "TA1", "IEA", "ISB")
_ISA = re.compile(r"ISA[^A-Za-z0-9 \t\r\n]")
_BEGIN = re.compile(r"I\n*S\n*A\n*")
_WHITE = " \t\r\n"  # not what str.isspace says, for that includes usual separators


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters that end a segment, an element and a component."""

    terminator: str = "~"
    element: str = "*"
    component: str = ">"


def interchanges(chunks):
    """Yield (delimiters, ISA elements, pieces) of each interchange in a text.

    The pieces are the rest of the interchange up to its IEA, each of whole segments, every segment
    preceded by exactly one terminator. They must be read before the next interchange. What stands
    between interchanges and is none is yielded as (None, [], its beginning).

    :param chunks: the text, see `base.texts`.
    :raises CodecError: it does not begin with an ISA that names its separators; or, from the
        pieces, a segment has no end.
    """
    source = Source(chunk.replace("\r", "\n") for chunk in chunks)
    source.skip_blanks()
    delimiters, header = _read_isa(source.ahead(_ISA_REACH))
    while True:
        yield delimiters, header, _pieces(source, delimiters)
        while True:
            if not source.skip_blanks():
                return
            try:
                delimiters, header = _read_isa(source.ahead(_ISA_REACH))
                break
            except CodecError:
                yield None, [], (source.ahead(20),)
                if not source.seek(_ISA):
                    return


def envelopes(pieces, delimiters):
    """Yield ([segments], elements of the envelope segment after them) through `pieces`.

    What follows the last envelope segment of a piece comes with None.
    """
    terminator, separator = delimiters.terminator, delimiters.element
    pattern = _envelope_pattern(terminator, separator)
    for piece in pieces:
        start = 0
        for found in pattern.finditer(piece):
            yield split(piece[start : found.start()], terminator), found[1].split(separator)
            start = found.end()
        if start < len(piece):
            yield split(piece[start:], terminator), None


def split(text, terminator):
    """Return the segments of a piece, which begins and may end with a terminator."""
    return text.strip(terminator).split(terminator) if len(text) > 1 else []


@lru_cache(maxsize=64)
def _envelope_pattern(terminator, separator):
    t, e = re.escape(terminator), re.escape(separator)
    return re.compile(rf"{t}((?:{'|'.join(ENVELOPE)}){e}[^{t}]*)")


@lru_cache(maxsize=64)
def _trailer_pattern(terminator, separator):
    t, e = re.escape(terminator), re.escape(separator)
    if terminator == "\n":
        return re.compile(rf"{t}[ \t]*IEA{e}[^{t}]*{t}?")
    return re.compile(rf"{t}[ \t\n]*I\n*E\n*A\n*{e}[^{t}]*{t}?")


def _read_isa(text):
    """Return the delimiters and the sixteen elements of the ISA that `text` begins with."""
    begin = _BEGIN.match(text)
    if not begin:
        raise CodecError("An X12 interchange begins with ISA.", "segment 1")
    text = "ISA" + text[begin.end() :]
    element = text[3:4]
    parts = text.split(element, ISA_ELEMENTS) if element else []
    if len(parts) <= ISA_ELEMENTS or element.isalnum() or element in _WHITE:
        raise CodecError("The ISA is cut off or has no element separator.", "segment 1")
    tail = parts[ISA_ELEMENTS].lstrip("\n")
    component, terminator = tail[:1], _terminator(tail[1:], element)
    if (
        not terminator.strip(" \t")
        or terminator.isalnum()
        or len({component, terminator, element}) < 3
    ):
        raise CodecError("The ISA does not name its separators.", "segment 1")
    elements = [_joined(part).strip() for part in parts[:ISA_ELEMENTS]]
    return Delimiters(terminator, element, component), elements


def _terminator(rest, element):
    """Return the segment terminator, given what follows the last element of the ISA.

    A line break is the terminator only when the next segment comes right after it; otherwise the
    line was wrapped there.
    """
    following = rest.lstrip("\n")
    wrapped = len(following) < len(rest)
    if wrapped and following.startswith(tuple(tag + element for tag in _AFTER_ISA)):
        return "\n"
    return following[:1]


def _pieces(source, delimiters):
    """Yield what follows the ISA up to the end of the IEA, in pieces of whole segments."""
    terminator = delimiters.terminator
    trailer = _trailer_pattern(terminator, delimiters.element)
    source.ahead(_ISA_REACH)
    source.at = source.text.find(terminator, source.at)
    while True:
        found = trailer.search(source.text, source.at)
        if found and (found[0].endswith(terminator) or source.ended):
            start, source.at = source.at, found.end()
            yield _cleaned(source.text[start : source.at], terminator)
            return
        start = source.at
        source.at = len(source.text) if source.ended else source.text.rfind(terminator)
        if source.at > start:
            yield _cleaned(source.text[start : source.at], terminator)
        if source.ended:
            return
        if len(source.text) - source.at > MAX_SEGMENT_LENGTH:
            raise CodecError(f"A segment is longer than {MAX_SEGMENT_LENGTH} characters.")
        source.more()


def _cleaned(piece, terminator):
    """Return `piece` without wrapping, and without blanks and empty segments between segments."""
    if terminator != "\n":
        piece = _joined(piece)
    if any(terminator + blank in piece for blank in (terminator, " ", "\t")):
        piece = re.sub(rf"{re.escape(terminator)}[{re.escape(terminator)} \t]*", terminator, piece)
    return piece


def _joined(text):
    return text.replace("\n", "")
