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
from functools import lru_cache

from .base import LOST, MAX_CHARACTERS, MAX_SEGMENTS, CodecError, Decoded, texts
from .edifact_framing import Framing
from .edifact_messages import REQUIRED, STRUCTURES
from .structure import nest

_MAX_PLACES = 99
_TAG = re.compile(r"[A-Z][A-Z0-9]{2}")

# Element 0085, why a message or an interchange is rejected
INVALID, MISSING, TOO_MANY_PARTS = "12", "13", "16"
CONTROL_MISMATCH, COUNT_MISMATCH, OUTSIDE, REPEATED = "28", "29", "33", "35"


def decode(raw, *, encoding=None):
    """Return a `Decoded` for every message of the interchanges in `raw`.

    A damaged message has its error. What is wrong with the envelope, or lost between the messages,
    is a `Decoded` beside the messages, which stay valid.

    :raises CodecError: there is no interchange to be found.
    """
    return list(iterate(raw, encoding=encoding))


def iterate(raw, *, encoding=None):
    """Yield what `decode` returns, message by message, so that a large file needs little memory.

    A message of more than `MAX_SEGMENTS` segments or `MAX_CHARACTERS` characters is rejected.

    :raises CodecError: there is no interchange to be found.
    """
    framing = Framing(texts(raw, encoding))
    yield from _Reader(framing).read()


def check(raw, *, encoding=None):
    """Raise CodecError unless `raw` is an interchange that ends with its UNZ."""
    framing = Framing(texts(raw, encoding))
    count = 0
    for segment in framing.segments():
        count, last = count + 1, segment
    if not last.startswith("UNZ" + framing.separators.element):
        position = f"segment {count}"
        raise CodecError("The interchange is cut off: its UNZ is missing.", position)


class _BadSegment(CodecError):
    """A segment that rejects its message; `codes` are what an acknowledgement says of it."""

    def __init__(self, message, number, **codes):
        super().__init__(message, number)
        self.codes = codes


# Envelope -----------------------------------------------------------------------------------------


class _Reader:
    """Reads the segments of the interchanges of one file."""

    def __init__(self, framing):
        self.framing = framing
        self.interchange = None
        self.place = 0  # of the interchange within the file
        self.messages = 0
        self.message = None  # the segments of the open message
        self.size = self.left_out = 0  # characters kept of it, segments not kept
        self.first = self.number = 1
        self.stray = False

    def read(self):
        """Yield a `Decoded` for each message and for each damage between them."""
        envelope = {
            "UNB": self._open_interchange,
            "UNH": self._open_message,
            "UNT": self._close_message,
            "UNZ": self._close_interchange,
        }
        try:
            for number, segment in enumerate(self.framing.segments(), start=1):
                self.number = number
                handle = envelope.get(segment[:3])
                if handle:
                    yield from handle(segment)
                elif self.message is not None:
                    self._keep(segment)
                else:
                    yield from self._outside(segment)
        except CodecError as error:
            if not self.place:
                raise
            self.number += 1
            yield self._damage(LOST, error.message)
        yield from self._interrupted()
        if self.interchange is not None:
            yield self._damage(LOST, "The interchange is cut off: its UNZ is missing.", MISSING)

    def _outside(self, segment):
        if segment[:3] not in ("UNA", "UNG", "UNE") and not self.stray:
            self.stray = True
            yield self._damage(LOST, "A segment stands outside of any message.", OUTSIDE)

    def _keep(self, segment):
        self.size += len(segment)
        if len(self.message) >= MAX_SEGMENTS or self.size > MAX_CHARACTERS:
            self.left_out += 1
        else:
            self.message.append(segment)

    def _open_interchange(self, segment):
        yield from self._interrupted()
        if self.interchange is not None:
            message = "A new interchange begins before the UNZ of the last."
            yield self._damage("interchange", message, MISSING)
        self.interchange = self._header(segment)
        self.place += 1
        self.messages = 0
        self.stray = False

    def _open_message(self, segment):
        yield from self._interrupted()
        self.message = [segment]
        self.size = self.left_out = 0
        self.first = self.number
        self.messages += 1
        self.stray = False

    def _close_message(self, segment):
        if self.message is None:
            if not self.stray:
                self.stray = True
                yield self._damage(LOST, "A message trailer has no header.", OUTSIDE)
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
                CONTROL_MISMATCH,
                header,
            )
        elif not _same_count(_value(trailer, 1, 1), self.messages):
            yield self._damage(
                LOST,
                f"UNZ counts {_value(trailer, 1, 1) or 'nothing'}, there are {self.messages}.",
                COUNT_MISMATCH,
                header,
            )

    def _interrupted(self):
        if self.message is not None:
            segments, self.message = self.message, None
            unh = self._elements(segments[0])
            codes = {"segment_id": "UNT", "segment_syntax": MISSING}
            yield self._rejected(segments, unh, MISSING, self.number, "its UNT is missing", **codes)

    def _damage(self, kind, message, syntax="", interchange=None):
        position = f"segment {self.number}"
        control = self._control(interchange or self.interchange or {})
        control["syntax"] = syntax
        return Decoded(kind, None, position, f"{position}: {message}", control)

    def _control(self, interchange, unh=None, segments=()):
        names = ("sender", "receiver", "sender_qualifier", "receiver_qualifier")
        control = {
            **{name: interchange.get(name, "") for name in names},
            "interchange": interchange.get("control", ""),
            "standard": interchange.get("syntax", ""),
            "standard_version": interchange.get("syntax_version", ""),
            "asks": interchange.get("acknowledge") == "1",
            "usage": "T" if interchange.get("test") else "P",
            "place": (self.place if interchange else 0, 0),
        }
        if unh:
            control.update(
                id=_value(unh, 2, 1),
                set=_value(unh, 1, 1),
                version=":".join(_value(unh, 2, part) for part in (2, 3, 4)),
                segments=len(segments) + self.left_out + 1,
            )
        return control

    # One message

    def _translated(self, segments, trailer):
        unh = self._elements(segments[0])
        kind, count = _value(unh, 2, 1), len(segments) + self.left_out + 1
        if not _same_count(_value(trailer, 1, 1), count):
            reason = f"UNT counts {_value(trailer, 1, 1) or 'nothing'} segments, there are {count}"
            return self._rejected(segments, unh, COUNT_MISMATCH, self.number, reason)
        if _value(trailer, 2, 1) != _value(unh, 1, 1):
            reason = f"UNT names {_value(trailer, 2, 1)}, the UNH {_value(unh, 1, 1)}"
            return self._rejected(segments, unh, CONTROL_MISMATCH, self.number, reason)
        if self.left_out:
            reason = f"it has more than {MAX_SEGMENTS} segments or {MAX_CHARACTERS} characters"
            return self._rejected(segments, unh, REPEATED, self.number, reason)
        try:
            tree = nest(self._root(unh), STRUCTURES.get(kind, {}), self._body(segments))
        except _BadSegment as error:
            codes = error.codes
            return self._rejected(segments, unh, INVALID, error.position, error.message, **codes)
        if REQUIRED.get(kind, "set") not in tree:
            reason = f"the segment {REQUIRED[kind]} is missing"
            codes = {"segment_id": REQUIRED[kind], "segment_syntax": MISSING}
            return self._rejected(segments, unh, MISSING, self.first + 1, reason, **codes)
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

        :raises _BadSegment: a segment that is none, positioned by its number.
        """
        body = []
        for number, segment in enumerate(segments[1:], start=self.first + 1):
            elements = self._elements(segment)
            tag = elements[0][0]
            if not _TAG.fullmatch(tag):
                raise _BadSegment(
                    f"{segment[:12]!r} is not a segment",
                    number,
                    segment_id=tag[:3],
                    segment_syntax=INVALID,
                )
            if len(segment) > _MAX_PLACES and _overfull(elements):
                raise _BadSegment(
                    f"{segment[:12]!r} has more than {_MAX_PLACES} elements or components",
                    number,
                    segment_id=tag,
                    segment_syntax=TOO_MANY_PARTS,
                )
            body.append((tag, _components(tag, elements)))
        return body

    def _elements(self, segment):
        return self.framing.elements(segment)

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
            "syntax_version": _value(unb, 1, 2),
            "acknowledge": _value(unb, 9, 1),
            "test": _value(unb, 11, 1) == "1",
        }

    def _rejected(self, segments, unh, syntax, number, reason, **codes):
        control = self._control(self.interchange or {}, unh, segments)
        control.update(syntax=syntax, segment=number - self.first + 1, **codes)
        position = self._position(unh)
        error = f"{position}, segment {number}: {reason}."
        return Decoded(_value(unh, 2, 1), None, position, error, control)

    def _position(self, unh):
        return f"{_value(unh, 2, 1)} {_value(unh, 1, 1)} at segment {self.first}"


def _overfull(elements):
    return len(elements) > _MAX_PLACES + 1 or max(map(len, elements)) > _MAX_PLACES


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
