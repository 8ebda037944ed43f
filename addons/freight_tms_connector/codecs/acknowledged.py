"""Acknowledgements that we get: which of our interchanges, groups and sets were taken.

    for verdict in read_acknowledgement(decoded.tree):
        if verdict.status == REJECTED: ...

A level that an acknowledgement does not name was taken as the level above it says.
"""

from dataclasses import dataclass

from .base import CodecError
from .faults import Fault

ACCEPTED, WITH_ERRORS, PARTLY, REJECTED = (
    "accepted", "accepted_with_errors", "partly_accepted", "rejected"
)  # fmt: skip
RECEIVED = "received"  # nothing is said yet about the content
UNKNOWN = "unknown"  # a code that the standard does not have

_X12 = {
    "A": ACCEPTED, "E": WITH_ERRORS, "P": PARTLY,
    "R": REJECTED, "M": REJECTED, "W": REJECTED, "X": REJECTED,
}  # fmt: skip
_EDIFACT = {"4": REJECTED, "7": ACCEPTED, "8": RECEIVED}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the partner says about one thing that we sent.

    :ivar level: "interchange", "group" or "set".
    :ivar status: one of the constants of this module.
    :ivar interchange: our interchange control number; "" where the standard does not tell (997).
    :ivar functional: of the group ("SM"), with its control number in `group`; X12 only.
    :ivar kind: of the set ("204"), with its control number in `control`.
    :ivar codes: X12 element 716 for groups and 718 for sets, EDIFACT 0085.
    :ivar faults: places in the set.
    """

    level: str
    status: str
    interchange: str = ""
    functional: str = ""
    group: str = ""
    kind: str = ""
    control: str = ""
    codes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def read_acknowledgement(tree):
    """Return the `Verdict`s of a 997 or CONTRL, the outer level before what is in it.

    :raises CodecError: the tree is that of another kind of document.
    """
    kind = (tree.get("set") or {}).get("id")
    if kind == "997" and "AK1" in tree:
        return list(_of_997(tree))
    if kind == "CONTRL" and "UCI" in tree:
        return list(_of_contrl(tree))
    raise CodecError("This is no acknowledgement: neither a 997 nor a CONTRL.")


def _of_997(tree):
    about, [end, *_more] = tree["AK1"][0], tree.get("AK9") or [{}]
    group = {"functional": about.get("AK101", ""), "group": about.get("AK102", "")}
    yield Verdict("group", _status(_X12, end.get("AK901")), codes=_listed(end, "AK9", 5), **group)
    for answer in tree.get("AK2", ()):
        [end, *_more] = answer.get("AK5") or [{}]
        yield Verdict(
            "set",
            _status(_X12, end.get("AK501")),
            kind=answer.get("AK201", ""),
            control=answer.get("AK202", ""),
            codes=_listed(end, "AK5", 2),
            faults=tuple(_faults_of_ak3(answer.get("AK3", ()))),
            **group,
        )


def _faults_of_ak3(segments):
    for segment in segments:
        place = {
            "segment": _number(segment.get("AK302")) or 0,
            "tag": segment.get("AK301", ""),
            "code": segment.get("AK304", ""),
        }
        for element in segment.get("AK4", ()):
            position = element.get("AK401")
            parts = position if isinstance(position, list) else [position]
            yield Fault(
                **place,
                element=_number(parts[0]),
                component=_number(parts[1]) if len(parts) > 1 else None,
                element_code=element.get("AK403", ""),
            )
        if not segment.get("AK4"):
            yield Fault(**place)


def _of_contrl(tree):
    about = tree["UCI"][0]
    interchange = about.get("UCI0101", "")
    yield Verdict(
        "interchange",
        _status(_EDIFACT, about.get("UCI0401")),
        interchange,
        codes=_present(about, "UCI0501"),
    )
    for group in tree.get("UCF", ()):
        name = group.get("UCF0101", "")
        yield Verdict(
            "group",
            _status(_EDIFACT, group.get("UCF0401")),
            interchange,
            group=name,
            codes=_present(group, "UCF0501"),
        )
        yield from _messages(group, interchange, name)
    yield from _messages(tree, interchange, "")


def _messages(owner, interchange, group):
    for message in owner.get("UCM", ()):
        yield Verdict(
            "set",
            _status(_EDIFACT, message.get("UCM0301")),
            interchange,
            group=group,
            kind=message.get("UCM0201", ""),
            control=message.get("UCM0101", ""),
            codes=_present(message, "UCM0401"),
            faults=tuple(_faults_of_ucs(message.get("UCS", ()))),
        )


def _faults_of_ucs(segments):
    for segment in segments:
        place = {
            "segment": _number(segment.get("UCS0101")) or 0,
            "code": segment.get("UCS0201", ""),
        }
        for element in segment.get("UCD", ()):
            yield Fault(
                **place,
                element=_number(element.get("UCD0201")),
                component=_number(element.get("UCD0202")),
                element_code=element.get("UCD0101", ""),
            )
        if not segment.get("UCD"):
            yield Fault(**place)


def _status(known, code):
    return known.get(code, UNKNOWN)


def _listed(segment, tag, start):
    """Return the codes that stand in the elements of a segment from the place `start` on."""
    keys = sorted(key for key in segment if key.startswith(tag) and key[len(tag) :].isdigit())
    return tuple(segment[key] for key in keys if int(key[len(tag) :]) >= start)


def _present(segment, key):
    return (segment[key],) if key in segment else ()


def _number(text):
    """Return the number that `text` is, None where it is none of a sensible size."""
    sensible = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if sensible else None
