"""What a measure gives back: rows of samples, and the table and JSON made of them."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Samples:
    """Repeated readings of one figure, in the order they were taken."""

    values: tuple[float, ...]
    unit: str

    @property
    def median(self) -> float:
        """The middle reading."""
        return statistics.median(self.values)

    def as_json(self) -> dict:
        """Return every reading and what they come to."""
        return {
            "unit": self.unit,
            "min": min(self.values),
            "median": self.median,
            "max": max(self.values),
            "samples": list(self.values),
        }


@dataclass(frozen=True)
class Row:
    """One line of the table: ours, alone or beside something else, and what is to be reached.

    Readings of the two sides were taken in turn, so that the n-th of one belongs to the n-th of
    the other; a ratio is taken from each such pair. ``missing`` says why there is no figure.
    """

    what: str
    ours: Samples | None = None
    beside: str = ""
    theirs: Samples | None = None
    goal: str = ""
    notes: dict = field(default_factory=dict)
    missing: str = ""

    @property
    def ratio(self) -> Samples | None:
        """Ours to theirs, pair by pair."""
        if not (self.ours and self.theirs):
            return None
        pairs = zip(self.ours.values, self.theirs.values, strict=True)
        return Samples(tuple(ours / theirs for ours, theirs in pairs), "ratio")

    def as_json(self) -> dict:
        """Return the row with every sample."""
        return {
            "what": self.what,
            "beside": self.beside,
            "goal": self.goal,
            "missing": self.missing or None,
            "notes": self.notes,
            **{
                name: samples.as_json() if samples else None
                for name, samples in (
                    ("ours", self.ours),
                    ("theirs", self.theirs),
                    ("ratio", self.ratio),
                )
            },
        }


def percentile(values, share: float) -> float:
    """Return the value that ``share`` (0 to 1) of ``values`` do not exceed, by nearest rank."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * share // 1))
    return ordered[int(rank) - 1]


HEADINGS = ("what", "ours", "beside", "theirs", "ratio (min-max)", "to reach")


def table(rows) -> str:
    """Return ``rows`` as a table for a terminal; notes and gaps stand under their line."""
    lines = [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(HEADINGS, *lines, strict=True)]
    text = [_joined(HEADINGS, widths), _joined(["-" * width for width in widths], widths)]
    for row, cells in zip(rows, lines, strict=True):
        text.append(_joined(cells, widths))
        if row.missing:
            text.append(f"    not measured: {row.missing}")
        if row.notes:
            said = "  ".join(f"{name} {_number(value)}" for name, value in row.notes.items())
            text.append(f"    {said}")
    return "\n".join(text)


def _cells(row):
    ratio = row.ratio
    return (
        row.what,
        _reading(row.ours),
        row.beside,
        _reading(row.theirs),
        f"{ratio.median:.2f} ({min(ratio.values):.2f}-{max(ratio.values):.2f})" if ratio else "",
        row.goal,
    )


def _reading(samples):
    return f"{_number(samples.median)} {samples.unit}" if samples else ""


def _number(value):
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"
    return str(value)


def _joined(cells, widths):
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
