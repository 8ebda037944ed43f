"""An interchange for people: its segments one by one, with their depth and what they are called.

    outline("x12", raw) ->
        [{"number": 1, "level": 0, "tag": "ISA", "name": "Interchange header",
          "elements": [{"key": "ISA06", "value": "ABCD", "name": "Sender"}, ...]},
         {"number": 5, "level": 4, "tag": "AT7", "name": "Status", "elements": [...]}, ...]

Nothing is checked: damage shows as it stands. Numbers count through the message, the levels of
the envelope come first (ISA 0, GS 1, ST 2). When there is more than `limit` segments the last row
has "tag" "" and "left_out", how many are not shown. Names are English, from `outline_names`.
"""

from . import edifact_framing, x12
from .base import CodecError, texts
from .edifact_messages import STRUCTURES as MESSAGES
from .outline_names import EDIFACT_ELEMENTS, EDIFACT_SEGMENTS, X12_ELEMENTS, X12_SEGMENTS
from .structure import depth
from .x12_sets import STRUCTURES as SETS

LIMIT = 2000
_MAX_VALUE = 1000
_MAX_TAG = 20
_KIND = ("ST01", "UNH0201")  # names the set or message that begins
_PASSWORDS = ("ISA02", "ISA04", "UNB0601")

_X12_ENVELOPE = {"ISA": 0, "IEA": 0, "TA1": 1, "GS": 1, "GE": 1, "ST": 2, "SE": 2}
_EDIFACT_ENVELOPE = {"UNB": 0, "UNZ": 0, "UNG": 1, "UNE": 1, "UNH": 1, "UNT": 1}


def outline(codec, raw, *, limit=LIMIT, encoding=None, **_options):
    """Return the rows that show an X12 or EDIFACT message, at most `limit` and one more.

    :param codec: "x12" or "edifact".
    :raises CodecError: another codec, or there is no interchange to be found.
    """
    if codec == "x12":
        segments, row = x12.segments(raw, encoding=encoding), _x12_row
        depths = _Depths(_X12_ENVELOPE, SETS)
    elif codec == "edifact":
        segments, row = _edifact_segments(raw, encoding), _edifact_row
        depths = _Depths(_EDIFACT_ENVELOPE, MESSAGES)
    else:
        raise CodecError(f"Messages of the codec {codec} have no segments.")
    rows, left_out = [], 0
    try:
        for number, segment in enumerate(segments, start=1):
            if number <= limit:
                shown = row(*segment)
                rows.append({"number": number, "level": depths.of(shown), **shown})
            else:
                left_out += 1
    except CodecError as error:
        if not rows:
            raise
        rows.append(_remark(f"The rest cannot be read: {error.message}", 0))
    if left_out:
        rows.append(_remark(f"{left_out} more segments are not shown.", left_out))
    return rows


class _Depths:
    """Follows how deep segments stand."""

    def __init__(self, envelope, structures):
        self._envelope = envelope
        self._structures = structures
        self._inside = max(envelope.values()) + 1
        self._path = [(None, {})]

    def of(self, row):
        tag = row["tag"]
        if tag not in self._envelope:
            return self._inside + depth(self._path, tag)
        kinds = [each["value"] for each in row["elements"] if each["key"] in _KIND]
        self._path = [(None, self._structures.get(kinds[0], {}) if kinds else {})]
        return self._envelope[tag]


def _remark(text, left_out):
    return {
        "number": None, "level": 0, "tag": "", "name": text, "elements": [], "left_out": left_out
    }  # fmt: skip


def _x12_row(tag, *values):
    keys = (f"{tag}{place:02d}" for place in range(1, len(values) + 1))
    elements = _elements(zip(keys, values, strict=True), X12_ELEMENTS)
    return {"tag": tag[:_MAX_TAG], "name": X12_SEGMENTS.get(tag, ""), "elements": elements}


def _edifact_segments(raw, encoding):
    framing = edifact_framing.Framing(texts(raw, encoding))
    return map(framing.elements, framing.segments())


def _edifact_row(first, *values):
    tag = first[0]
    pairs = (
        (f"{tag}{place:02d}{part:02d}", value)
        for place, components in enumerate(values, start=1)
        for part, value in enumerate(components, start=1)
    )
    elements = _elements(pairs, EDIFACT_ELEMENTS)
    return {"tag": tag[:_MAX_TAG], "name": EDIFACT_SEGMENTS.get(tag, ""), "elements": elements}


def _elements(pairs, names):
    return [
        {"key": key, "value": _shown(key, value.strip()), "name": names.get(key, "")}
        for key, value in pairs
        if value.strip()
    ]


def _shown(key, value):
    if key in _PASSWORDS:
        return "•••"
    return value if len(value) <= _MAX_VALUE else value[:_MAX_VALUE] + "…"
