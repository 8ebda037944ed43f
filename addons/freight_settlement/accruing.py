"""What should stand on the accrued account, and what is missing there.

``delta = target - posted`` for each shipment and charge code: running it twice posts nothing. A
shipment is recognised when it reached the milestone of the company's policy; what is cancelled or
retracted has a target of zero; once billed, a charge's target is its cleared amount, so that what
changes later opens a dispute or a claim and never a negative accrual.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum

from .money import ZERO

#: Better stages first: the contract where it rates the charge, else the tender, else the estimate.
STAGES = ("contract", "tendered", "estimated")
#: 400 (freight) and LHS (linehaul) name the same charge in X12 element 150; carriers quote one and
#: bill the other. Both are the family linehaul and are compared, accrued and cleared as 400.
LINEHAUL_EQUIVALENTS = {"LHS": "400"}


def charge_key(code):
    """Return the code under which charges are compared and accrued.

    >>> charge_key("LHS"), charge_key("405")
    ('400', '405')
    """
    return LINEHAUL_EQUIVALENTS.get(code, code)


class Milestone(IntEnum):
    """How far a shipment has come, as far as recognition asks."""

    NONE = 0
    TENDER = 1
    DISPATCH = 2
    DELIVERY = 3


@dataclass(frozen=True)
class PricedCharge:
    """A charge of a shipment at one stage; ``amount`` in ``currency``."""

    code: str
    stage: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Subject:
    """One shipment as accruing sees it.

    ``cleared`` holds, per charge key, what bills have taken off the accrued account; a key in it
    has been billed, even when nothing was cleared (the bill came before the service).
    """

    key: int
    milestone: Milestone
    charges: tuple[PricedCharge, ...] = ()
    payable_by_us: bool = True
    cancelled: bool = False
    cleared: Mapping[str, tuple[Decimal, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """What should have been accrued in all, in ``currency``."""

    amount: Decimal
    currency: str
    stage: str | None = None

    @property
    def provisional(self):
        """Whether the figure is not yet the contract's."""
        return self.stage not in (None, "contract")


@dataclass(frozen=True)
class Delta:
    """An amount to accrue (positive) or to take back (negative)."""

    shipment: int
    code: str
    currency: str
    amount: Decimal
    stage: str | None

    @property
    def provisional(self):
        """Whether the figure is not yet the contract's."""
        return self.stage not in (None, "contract")


def best_charges(charges: Iterable[PricedCharge]) -> dict[str, Target]:
    """Return per charge key the figure of the best stage; charges of that stage are added up.

    :raise ValueError: one charge key has two currencies at its best stage.
    """
    best: dict[str, Target] = {}
    ranked = sorted(
        (charge for charge in charges if charge.stage in STAGES),
        key=lambda charge: STAGES.index(charge.stage),
    )
    for charge in ranked:
        key = charge_key(charge.code)
        known = best.get(key)
        if known is None:
            best[key] = Target(charge.amount, charge.currency, charge.stage)
        elif known.stage == charge.stage:
            if known.currency != charge.currency:
                raise ValueError(f"charge {key} is priced in {known.currency}, {charge.currency}")
            best[key] = Target(known.amount + charge.amount, known.currency, known.stage)
    return best


def targets(subjects: Iterable[Subject], policy: Milestone) -> dict[tuple[int, str], Target]:
    """Return the target per (shipment, charge key).

    :param policy: the milestone at which the company recognises freight.
    """
    result = {}
    for subject in subjects:
        if _earned(subject, policy):
            for key, target in best_charges(subject.charges).items():
                result[subject.key, key] = target
        for key, (amount, currency) in subject.cleared.items():
            result[subject.key, key] = Target(amount, currency)
    return result


def _earned(subject, policy):
    return subject.payable_by_us and not subject.cancelled and subject.milestone >= policy


def deltas(
    wanted: Mapping[tuple[int, str], Target],
    posted: Mapping[tuple[int, str, str], Decimal],
) -> list[Delta]:
    """Return what is missing: ``target - posted``, without the zeros, in a stable order.

    :param posted: gross accrued so far per (shipment, charge key, currency), before clearing.
        What is posted without a target, or in another currency than the target, goes back to zero.
    """
    aims = {(shipment, key, target.currency): target for (shipment, key), target in wanted.items()}
    result = []
    for place in sorted(set(aims) | set(posted)):
        target = aims.get(place)
        amount = (target.amount if target else ZERO) - posted.get(place, ZERO)
        if amount:
            shipment, key, currency = place
            result.append(Delta(shipment, key, currency, amount, target and target.stage))
    return result
