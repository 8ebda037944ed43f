"""What a bill must pass before anybody compares its charges.

Each gate looks at :class:`Facts` and returns a :class:`Failure` or None. All gates are asked, in
the order of :data:`GATES`, and all failures are listed; the gravest decides the verdict.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .duplicates import DUPLICATE, Judgement
from .money import ZERO, written
from .sentence import Sentence
from .sentence import mark as _

REJECTED = "rejected"
SUSPECT = "suspect"
EXCEPTION = "exception"
#: Gravest first.
GRAVITY = (REJECTED, DUPLICATE, SUSPECT, EXCEPTION)


@dataclass(frozen=True)
class Failure:
    """A gate that a bill does not pass, and the verdict that follows from it."""

    code: str
    verdict: str
    sentence: Sentence


@dataclass(frozen=True)
class Facts:
    """A bill and what is known around it. Amounts in the bill's currency, gross where so named.

    ``expected_currency`` and ``shipment_date`` are None while no shipment is found; ``latest_date``
    is the last day that a bill may bear.
    """

    carrier: str | None
    carrier_sent: str
    currency_known: bool
    currency: str
    total: Decimal
    line_total: Decimal
    bill_date: date
    latest_date: date
    expected_currency: str | None = None
    tax_total: Decimal = ZERO
    judgement: Judgement | None = None
    payable_by_us: bool = True
    shipment: str | None = None
    transport_state: str | None = None
    shipment_date: date | None = None
    setup_missing: str | None = None


def _known_carrier(facts):
    if facts.carrier:
        return None
    return Failure(
        "unknown_carrier",
        EXCEPTION,
        Sentence(
            _("No carrier is known as %(carrier)s: give one of your carriers this SCAC."),
            {"carrier": facts.carrier_sent},
        ),
    )


def _currency(facts):
    values = {"currency": facts.currency, "expected": facts.expected_currency}
    if not facts.currency_known:
        text = _("Currency %(currency)s is unknown, not active or has no rate: add one.")
    elif facts.expected_currency not in (None, facts.currency):
        text = _("The bill is in %(currency)s, its shipment is priced in %(expected)s.")
    else:
        return None
    return Failure("currency", EXCEPTION, Sentence(text, values))


def _control_total(facts):
    if facts.total == facts.line_total:
        return None
    return Failure(
        "control_total",
        REJECTED,
        Sentence(
            _("The header says %(total)s, the lines add up to %(lines)s."),
            {"total": written(facts.total), "lines": written(facts.line_total)},
        ),
    )


def _credit(facts):
    if facts.total > ZERO:
        return None
    return Failure(
        "not_payable",
        EXCEPTION,
        Sentence(
            _("The bill's total is %(total)s: a credit or an empty bill needs a person."),
            {"total": written(facts.total)},
        ),
    )


def _duplicate(facts):
    if facts.judgement is None:
        return None
    return Failure(facts.judgement.verdict, facts.judgement.verdict, facts.judgement.sentence)


def _freight_terms(facts):
    if facts.payable_by_us:
        return None
    return Failure(
        "freight_terms",
        REJECTED,
        Sentence(
            _("By its freight terms another party pays for shipment %(shipment)s."),
            {"shipment": facts.shipment},
        ),
    )


_STANDSTILLS = {
    "draft": _("Shipment %(shipment)s is a draft: it was never released to a carrier."),
    "cancelled": _("Shipment %(shipment)s is cancelled."),
}


def _moved(facts):
    text = _STANDSTILLS.get(facts.transport_state)
    if not text:
        return None
    return Failure("not_moved", EXCEPTION, Sentence(text, {"shipment": facts.shipment}))


def _tax(facts):
    if facts.tax_total == ZERO:
        return None
    return Failure(
        "tax_error",
        EXCEPTION,
        Sentence(
            _("The bill charges %(tax)s of tax, and no purchase tax is set up for freight."),
            {"tax": written(facts.tax_total)},
        ),
    )


def _date(facts):
    values = {"date": facts.bill_date.isoformat()}
    if facts.bill_date > facts.latest_date:
        text = _("The bill is dated %(date)s, which is in the future.")
        return Failure("date_future", EXCEPTION, Sentence(text, values))
    if facts.shipment_date and facts.bill_date < facts.shipment_date:
        text = _("The bill is dated %(date)s, before its shipment left on %(shipped)s.")
        values["shipped"] = facts.shipment_date.isoformat()
        return Failure("date_before_shipment", EXCEPTION, Sentence(text, values))
    return None


def _setup(facts):
    if not facts.setup_missing:
        return None
    return Failure(
        "setup",
        EXCEPTION,
        Sentence(
            _("The company is not set up for freight settlement: %(missing)s"),
            {"missing": facts.setup_missing},
        ),
    )


GATES = (
    _known_carrier,
    _currency,
    _control_total,
    _credit,
    _duplicate,
    _freight_terms,
    _moved,
    _tax,
    _date,
    _setup,
)


def check(facts: Facts) -> list[Failure]:
    """Return all failures of a bill, in the order of the gates."""
    return [failure for gate in GATES if (failure := gate(facts))]


def gravest(verdicts: Iterable[str]) -> str | None:
    """Return the gravest of some verdicts; None of none."""
    return min(verdicts, key=GRAVITY.index, default=None)
