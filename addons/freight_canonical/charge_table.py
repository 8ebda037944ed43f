"""Charges of one shipment by stage, side by side.

Pure: no ORM. Amounts of different currencies never meet: there is one table for each currency.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Figure:
    """One amount: ``currency`` is any hashable, ``stage`` a name, ``code`` names a row."""

    currency: str
    code: str
    stage: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Row:
    """The amounts of one code by stage, and the difference where two stages can be compared."""

    code: str | None
    amounts: dict
    difference: Decimal | None


@dataclass(frozen=True, slots=True)
class Table:
    """What is known in one currency. ``compared`` is (later stage, stage it is held against)."""

    currency: str
    rows: tuple[Row, ...]
    total: Row
    compared: tuple[str, str] | None


def tables(figures: Iterable[Figure], stages: Sequence[str]) -> list[Table]:
    """Return a table for each currency, in the order in which currencies and codes first appear.

    The latest stage that says anything is held against the latest one before it. A code that one
    of the two does not have counts there as zero, so that differences of rows add up to that of
    the totals.

    >>> [table] = tables([Figure("USD", "LHS", "contract", Decimal(90)),
    ...                   Figure("USD", "LHS", "actual", Decimal(100))], ["contract", "actual"])
    >>> table.compared, table.total.difference
    (('actual', 'contract'), Decimal('10'))
    """
    sums = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: ZERO)))
    for figure in figures:
        sums[figure.currency][figure.code][figure.stage] += figure.amount
    return [_table(currency, rows, stages) for currency, rows in sums.items()]


def _table(currency, sums, stages):
    present = [stage for stage in stages if any(stage in row for row in sums.values())]
    compared = (present[-1], present[-2]) if len(present) > 1 else None
    totals = {
        stage: sum((row[stage] for row in sums.values() if stage in row), ZERO) for stage in present
    }
    return Table(
        currency=currency,
        rows=tuple(_row(code, dict(row), compared) for code, row in sums.items()),
        total=_row(None, totals, compared),
        compared=compared,
    )


def _row(code, amounts, compared):
    difference = None
    if compared:
        later, before = compared
        difference = amounts.get(later, ZERO) - amounts.get(before, ZERO)
    return Row(code, amounts, difference)
