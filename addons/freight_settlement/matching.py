"""Billed against expected, charge by charge.

A bill is compared with the open expectation of its shipment: what is expected, less what earlier
bills had approved. Charges are compared by :func:`~.accruing.charge_key`, so 400 and LHS are one.
Lines of a bill with the same key are one claim on the same expectation.

Amounts are net of tax, in the expectation's currency. The header test compares the bill with the
charges that it contains: a charge that a bill does not contain stays accrued and can hide nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .accruing import charge_key
from .money import HUNDRED, ZERO, half_up, written
from .sentence import Sentence
from .sentence import mark as _

#: Kept with every verdict, so that a verdict can be explained by the rule of its day.
RULE_VERSION = "match-1"

MATCHED = "matched"
WITHIN_TOLERANCE = "within_tolerance"
OVER = "over"
UNDER = "under"
UNAUTHORISED = "unauthorised"
NO_EXPECTATION = "no_expectation"
#: Verdicts of a line that its bill does not survive. An ``under`` does not fail its bill.
FAILING = frozenset({OVER, UNAUTHORISED, NO_EXPECTATION})
EXCEPTION = "exception"
HEADER_OVER = "header_over"

#: Default reasons, X12 element 426.
OVER_REASONS = {"linehaul": "46", "fuel": "QC"}
ACCESSORIAL_REASON = "02"
UNAUTHORISED_REASON = "23"

#: Families whose charges belong to the move whoever ordered what.
MOVE_FAMILIES = frozenset({"linehaul", "fuel", "discount", "insurance"})


@dataclass(frozen=True)
class Limits:
    """How much one direction (over or under) may differ; both None means not at all."""

    percent: Decimal | None = None
    amount: Decimal | None = None
    combine: str = "lesser"

    def of(self, expected, digits):
        """Return the limit for an expected amount, rounded half-up to ``digits``."""
        bounds = []
        if self.percent is not None:
            bounds.append(half_up(abs(expected) * self.percent / HUNDRED, digits))
        if self.amount is not None:
            bounds.append(half_up(self.amount, digits))
        if not bounds:
            return half_up(ZERO, digits)
        return min(bounds) if self.combine == "lesser" else max(bounds)


@dataclass(frozen=True)
class Tolerance:
    """A rule with its scope: empty scope fields mean any; ``version`` names it for the record."""

    over: Limits = Limits()
    under: Limits = Limits()
    level: str = "line"
    carrier: int | None = None
    mode: str | None = None
    code: str | None = None
    family: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    version: str = ""

    def covers(self, day, carrier, mode):
        """Whether the rule is in force on ``day`` for this carrier and mode."""
        return (
            self.carrier in (None, carrier)
            and self.mode in (None, mode)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )

    def prices(self, code, family):
        """Whether the rule is about this charge."""
        return (self.code is None or charge_key(self.code) == charge_key(code)) and (
            self.family in (None, family)
        )

    @property
    def specificity(self):
        """Sort key: carrier before mode before company, then code before family before any."""
        return (
            self.carrier is not None,
            self.mode is not None,
            self.code is not None,
            self.family is not None,
            self.valid_from or date.min,
        )


NO_TOLERANCE = Tolerance(version="none")


@dataclass(frozen=True)
class Policy:
    """The tolerances in force for one bill, most specific first."""

    rules: tuple[Tolerance, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[Tolerance], day: date, carrier=None, mode=None):
        """Keep what is in force for a carrier and mode on a day, most specific first."""
        applying = [rule for rule in rules if rule.covers(day, carrier, mode)]
        return cls(tuple(sorted(applying, key=lambda rule: rule.specificity, reverse=True)))

    def for_line(self, code, family):
        """Return the line rule of a charge; a header rule serves where no line rule exists."""
        return self._first("line", code, family) or self._header() or NO_TOLERANCE

    def for_header(self):
        """Return the header rule; a general line rule serves where no header rule exists."""
        return self._header() or self._first("line", None, None) or NO_TOLERANCE

    def _header(self):
        return next((rule for rule in self.rules if rule.level == "header"), None)

    def _first(self, level, code, family):
        if code is None:
            fits = (rule for rule in self.rules if rule.code is None and rule.family is None)
        else:
            fits = (rule for rule in self.rules if rule.prices(code, family))
        return next((rule for rule in fits if rule.level == level), None)


@dataclass(frozen=True)
class Expectation:
    """What one charge key should cost in all, and what earlier bills had approved of it."""

    amount: Decimal
    approved: Decimal = ZERO
    stage: str = "contract"

    @property
    def open(self):
        """What is left to be billed; negative after an overage within tolerance."""
        return self.amount - self.approved


@dataclass(frozen=True)
class BilledLine:
    """A line of a bill.

    ``code`` is None where no code map knows what the carrier sent; ``source`` is whatever the
    caller knows the line by.
    """

    sequence: int
    code: str | None
    family: str | None
    amount: Decimal
    label: str = ""
    authorised: bool = False
    source: int | None = None


@dataclass(frozen=True)
class LineVerdict:
    """The verdict on a line, with its inputs.

    ``expected``, ``open``, ``difference`` and ``limit`` are those of the whole charge key, whose
    lines share one expectation; ``approved`` and ``disputed`` are this line's and add up to
    ``billed``. ``reason`` is X12 element 426.
    """

    sequence: int
    verdict: str
    code: str | None
    billed: Decimal
    approved: Decimal
    disputed: Decimal
    expected: Decimal
    open: Decimal
    difference: Decimal
    limit: Decimal
    tolerance: str
    reason: str | None
    sentence: Sentence
    source: int | None = None
    rule: str = RULE_VERSION


@dataclass(frozen=True)
class BillVerdict:
    """The verdict on a bill: ``matched``, ``within_tolerance`` or ``exception``."""

    verdict: str
    failures: tuple[str, ...]
    lines: tuple[LineVerdict, ...]
    sentence: Sentence
    rule: str = RULE_VERSION

    @property
    def approved(self):
        """What is to be paid."""
        return sum((line.approved for line in self.lines), ZERO)

    @property
    def disputed(self):
        """What is billed beyond that."""
        return sum((line.disputed for line in self.lines), ZERO)


@dataclass
class _Claim:
    """The lines of one charge key, and what comparing them with their expectation gave."""

    key: str | None
    family: str | None
    lines: list[BilledLine] = field(default_factory=list)
    expectation: Expectation | None = None
    rule: Tolerance = NO_TOLERANCE
    limit: Decimal = ZERO
    verdict: str = MATCHED

    @property
    def billed(self):
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def expected(self):
        return self.expectation.amount if self.expectation else ZERO

    @property
    def open(self):
        return self.expectation.open if self.expectation else ZERO

    @property
    def difference(self):
        return self.billed - self.open

    @property
    def belongs(self):
        """Whether the charge belongs to the move, be it priced or not."""
        return self.family in MOVE_FAMILIES or any(line.authorised for line in self.lines)


def match(
    lines: Iterable[BilledLine],
    expectations: Mapping[str, Expectation],
    policy: Policy,
    digits: int,
) -> BillVerdict:
    """Match the lines of a bill with the expectations of its shipment.

    :param expectations: per charge key (see :func:`~.accruing.charge_key`).
    :param digits: decimal places of the currency, to which limits are rounded half-up.
    """
    claims = _claims(lines)
    for claim in claims:
        _compare(claim, expectations.get(claim.key), policy, digits)
    failures = tuple(dict.fromkeys(each.verdict for each in claims if each.verdict in FAILING))
    sentence, header_failed = _compare_header(claims, policy, digits)
    only_header = header_failed and not failures
    if only_header:
        failures = (HEADER_OVER,)
    verdicts = sorted(
        (verdict for claim in claims for verdict in _line_verdicts(claim, only_header)),
        key=lambda verdict: verdict.sequence,
    )
    return BillVerdict(_bill_verdict(verdicts, failures), failures, tuple(verdicts), sentence)


def _bill_verdict(verdicts, failures):
    if failures:
        return EXCEPTION
    exact = all(verdict.verdict == MATCHED for verdict in verdicts)
    return MATCHED if exact else WITHIN_TOLERANCE


def _claims(lines):
    grouped: dict[object, _Claim] = {}
    for line in sorted(lines, key=lambda each: each.sequence):
        key = charge_key(line.code) if line.code else None
        place = key if key is not None else ("unknown", line.sequence)
        grouped.setdefault(place, _Claim(key, line.family)).lines.append(line)
    return list(grouped.values())


def _compare(claim, expectation, policy, digits):
    if expectation is None:
        claim.verdict = NO_EXPECTATION if claim.belongs else UNAUTHORISED
        return
    claim.expectation = expectation
    claim.rule = policy.for_line(claim.key, claim.family)
    side = claim.rule.over if claim.difference > ZERO else claim.rule.under
    claim.limit = side.of(expectation.amount, digits)
    claim.verdict = _verdict(claim.difference, claim.limit)


def _verdict(difference, limit):
    if not difference:
        return MATCHED
    if abs(difference) <= limit:
        return WITHIN_TOLERANCE
    return OVER if difference > ZERO else UNDER


def _compare_header(claims, policy, digits):
    """Return the header's sentence and whether the bill as a whole is over its limit."""
    expected = sum((claim.expected for claim in claims), ZERO)
    still_open = sum((claim.open for claim in claims), ZERO)
    billed = sum((claim.billed for claim in claims), ZERO)
    difference = billed - still_open
    limit = policy.for_header().over.of(expected, digits)
    values = {
        "billed": written(billed),
        "open": written(still_open),
        "difference": written(difference),
        "limit": written(limit),
    }
    if difference > limit:
        text = _("Bill %(billed)s, open %(open)s: over by %(difference)s, the limit is %(limit)s.")
        return Sentence(text, values), True
    text = _("Bill %(billed)s, open %(open)s: difference %(difference)s.")
    return Sentence(text, values), False


def _line_verdicts(claim, only_header):
    disputes = claim.verdict in FAILING or (only_header and claim.difference > ZERO)
    disputed = claim.billed - _expected_part(claim) if disputes else ZERO
    for line, share in _shares(claim.lines, disputed):
        yield LineVerdict(
            sequence=line.sequence,
            verdict=claim.verdict,
            code=line.code,
            billed=line.amount,
            approved=line.amount - share,
            disputed=share,
            expected=claim.expected,
            open=claim.open,
            difference=claim.difference,
            limit=claim.limit,
            tolerance=claim.rule.version,
            reason=_reason(claim) if disputes else None,
            sentence=_sentence(claim, line),
            source=line.source,
        )


def _expected_part(claim):
    """Return the part of an overbilled charge that is to be paid: what is open, within the bill.

    A charge whose expectation is used up approves nothing; a discount that came short approves
    the whole discount, so that the missing part is disputed.
    """
    if claim.expected < ZERO:
        return claim.open
    return min(max(claim.open, ZERO), max(claim.billed, ZERO))


def _shares(lines, disputed):
    """Spread a disputed amount over lines, the last first; what no line holds stays on the last."""
    shares = []
    left = disputed
    for line in reversed(lines):
        shares.append(min(max(line.amount, ZERO), left))
        left -= shares[-1]
    shares[0] += left
    return list(zip(lines, reversed(shares), strict=True))


def _reason(claim):
    if claim.verdict == UNAUTHORISED:
        return UNAUTHORISED_REASON
    return OVER_REASONS.get(claim.family, ACCESSORIAL_REASON)


_KNOWN_TEXTS = {
    MATCHED: _("%(charge)s: billed %(billed)s as expected."),
    WITHIN_TOLERANCE: _(
        "%(charge)s: billed %(billed)s, open %(open)s; the difference of %(difference)s is within "
        "the limit of %(limit)s."
    ),
    OVER: _(
        "%(charge)s: billed %(billed)s, open %(open)s; %(difference)s too much, the limit is "
        "%(limit)s."
    ),
    UNDER: _(
        "%(charge)s: billed %(billed)s, open %(open)s; %(difference)s less than expected, a "
        "balance due may follow."
    ),
    NO_EXPECTATION: _(
        "%(charge)s: billed %(billed)s, and neither contract nor tender nor estimate prices it."
    ),
    UNAUTHORISED: _("%(charge)s: billed %(billed)s, and nobody ordered this accessorial."),
}
_UNKNOWN_TEXT = _("%(charge)s: billed %(billed)s, and no code map knows this charge.")


def _sentence(claim, line):
    values = {
        "charge": line.label or claim.key or "?",
        "billed": written(claim.billed),
        "open": written(claim.open),
        "difference": written(abs(claim.difference)),
        "limit": written(claim.limit),
    }
    return Sentence(_UNKNOWN_TEXT if claim.key is None else _KNOWN_TEXTS[claim.verdict], values)
