"""The same bill twice: by number, or by what it bills.

Numbers are compared normalised, within one carrier's commercial group. Only bills that stand are
compared with: what was rejected, cancelled or itself a duplicate does not block its replacement.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .sentence import Sentence
from .sentence import mark as _

_NOISE = re.compile(r"[\s\-\u2010-\u2015]+")
#: X12 element 202: the carrier bills again what it billed before.
REBILL = "RB"

DUPLICATE = "duplicate"
SUSPECT = "suspect"


@dataclass(frozen=True)
class Bill:
    """A carrier's bill as the comparison sees it.

    ``carrier`` identifies the commercial group, ``references`` are normalised, ``correction`` is
    the X12 correction indicator (element 202) or None; ``amount`` in ``currency``. ``label`` is
    what people may be told of it, ``source`` whatever the caller knows it by.
    """

    number: str
    carrier: int | str
    amount: Decimal
    currency: str
    references: frozenset[str] = field(default_factory=frozenset)
    ship_date: date | None = None
    correction: str | None = None
    label: str = ""
    source: int | None = None


@dataclass(frozen=True)
class Judgement:
    """``verdict`` is duplicate or suspect; ``other`` is the bill it resembles."""

    verdict: str
    other: Bill
    sentence: Sentence


def normalise(number: str) -> str:
    """Return a bill number or a reference without case, spaces, dashes and leading zeros.

    >>> normalise(" 00-12 ab"), normalise("000")
    ('12AB', '0')
    """
    return _NOISE.sub("", number).upper().lstrip("0") or "0"


def judge(bill: Bill, others: Iterable[Bill]) -> Judgement | None:
    """Judge ``bill`` against the bills that stand; a duplicate outweighs a suspicion."""
    judgements = [found for other in others if (found := _compare(bill, other))]
    return min(judgements, key=lambda found: found.verdict != DUPLICATE, default=None)


def _compare(bill, other):
    if bill.carrier != other.carrier:
        return None
    if normalise(bill.number) == normalise(other.number):
        return _compare_same_number(bill, other)
    return _compare_content(bill, other)


def _compare_same_number(bill, other):
    values = {"number": bill.number, "other": other.label or other.number}
    if bill.correction and _is_copy(bill, other):
        return Judgement(
            DUPLICATE,
            other,
            Sentence(
                _("The carrier already sent correction %(number)s of this amount (%(other)s)."),
                values,
            ),
        )
    if bill.correction == REBILL:
        return Judgement(
            SUSPECT,
            other,
            Sentence(
                _("Rebill of %(number)s while the original (%(other)s) still stands."), values
            ),
        )
    if bill.correction:
        return None
    if (bill.amount, bill.currency) == (other.amount, other.currency):
        return Judgement(
            DUPLICATE,
            other,
            Sentence(
                _("The carrier already billed number %(number)s with this amount (%(other)s)."),
                values,
            ),
        )
    return Judgement(
        SUSPECT,
        other,
        Sentence(
            _(
                "The carrier already billed number %(number)s with another amount (%(other)s), "
                "and this bill does not say that it corrects it."
            ),
            values,
        ),
    )


def _is_copy(bill, other):
    """Return whether a correction says exactly what another of its number said before."""
    return bool(
        bill.references & other.references
        and (bill.correction, bill.amount, bill.currency)
        == (other.correction, other.amount, other.currency)
    )


def _compare_content(bill, other):
    shared = bill.references & other.references
    alike = (
        shared
        and bill.ship_date is not None
        and bill.ship_date == other.ship_date
        and (bill.amount, bill.currency) == (other.amount, other.currency)
    )
    if not alike:
        return None
    return Judgement(
        SUSPECT,
        other,
        Sentence(
            _(
                "Another bill (%(other)s) of the carrier has the same reference %(reference)s, "
                "ship date and amount."
            ),
            {"other": other.label or other.number, "reference": min(shared)},
        ),
    )
