"""Contract rates applied to a load.

Every basis is one small function registered in :data:`BASES`; a new basis is a new function. Rates
are amounts in the contract's currency, weights are kilograms, percentages are of 100. Each charge
carries the sentence that explains its amount.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from .money import HUNDRED, ZERO, half_up, plain, written
from .sentence import Sentence
from .sentence import mark as _

LINEHAUL = "linehaul"


class RatingError(Exception):
    """A rate cannot be applied to the load; ``sentence`` says why and what to do."""

    def __init__(self, sentence):
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True)
class Rate:
    """One priced charge of a contract.

    ``family`` is the family of the charge code; ``minimum`` is the least amount, zero for none;
    ``source`` names the rate for whoever keeps the result (an id, a version).
    """

    code: str
    family: str
    basis: str
    rate: Decimal
    minimum: Decimal = ZERO
    source: int | str | None = None


@dataclass(frozen=True)
class Load:
    """What is moved, as far as the bases ask for it. ``weight`` is in kilograms."""

    weight: Decimal = ZERO


@dataclass(frozen=True)
class RatedCharge:
    """A charge: ``quantity`` (in ``unit``) times ``rate`` gives ``amount``, unless a minimum won.

    ``explanation`` is the sentence that explains the amount, in the parts that commas join.
    """

    code: str
    quantity: Decimal
    unit: str
    rate: Decimal
    amount: Decimal
    explanation: tuple[Sentence, ...]
    source: int | str | None = None


@dataclass(frozen=True)
class _Measure:
    """What a basis measured: the amount before minimum and rounding, and its words."""

    quantity: Decimal
    unit: str
    amount: Decimal
    words: Sentence


def _flat(rate, _load, _linehaul):
    words = Sentence(_("flat %(rate)s"), {"rate": plain(rate.rate)})
    return _Measure(Decimal(1), "", rate.rate, words)


def _weight(rate, load):
    if load.weight <= ZERO:
        raise RatingError(
            Sentence(
                _("Charge %(code)s is priced by weight and the shipment has none: enter it."),
                {"code": rate.code},
            )
        )
    return load.weight


def _per_kg(rate, load, _linehaul):
    weight = _weight(rate, load)
    words = Sentence(
        _("%(quantity)s kg at %(rate)s per kg"),
        {"quantity": plain(weight), "rate": plain(rate.rate)},
    )
    return _Measure(weight, "kg", weight * rate.rate, words)


def _per_100kg(rate, load, _linehaul):
    weight = _weight(rate, load)
    words = Sentence(
        _("%(quantity)s kg at %(rate)s per 100 kg"),
        {"quantity": plain(weight), "rate": plain(rate.rate)},
    )
    return _Measure(weight / HUNDRED, "100 kg", weight * rate.rate / HUNDRED, words)


def _percent_of_linehaul(rate, _load, linehaul):
    if linehaul is None:
        raise RatingError(
            Sentence(
                _(
                    "Charge %(code)s is a percentage of the linehaul and the contract prices no "
                    "linehaul: add a linehaul rate."
                ),
                {"code": rate.code},
            )
        )
    words = Sentence(
        _("%(rate)s %% of linehaul %(linehaul)s"),
        {"rate": plain(rate.rate), "linehaul": written(linehaul)},
    )
    return _Measure(linehaul, "linehaul", linehaul * rate.rate / HUNDRED, words)


#: basis -> function(rate, load, linehaul amount or None) -> measure
BASES = {
    "flat": _flat,
    "per_kg": _per_kg,
    "per_100kg": _per_100kg,
    "percent_of_linehaul": _percent_of_linehaul,
}
#: Bases that need the linehaul amount, and so are computed after it.
DEPENDENT_BASES = frozenset({"percent_of_linehaul"})


def rate(rates: Iterable[Rate], load: Load, digits: int) -> list[RatedCharge]:
    """Apply ``rates`` to ``load`` and return one charge per rate, in the order of the rates.

    :param digits: decimal places of the contract's currency; amounts are rounded half-up to them.
    :raise RatingError: a rate needs a figure that the load or the contract does not have.
    """
    rates = list(rates)
    independent = {
        index: _charge(each, load, None, digits)
        for index, each in enumerate(rates)
        if each.basis not in DEPENDENT_BASES
    }
    linehaul = [
        charge.amount for index, charge in independent.items() if rates[index].family == LINEHAUL
    ]
    base = sum(linehaul, ZERO) if linehaul else None
    return [
        independent[index] if index in independent else _charge(each, load, base, digits)
        for index, each in enumerate(rates)
    ]


def _charge(rate, load, linehaul, digits):
    measure = BASES[rate.basis](rate, load, linehaul)
    amount = half_up(measure.amount, digits)
    explanation = (measure.words,)
    if amount < rate.minimum:
        amount = half_up(rate.minimum, digits)
        explanation += (Sentence(_("minimum %(minimum)s applied"), {"minimum": written(amount)}),)
    return RatedCharge(
        rate.code, measure.quantity, measure.unit, rate.rate, amount, explanation, rate.source
    )
