"""What we announce, written in a partner's format: mapping, codec, envelope. Pure.

    made = trees(version, "204", "x12", {"type": "tender.sent", "tender": {...}, "shipment": {...}})
    body = encoded(made, "x12", Envelope(...), {"encoding": ""})

All of it is written or nothing: :class:`Unwritable` says everything that stands in the way.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from . import mapping
from .codecs import CodecError, csv_codec, edifact_writer, json_codec, x12_writer
from .codecs.outline_names import EDIFACT_ELEMENTS, X12_ELEMENTS

#: Standards whose interchanges are numbered.
NUMBERED = ("x12", "edifact")

#: What a spreadsheet takes for a formula, unless it is a number.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Unwritable(Exception):
    """What cannot be written; each argument is a sentence about one thing."""

    def __str__(self):
        return "; ".join(self.args)


class LeftOut(Exception):
    """The mapping makes nothing of this: partners of this format are not told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What stands around an EDI message; see the writers for the single values.

    :ivar control: number of the interchange, `group_control` that of its first group
    """

    sender: str
    receiver: str
    moment: datetime
    control: int = 1
    group_control: int = 1
    sender_qualifier: str = ""
    receiver_qualifier: str = ""
    application_sender: str = ""
    application_receiver: str = ""
    version: str = ""
    syntax: str = ""
    replacement: str = ""
    test: bool = False


def columns(version):
    """Return the columns of the rows that a mapping `version` makes, in the order of its rules."""
    names = (rule.target[0] for document in version.documents for rule in document.fields)
    return list(dict.fromkeys(names))


def trees(version, kind, codec, document, lookups=None):
    """Return what the codec's writer takes, as the compiled mapping `version` makes it.

    :raises Unwritable: a value is missing, too long or no value, or a code has no translation
    :raises LeftOut: the mapping has no message for it
    """
    made = mapping.translate(version, document, lookups=lookups)
    if not made.documents:
        raise LeftOut
    faults = [f"{_called(one.target)} {one.detail}".strip() for one in made.problems]
    faults += [
        f"{_called(one.target)}: the code map {one.map_name} has nothing for {one.code!r}"
        for one in made.unmapped
    ]
    if faults:
        raise Unwritable(*faults)
    if codec == "json":
        return made.documents
    found = [_as_text(tree) for tree in made.documents]
    if codec in NUMBERED:
        found = [{**tree, "set": {**tree.get("set", {}), "id": kind}} for tree in found]
    return found


def _called(target):
    """Return how people call what a rule is for: "B202 (Carrier (SCAC))" for "B2[].B202"."""
    element = target.rpartition(".")[2].removesuffix("[]")
    name = X12_ELEMENTS.get(element) or EDIFACT_ELEMENTS.get(element)
    return f"{element} ({name})" if name else target


def encoded(made, codec, envelope=None, options=None, names=()):
    """Return the bytes of the `trees` that were made.

    :param envelope: of X12 and EDIFACT
    :param options: {"encoding", "delimiter", "quote", "decimal_comma", "columns"} of the partner's
        files, as its codec reads them
    :param names: the columns of a CSV file
    :raises Unwritable: the format has no room for a value
    """
    options = {name: value for name, value in (options or {}).items() if value}
    try:
        return _ENCODERS[codec](made, envelope, options, names)
    except CodecError as error:
        raise Unwritable(str(error)) from error


def _x12(made, envelope, options, _names):
    return x12_writer.encode(
        made,
        x12_writer.Envelope(
            sender=envelope.sender,
            receiver=envelope.receiver,
            control=envelope.control,
            group_control=envelope.group_control,
            moment=envelope.moment,
            sender_qualifier=envelope.sender_qualifier or "ZZ",
            receiver_qualifier=envelope.receiver_qualifier or "ZZ",
            application_sender=envelope.application_sender,
            application_receiver=envelope.application_receiver,
            version=envelope.version or "004010",
            replacement=envelope.replacement or None,
            test=envelope.test,
            encoding=options.get("encoding", "utf-8"),
        ),
    )


def _edifact(made, envelope, options, _names):
    return edifact_writer.encode(
        made,
        edifact_writer.Envelope(
            sender=envelope.sender,
            receiver=envelope.receiver,
            control=str(envelope.control),
            moment=envelope.moment,
            sender_qualifier=envelope.sender_qualifier,
            receiver_qualifier=envelope.receiver_qualifier,
            syntax=envelope.syntax or "UNOC",
            acknowledge=True,
            test=envelope.test,
            encoding=options.get("encoding", ""),
        ),
    )


def _csv(made, _envelope, options, names):
    theirs = {ours: name for name, ours in options.pop("columns", {}).items()}
    rows = [{theirs.get(name, name): _harmless(cell) for name, cell in row.items()} for row in made]
    return csv_codec.encode(rows, [theirs.get(name, name) for name in names], **options)


def _json(made, _envelope, _options, _names):
    return json_codec.encode(made[0] if len(made) == 1 else made)


_ENCODERS = {"x12": _x12, "edifact": _edifact, "csv": _csv, "json": _json}


def _harmless(cell):
    """Return a cell that no spreadsheet runs: a formula gets an apostrophe before it."""
    if not cell.startswith(_FORMULA):
        return cell
    try:
        return cell if Decimal(cell).is_finite() else f"'{cell}"
    except ArithmeticError:
        return f"'{cell}"


def _as_text(value):
    if isinstance(value, dict):
        return {name: _as_text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_text(one) for one in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if not isinstance(value, str):
        raise Unwritable(f"{value!r} is no text: give it a cast")
    return value
