"""Framing of X12: delimiters, interchanges and their envelope segments, found in plain text.

The delimiters are those of the ISA. Line breaks that are not the terminator are wrapping and
vanish, in the middle of the ISA too.
"""

import re
from dataclasses import dataclass

from .base import CodecError

ISA_ELEMENTS = 16

_ISA_REACH = 400  # an ISA has 106 characters; this leaves room for wrapping and wrong padding
_AFTER_ISA = ("GS", "TA1", "IEA", "ISB")
_LINE_ENDS = re.compile(r"[\r\n]+")
_WHITE = " \t\r\n"  # not what str.isspace says, for that includes usual separators
_BLANKS = re.compile(rf"[{_WHITE}]*")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters that end a segment, an element and a component."""

    terminator: str = "~"
    element: str = "*"
    component: str = ">"


def interchanges(text):
    """Yield (delimiters, ISA elements, body) of each interchange in `text`.

    The body is the rest of the interchange up to its IEA, every segment preceded by exactly one
    terminator.

    :raises CodecError: there is no ISA, or one that does not name its separators.
    """
    delimiters, _header = _read_isa(text)
    text = _unwrapped(text, delimiters)
    start = 0
    while start < len(text):
        delimiters, header = _read_isa(text[start : start + _ISA_REACH])
        end = _end_of_interchange(text, start, delimiters)
        yield delimiters, header, _body(text, start, end, delimiters.terminator)
        start = _BLANKS.match(text, end).end()


def envelopes(body, delimiters):
    """Yield ([segments], elements of the envelope segment after them) through `body`.

    What follows the last envelope segment comes with None.
    """
    terminator, separator = delimiters.terminator, delimiters.element
    pattern = f"{re.escape(terminator)}((?:ISA|GS|ST|SE|GE|IEA){re.escape(separator)}"
    start = 0
    for found in re.finditer(rf"{pattern}[^{re.escape(terminator)}]*)", body):
        yield split(body[start : found.start()], terminator), found[1].split(separator)
        start = found.end()
    yield split(body[start:], terminator), None


def split(text, terminator):
    """Return the segments of a piece of a body, which begins and may end with a terminator."""
    return text.strip(terminator).split(terminator) if len(text) > 1 else []


def last_segment(body, delimiters):
    """Return (number within the interchange, text) of the last segment of `body`."""
    terminator = delimiters.terminator
    body = body.rstrip(terminator)
    return body.count(terminator) + 1, body.rpartition(terminator)[2]


def _read_isa(text):
    """Return the delimiters and the sixteen elements of the ISA that `text` begins with."""
    if not text.startswith("ISA"):
        raise CodecError("An X12 interchange begins with ISA.", "segment 1")
    element = text[3:4]
    parts = text[:_ISA_REACH].split(element, ISA_ELEMENTS) if element else []
    if len(parts) <= ISA_ELEMENTS or element.isalnum() or element in _WHITE:
        raise CodecError("The ISA is cut off or has no element separator.", "segment 1")
    tail = parts[ISA_ELEMENTS].lstrip("\r\n")
    component, terminator = tail[:1], _terminator(tail[1:], element)
    if not terminator or terminator.isalnum() or len({component, terminator, element}) < 3:
        raise CodecError("The ISA does not name its separators.", "segment 1")
    elements = [_joined(part).strip() for part in parts[:ISA_ELEMENTS]]
    return Delimiters(terminator, element, component), elements


def _terminator(rest, element):
    """Return the segment terminator, given what follows the last element of the ISA.

    A line break is the terminator only when the next segment comes right after it; otherwise the
    line was wrapped there.
    """
    following = rest.lstrip("\r\n")
    wrapped = len(following) < len(rest)
    if wrapped and following.startswith(tuple(tag + element for tag in _AFTER_ISA)):
        return "\n"
    return following[:1]


def _unwrapped(text, delimiters):
    if delimiters.terminator == "\n":
        return _LINE_ENDS.sub("\n", text)
    return _joined(text)


def _joined(text):
    return text.replace("\r", "").replace("\n", "")


def _end_of_interchange(text, start, delimiters):
    terminator, element = re.escape(delimiters.terminator), re.escape(delimiters.element)
    trailer = re.compile(rf"{terminator}[ \t]*IEA{element}[^{terminator}]*{terminator}?")
    found = trailer.search(text, start)
    return found.end() if found else len(text)


def _body(text, start, end, terminator):
    """Return what follows the ISA, without blanks and empty segments between the segments."""
    after_isa = text.find(terminator, start, end)
    body = text[after_isa:end] if after_isa >= 0 else ""
    if any(terminator + blank in body for blank in (terminator, " ", "\t")):
        body = re.sub(rf"{re.escape(terminator)}[{re.escape(terminator)} \t]*", terminator, body)
    return body
