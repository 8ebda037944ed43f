"""ASC X12: trees to interchanges, the inverse of `x12`.

    encode([tree, ...], Envelope(sender="US", receiver="THEM", control=12, group_control=7,
                                 moment=now))

Trees of one functional group that follow each other share a GS. Counts, trailers and the fixed
widths of the ISA are computed. X12 cannot escape: a value that holds a delimiter, or a line break,
is refused unless the envelope names a replacement for such characters.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from .base import CodecError
from .structure import flatten, segment_tags
from .x12_framing import ENVELOPE, Delimiters
from .x12_sets import COMPOSITES, FUNCTIONAL_GROUPS, STRUCTURES

MAX_CONTROL = 999_999_999

_REPETITION = "^"
_REPETITION_SINCE = "00402"
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_PLACE = re.compile(r"0[1-9]|[1-9][0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What an interchange says around its sets.

    :ivar control: interchange control number, 0 to 999,999,999.
    :ivar group_control: control number of the first group; further groups count up.
    :ivar moment: aware; written as the wall clock of its own zone.
    :ivar application_sender: GS02, `sender` where empty; `application_receiver` likewise.
    :ivar version: of the sets (GS08); the interchange takes its first five digits (ISA12) unless
        `interchange_version` says otherwise.
    :ivar acknowledge: asks for a TA1 (ISA14).
    :ivar replacement: one character put in the place of those that data cannot hold; None refuses.
    :ivar line_end: written after each terminator, for people.
    """

    sender: str
    receiver: str
    control: int
    group_control: int
    moment: datetime
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    application_sender: str = ""
    application_receiver: str = ""
    version: str = "004010"
    interchange_version: str = ""
    test: bool = False
    acknowledge: bool = False
    delimiters: Delimiters = field(default_factory=Delimiters)
    replacement: str | None = None
    line_end: str = ""
    encoding: str = "utf-8"


def encode(trees, envelope):
    """Return the bytes of one interchange with `trees`, in the shape that `x12.decode` gives.

    Of a tree's own envelope only the set's "id" counts, its "control" if there is one, and the
    group's "functional" for a set that `FUNCTIONAL_GROUPS` does not know.

    :raises CodecError: positioned by the segment or element that cannot be written.
    """
    groups = []
    for tree in trees:
        functional = _functional(tree)
        if not groups or groups[-1].functional != functional:
            groups.append(Group(functional, []))
        sets = groups[-1].sets
        sets.append(_transaction_set(tree, len(sets) + 1, envelope))
    return interchange(groups, envelope)


@dataclass(frozen=True, slots=True)
class Group:
    """The written sets of a functional group; what is empty is as the envelope says."""

    functional: str
    sets: list
    sender: str = ""
    receiver: str = ""
    version: str = ""


def interchange(groups, envelope, between=()):
    """Return the bytes of an interchange of written sets.

    :param between: segments, as lists of elements, between the ISA and the first `Group`.
    """
    line = segment_writer(envelope)
    header = _isa(envelope)
    parts = [header + envelope.delimiters.terminator + envelope.line_end]
    parts.extend(line(segment) for segment in between)
    for control, group in enumerate(groups, start=envelope.group_control):
        number = _number(control, "GS06")
        parts.append(line(_gs(group, number, envelope)))
        parts.extend(group.sets)
        parts.append(line(["GE", str(len(group.sets)), number]))
    parts.append(line(["IEA", str(len(groups)), f"{envelope.control:09d}"]))
    try:
        return "".join(parts).encode(envelope.encoding)
    except (LookupError, UnicodeError) as error:
        raise CodecError(f"The text cannot be written as {envelope.encoding}: {error}.") from error


def set_text(kind, control, body, count, envelope):
    """Return the text of one set from ST to SE, around the text of the `count` segments of it."""
    line = segment_writer(envelope)
    return f"{line(['ST', kind, control])}{body}{line(['SE', str(count + 2), control])}"


def segment_writer(envelope):
    """Return a function: the elements of a segment, the tag first -> its text.

    An element is text, or a list of components. Empty ones at the end are left out.
    """
    marks = envelope.delimiters
    plain = _plain_text(envelope)

    def write(segment):
        tag = segment[0]
        values = [tag]
        for place, value in enumerate(segment[1:], start=1):
            position = f"{tag}{place:02d}"
            if isinstance(value, list):
                value = marks.component.join([plain(part, position) for part in value])
            else:
                value = plain(value, position)
            values.append(value)
        text = marks.element.join(values).rstrip(marks.element)
        return text + marks.terminator + envelope.line_end

    return write


def _plain_text(envelope):
    """Return a function: (value, position) -> the value without characters that end something."""
    repeats = _interchange_version(envelope) >= _REPETITION_SINCE
    return _plain_with(envelope.delimiters, envelope.replacement, repeats)


@lru_cache(maxsize=64)
def _plain_with(marks, replacement, repeats):
    special = {marks.terminator, marks.element, marks.component, "\r", "\n", "\0"}
    if repeats:
        special.add(_REPETITION)
    if replacement is not None and (replacement in special or len(replacement) != 1):
        raise CodecError("The replacement must be one character that is no delimiter.")
    table = str.maketrans(dict.fromkeys(special, replacement))

    def plain(value, position):
        if not isinstance(value, str):
            raise CodecError(f"{value!r} is no text.", position)
        if special.isdisjoint(value):
            return value
        if replacement is None:
            raise CodecError(
                f"The value holds {min(special.intersection(value))!r}, which X12 cannot escape:"
                " choose other delimiters or a replacement.",
                position,
            )
        return value.translate(table)

    return plain


def _transaction_set(tree, number, envelope):
    kind = tree["set"]["id"]
    control = tree["set"].get("control") or f"{number:04d}"
    line = segment_writer(envelope)
    body = {key: value for key, value in tree.items() if isinstance(value, list)}
    lines = [line(_elements(*item)) for item in flatten(body, STRUCTURES.get(kind, {}))]
    return set_text(kind, control, "".join(lines), len(lines), envelope)


def _elements(tag, elements):
    """Return the tag and the elements of a segment in their places."""
    if not _TAG.fullmatch(tag) or tag in ENVELOPE:
        raise CodecError(f"{tag!r} is no segment of a transaction set.")
    places = {}
    inner = segment_tags(elements)
    for key, value in elements.items():
        if key in inner:
            continue
        place = key[len(tag) :]
        if not (key.startswith(tag) and _PLACE.fullmatch(place)):
            raise CodecError(f"{tag} has no such element.", key)
        if isinstance(value, list) and tag not in COMPOSITES:
            raise CodecError("The element has no components.", key)
        places[int(place)] = value
    return [tag, *(places.get(place, "") for place in range(1, max(places, default=0) + 1))]


def _functional(tree):
    kind = tree["set"]["id"]
    functional = FUNCTIONAL_GROUPS.get(kind) or tree.get("group", {}).get("functional")
    if not functional:
        raise CodecError(f"The functional group of set {kind} is not known.", "GS01")
    return functional


# Envelope -----------------------------------------------------------------------------------------


def _isa(envelope):
    moment, version = envelope.moment, _interchange_version(envelope)
    plain = _plain_text(envelope)
    repetition = _REPETITION if version >= _REPETITION_SINCE else "U"
    elements = [
        "ISA", "00", 10 * " ", "00", 10 * " ",
        _fixed(plain(envelope.sender_qualifier, "ISA05"), 2, "ISA05"),
        _fixed(plain(envelope.sender, "ISA06"), 15, "ISA06"),
        _fixed(plain(envelope.receiver_qualifier, "ISA07"), 2, "ISA07"),
        _fixed(plain(envelope.receiver, "ISA08"), 15, "ISA08"),
        f"{moment:%y%m%d}", f"{moment:%H%M}", repetition, _fixed(version, 5, "ISA12"),
        _number(envelope.control, "ISA13", 0).zfill(9),
        "1" if envelope.acknowledge else "0", "T" if envelope.test else "P",
        envelope.delimiters.component,
    ]  # fmt: skip
    return envelope.delimiters.element.join(elements)


def _interchange_version(envelope):
    return envelope.interchange_version or envelope.version[:5]


def _gs(group, control, envelope):
    return [
        "GS",
        group.functional,
        group.sender or envelope.application_sender or envelope.sender,
        group.receiver or envelope.application_receiver or envelope.receiver,
        f"{envelope.moment:%Y%m%d}",
        f"{envelope.moment:%H%M}",
        control,
        "X",
        group.version or envelope.version,
    ]


def _fixed(text, width, position):
    if not text.strip() or len(text) > width:
        raise CodecError(f"{text!r} does not fit into {width} characters.", position)
    return text.ljust(width)


def _number(value, position, least=1):
    if not least <= value <= MAX_CONTROL:
        raise CodecError(f"{value} is no control number up to {MAX_CONTROL}.", position)
    return str(value)
