"""How the approved part of a billed charge reaches the ledger."""

from dataclasses import dataclass
from decimal import Decimal

from .money import ZERO


@dataclass(frozen=True)
class Clearing:
    """Debits (negative: credits) that together make the approved amount of a charge."""

    accrued: Decimal = ZERO
    expense: Decimal = ZERO
    variance: Decimal = ZERO


def clear(approved: Decimal, accrued: Decimal | None, still_open: Decimal) -> Clearing:
    """Split an approved amount over accrued freight, expense and variance.

    What is accrued is cleared entirely, whatever was billed: the difference is variance, and so
    is a balance due that comes after the accrual is gone. A charge that was never accrued (None),
    since the bill came before the service, is expense as far as it was expected.

    >>> clear(Decimal(460), Decimal(450), Decimal(450))
    Clearing(accrued=Decimal('450'), expense=Decimal('0'), variance=Decimal('10'))
    """
    if accrued is not None:
        return Clearing(accrued=accrued, variance=approved - accrued)
    expense = still_open if ZERO <= still_open < approved else approved
    return Clearing(expense=expense, variance=approved - expense)
