"""ASC X12: interchanges to trees.

The tree of a transaction set:

    {"interchange": {"sender", "receiver", "control", "date", "usage", ...},
     "group": {"functional", "sender", "receiver", "control", ...},
     "set": {"id": "214", "control": "0001"},
     "B10": [{"B1001": "...", "B1002": "..."}],
     "LX": [{"LX01": "1", "AT7": [{"AT701": "X3", "MS1": [{...}]}], "L11": [{...}]}]}

A tag always holds a list; an element's key is its tag and two digits, so that a JMESPath needs no
quotes; empty elements are left out; an element with components is a list; loops nest as
`x12_sets` says. `x12_framing` tells how interchanges are found.
"""

import re
from functools import lru_cache

from .base import LOST, MAX_CHARACTERS, MAX_SEGMENTS, CodecError, Decoded, texts
from .structure import nest
from .x12_framing import ISA_ELEMENTS, envelopes, interchanges, split
from .x12_sets import COMPOSITES, REQUIRED, STRUCTURES

_MAX_ELEMENTS = 99
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")

_OF_INTERCHANGE = (
    "sender", "receiver", "sender_qualifier", "receiver_qualifier", "date", "time", "usage"
)  # fmt: skip

# Element 718, why a transaction set is rejected
MISSING_TRAILER, CONTROL_MISMATCH, COUNT_MISMATCH, SEGMENT_ERROR = "2", "3", "4", "5"
# Element 716, what is wrong with a functional group
GROUP_TRAILER, GROUP_CONTROL, GROUP_COUNT = "3", "4", "5"
# Element I18, what is wrong with an interchange
BAD_CONTROL, BAD_COUNT, BAD_END = "001", "021", "023"
# Element 720, what is wrong with a segment, and 723, with an element
NO_SEGMENT, MISSING_SEGMENT, BAD_ELEMENTS, TOO_MANY_ELEMENTS = "1", "3", "8", "3"


def decode(raw, *, encoding=None):
    """Return a `Decoded` for every transaction set of the interchanges in `raw`.

    A damaged set has its error. What is wrong with an envelope, or lost between the sets, is a
    `Decoded` beside the sets, which stay valid.

    :raises CodecError: there is no interchange to be found.
    """
    return list(iterate(raw, encoding=encoding))


def iterate(raw, *, encoding=None):
    """Yield what `decode` returns, one set at a time, so that a large file needs little memory.

    A set of more than `MAX_SEGMENTS` segments or `MAX_CHARACTERS` characters is rejected.

    :raises CodecError: there is no interchange to be found.
    """
    place = 0
    for delimiters, isa, pieces in interchanges(texts(raw, encoding)):
        if delimiters is None:
            error = f"After interchange {place} stands what is none: {pieces[0]!r}."
            yield Decoded(LOST, None, f"interchange {place}", error)
            continue
        reader = _Reader(delimiters, isa, place + 1)
        yield from reader.read(pieces)
        place = reader.place


def segments(raw, *, encoding=None):
    """Yield every segment of `raw` as a list of its elements, the tag first; nothing is checked.

    :raises CodecError: there is no interchange to be found.
    """
    for delimiters, isa, pieces in interchanges(texts(raw, encoding)):
        if delimiters is None:
            yield [pieces[0]]
            continue
        yield [*isa, delimiters.component]
        for piece in pieces:
            for segment in split(piece, delimiters.terminator):
                yield segment.split(delimiters.element)


def check(raw, *, encoding=None):
    """Raise CodecError unless every interchange in `raw` begins with an ISA and ends with its IEA.

    Cheap enough for a web request: no set is built, nor its counts compared.
    """
    for delimiters, _isa, pieces in interchanges(texts(raw, encoding)):
        if delimiters is None:
            raise CodecError(f"What follows the IEA is no interchange: {pieces[0]!r}.")
        number, last = 1, ""
        for piece in pieces:
            piece = piece.rstrip(delimiters.terminator)
            number += piece.count(delimiters.terminator)
            last = piece.rpartition(delimiters.terminator)[2] or last
        if not last.startswith("IEA" + delimiters.element):
            raise CodecError("The interchange is cut off: its IEA is missing.", f"segment {number}")


class _BadSegment(CodecError):
    """A segment that rejects its set; `codes` are what an acknowledgement says of it."""

    def __init__(self, message, number, **codes):
        super().__init__(message, number)
        self.codes = codes


class _Reader:
    """Reads the segments of one interchange and keeps what its envelopes say."""

    def __init__(self, delimiters, isa, place):
        self.delimiters = delimiters
        self.interchange = _interchange_header(isa)
        self.place = place  # of the interchange within the message
        self.group = {}
        self.groups = self.sets = 0
        self.transaction = None  # the segments of the open set
        self.size = self.left_out = 0  # characters kept of it, segments not kept
        self.first = self.number = 1
        self.closed = self.stray = False
        self.said = {}  # what every control says, while the envelopes stay the same

    def read(self, pieces):
        """Yield a `Decoded` for each set in `pieces` and for each damage between them."""
        handlers = {
            "ISA": self._open_interchange,
            "GS": self._open_group,
            "ST": self._open_set,
            "SE": self._close_set,
            "GE": self._close_group,
            "IEA": self._close_interchange,
        }
        try:
            for segments, envelope in envelopes(pieces, self.delimiters):
                if segments:
                    yield from self._keep(segments)
                if envelope:
                    self.number += 1
                    yield from handlers[envelope[0]](envelope)
        except CodecError as error:
            yield self._damage(LOST, error.message, number=self.number + 1)
        yield from self._interrupted()
        if not self.closed:
            if self.group:
                yield self._damage("group", "The GE of the last group is missing.", GROUP_TRAILER)
            yield self._damage(LOST, "The interchange is cut off: its IEA is missing.", BAD_END)

    def _keep(self, segments):
        """Add `segments` to the open set, or report that they belong to none."""
        if self.transaction is not None:
            self.size += sum(map(len, segments))
            if len(self.transaction) + len(segments) > MAX_SEGMENTS or self.size > MAX_CHARACTERS:
                self.left_out += len(segments)
            else:
                self.transaction += segments
        elif any(not segment.startswith("TA1") for segment in segments):
            yield from self._lost(self.number + 1)
        self.number += len(segments)

    def _open_interchange(self, elements):
        yield from self._interrupted()
        yield self._damage(
            "interchange", "A new interchange begins before the IEA of the last.", BAD_END
        )
        if len(elements) > ISA_ELEMENTS:
            self.interchange = _interchange_header(elements)
        self.place += 1
        self.groups = 0
        self.group = {}
        self.said = {}

    def _open_group(self, elements):
        yield from self._interrupted()
        if self.group:
            yield self._damage(
                "group", "A new group begins before the GE of the last.", GROUP_TRAILER
            )
        self.group = _group_header(elements)
        self.groups += 1
        self.sets = 0
        self.stray = False
        self.said = {}

    def _open_set(self, elements):
        yield from self._interrupted()
        self.transaction = [self.delimiters.element.join(elements)]
        self.size = self.left_out = 0
        self.first = self.number
        self.sets += 1
        self.stray = False

    def _close_set(self, elements):
        if self.transaction is None:
            yield from self._lost(self.number)
            return
        segments, self.transaction = self.transaction, None
        yield self._transaction_set(segments, elements)

    def _close_group(self, elements):
        yield from self._interrupted()
        yield from self._compare(
            "group", elements, self.sets, self.group.get("control"), GROUP_COUNT, GROUP_CONTROL
        )
        self.group = {}
        self.stray = False
        self.said = {}

    def _close_interchange(self, elements):
        yield from self._interrupted()
        if self.group:
            yield self._damage("group", "The GE of the last group is missing.", GROUP_TRAILER)
            self.group = {}
            self.said = {}
        yield from self._compare(
            "interchange",
            elements,
            self.groups,
            self.interchange["control"],
            BAD_COUNT,
            BAD_CONTROL,
        )
        self.closed = True

    def _interrupted(self):
        if self.transaction is not None:
            segments, self.transaction = self.transaction, None
            yield self._rejected(segments, MISSING_TRAILER, self.number, "its SE is missing")

    def _lost(self, number):
        """Report that segments belong to no transaction set, once for all up to the next header."""
        if not self.stray:
            self.stray = True
            message = "A segment stands outside of any transaction set."
            yield self._damage(LOST, message, number=number)

    def _compare(self, kind, elements, count, control, bad_count, bad_control):
        if control is None:
            yield self._damage(kind, "A trailer has no header.")
        elif not _same_number(_at(elements, 1), str(count)):
            yield self._damage(
                LOST,
                f"The trailer counts {_at(elements, 1) or 'nothing'}, there are {count}.",
                bad_count,
                included=_at(elements, 1),
            )
        elif not _same_number(_at(elements, 2), control):
            yield self._damage(
                kind,
                f"The trailer's number {_at(elements, 2)} is not the header's {control}.",
                bad_control,
            )

    def _damage(self, kind, message, syntax="", number=None, **control):
        position = f"segment {number or self.number}"
        control = {**self._control(), "syntax": syntax, **control}
        return Decoded(kind, None, position, f"{position}: {message}", control)

    def _control(self):
        if not self.said:
            self.said = {
                **{name: self.interchange[name] for name in _OF_INTERCHANGE},
                "interchange": self.interchange["control"],
                "standard": self.interchange["version"],
                "asks": self.interchange["acknowledge"] == "1",
                "functional": self.group.get("functional", ""),
                "application_sender": self.group.get("sender", ""),
                "application_receiver": self.group.get("receiver", ""),
                "group": self.group.get("control", ""),
                "version": self.group.get("version", ""),
                "place": (self.place, self.groups if self.group else 0),
            }
        return self.said

    def _set_control(self, segments, header):
        return {
            **self._control(),
            "id": _at(header, 1),
            "set": _at(header, 2),
            "segments": len(segments) + self.left_out + 1,
        }

    # One transaction set

    def _transaction_set(self, segments, trailer):
        header = segments[0].split(self.delimiters.element)
        count, control = str(len(segments) + self.left_out + 1), _at(header, 2)
        if not _same_number(_at(trailer, 1), count):
            reason = f"SE01 counts {_at(trailer, 1) or 'nothing'} segments, there are {count}"
            return self._rejected(segments, COUNT_MISMATCH, self.number, reason)
        if not _same_number(_at(trailer, 2), control):
            reason = f"SE02 {_at(trailer, 2)} is not ST02 {control}"
            return self._rejected(segments, CONTROL_MISMATCH, self.number, reason)
        if self.left_out:
            reason = f"it has more than {MAX_SEGMENTS} segments or {MAX_CHARACTERS} characters"
            return self._rejected(segments, SEGMENT_ERROR, self.number, reason)
        return self._translated(segments, header)

    def _translated(self, segments, header):
        kind = _at(header, 1)
        tree = {
            "interchange": self.interchange,
            "group": self.group,
            "set": {"id": kind, "control": _at(header, 2)},
        }
        try:
            nest(tree, STRUCTURES.get(kind, {}), self._body(segments))
        except _BadSegment as error:
            return self._rejected(
                segments, SEGMENT_ERROR, error.position, error.message, **error.codes
            )
        if REQUIRED.get(kind, "set") not in tree:
            reason = f"the segment {REQUIRED[kind]} is missing"
            codes = {"segment_id": REQUIRED[kind], "segment_syntax": MISSING_SEGMENT}
            return self._rejected(segments, SEGMENT_ERROR, self.first + 1, reason, **codes)
        control = self._set_control(segments, header)
        return Decoded(kind, tree, self._position(header), None, control)

    def _body(self, segments):
        """Yield (tag, elements) of the segments after the ST.

        :raises _BadSegment: a segment that is none, positioned by its number.
        """
        separator, component = self.delimiters.element, self.delimiters.component
        for number, segment in enumerate(segments[1:], start=self.first + 1):
            tag, *values = segment.split(separator)
            keys = _keys(tag)
            if len(values) > len(keys):
                raise _bad_segment(segment, tag, number)
            if tag in COMPOSITES and component in segment:
                values = [v.split(component) if component in v else v for v in values]
            named = zip(keys, values, strict=False)
            if "" in values:
                yield tag, {key: value for key, value in named if value}
            else:
                yield tag, dict(named)

    def _rejected(self, segments, syntax, number, reason, **codes):
        header = segments[0].split(self.delimiters.element)
        control = self._set_control(segments, header)
        control.update(syntax=syntax, segment=number - self.first + 1, **codes)
        position = self._position(header)
        error = f"{position}, segment {number}: {reason}."
        return Decoded(_at(header, 1), None, position, error, control)

    def _position(self, header):
        return f"ST {_at(header, 1)} {_at(header, 2)} at segment {self.first}"


def _interchange_header(isa):
    return {
        "sender_qualifier": isa[5].strip(),
        "sender": isa[6].strip(),
        "receiver_qualifier": isa[7].strip(),
        "receiver": isa[8].strip(),
        "date": isa[9].strip(),
        "time": isa[10].strip(),
        "version": isa[12].strip(),
        "control": isa[13].strip(),
        "acknowledge": isa[14].strip(),
        "usage": isa[15].strip(),
    }


def _bad_segment(segment, tag, number):
    message = f"{segment[:12]!r} is not a segment"
    if not _TAG.fullmatch(tag):
        return _BadSegment(message, number, segment_id=tag[:3], segment_syntax=NO_SEGMENT)
    return _BadSegment(
        message,
        number,
        segment_id=tag,
        segment_syntax=BAD_ELEMENTS,
        element=_MAX_ELEMENTS + 1,
        element_syntax=TOO_MANY_ELEMENTS,
    )


def _group_header(gs):
    names = ("functional", "sender", "receiver", "date", "time", "control", "agency", "version")
    return {name: _at(gs, place) for place, name in enumerate(names, start=1)}


def _at(elements, place):
    return elements[place].strip() if place < len(elements) else ""


def _same_number(left, right):
    """Tell whether two control numbers or counts are equal, leading zeros apart."""
    return left.lstrip("0") == right.lstrip("0")


@lru_cache(maxsize=1024)
def _keys(tag):
    """Return the keys of a segment's elements; none for what is not a tag."""
    if not _TAG.fullmatch(tag):
        return ()
    return tuple(f"{tag}{place:02d}" for place in range(1, _MAX_ELEMENTS + 1))
