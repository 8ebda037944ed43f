from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.addons.freight_canonical import db

from .. import gates, matching
from ..accruing import best_charges, charge_key
from ..duplicates import Bill, Judgement, judge
from ..money import ZERO, to_decimal
from ..sentence import Sentence
from ..sentence import mark as _s
from .freight_carrier_invoice import APPROVED, STANDING

#: Verdicts after which the charges are not compared: nothing of the bill can be paid.
UNCOMPARED = frozenset({"rejected", "duplicate"})
#: Failures after which the charges cannot be compared.
INCOMPARABLE = frozenset({"currency"})
#: A carrier dates its bills where it is: a day off is no error.
ZONE_SLACK = timedelta(days=1)

#: What the audit writes on a bill and on its lines.
VERDICT_FIELDS = (
    "verdict",
    "failure_codes",
    "explanation",
    "rule_version",
    "unearned",
    "amount_approved",
    "amount_disputed",
    "duplicate_of_id",
    "duplicate_key",
)
LINE_FIELDS = (
    "verdict",
    "amount_expected",
    "amount_open",
    "amount_difference",
    "amount_limit",
    "amount_approved",
    "amount_disputed",
    "tolerance",
    "reason_code",
    "explanation",
)


@dataclass(frozen=True)
class Audit:
    """What the audit of one bill found; ``match`` is None where the charges were not compared.

    ``remarks`` say why a person has to approve a bill that nothing is wrong with.
    """

    failures: list[gates.Failure]
    match: matching.BillVerdict | None
    judgement: Judgement | None
    remarks: tuple[Sentence, ...] = ()

    @property
    def verdict(self):
        """The gravest verdict of gates and match."""
        gravest = gates.gravest(failure.verdict for failure in self.failures)
        if gravest is None or (self.match and self.match.verdict == gravest):
            return self.match.verdict
        return gravest

    @property
    def failure_codes(self):
        """All failures, gates first, each once."""
        codes = [failure.code for failure in self.failures]
        return tuple(dict.fromkeys([*codes, *(self.match.failures if self.match else ())]))

    @property
    def sentences(self):
        """What failed, in words, and how the bill as a whole compares."""
        sentences = [failure.sentence for failure in self.failures]
        if self.match:
            failing = [line for line in self.match.lines if line.verdict in matching.FAILING]
            sentences += [line.sentence for line in failing]
            sentences.append(self.match.sentence)
        return [*sentences, *self.remarks]


class FreightCarrierInvoice(models.Model):
    _inherit = "freight.carrier.invoice"

    def _audit(self):
        """Pass these bills through the gates, match their charges, and write the verdicts.

        One bill per shipment at a time: what is approved of a bill is used up for the next.
        """
        approved = self._approved_before()
        rules = self._tolerances()
        judgements = self._judgements()
        self._write_verdicts(
            {
                invoice: invoice._audit_one(
                    approved[invoice.shipment_id.id],
                    rules[invoice.company_id.id],
                    judgements.get(invoice.id),
                )
                for invoice in self
            }
        )

    def _audit_one(self, approved, rules, judgement):
        """Return the :class:`Audit` of this bill."""
        self.ensure_one()
        expectations = self._expectations(approved)
        failures = self._unplaced() + gates.check(self._facts(judgement, expectations))
        verdicts = {failure.verdict for failure in failures}
        codes = {failure.code for failure in failures}
        if not self.shipment_id or verdicts & UNCOMPARED or codes & INCOMPARABLE:
            return Audit(failures, None, judgement)
        return Audit(failures, self._match(expectations, rules), judgement, self._remarks())

    def _remarks(self):
        """Return why this bill does not approve itself, be it ever so clean."""
        remarks = []
        if self._is_unearned():
            text = _s("Nothing was earned yet on %(shipment)s: a person approves the bill.")
            remarks.append(Sentence(text, {"shipment": self.shipment_id.name}))
        entered = self._entered_charges()
        if entered:
            text = _s("%(charges)s was entered by a person: somebody else approves the bill.")
            names = ", ".join(entered.code_id.mapped("display_name"))
            remarks.append(Sentence(text, {"charges": names}))
        if self.shipment_id.reporter_ids:
            text = _s("%(shipment)s was reported on by hand: somebody else approves the bill.")
            remarks.append(Sentence(text, {"shipment": self.shipment_id.name}))
        return tuple(remarks)

    def _match(self, expectations, rules):
        """Return the :class:`~..matching.BillVerdict` of this bill's charges, net of tax."""
        ordered = self.shipment_id.charge_ids.filtered("authorised").code_id
        lines = [
            line._billed_line(ordered)
            for line in self.line_ids.filtered(lambda line: not line.is_tax)
        ]
        policy = matching.Policy.of(
            rules,
            self.ship_date or self.shipment_id.ship_date or self.date,
            self.carrier_id.commercial_partner_id.id,
            self.shipment_id.mode,
        )
        by_key = {key: expectation for key, (expectation, _currency) in expectations.items()}
        return matching.match(lines, by_key, policy, self.currency_id.decimal_places)

    def _unplaced(self):
        """Return the failure of a bill that has no shipment, or several."""
        if self.shipment_id:
            return []
        if self.candidate_ids:
            code = "ambiguous"
            sentence = Sentence(
                _s("The references fit several shipments: %(names)s."),
                {"names": ", ".join(self.candidate_ids.mapped("name"))},
            )
        else:
            code = "no_shipment"
            sentence = Sentence(
                _s("No shipment of this carrier is known as %(references)s."),
                {"references": self._references_as_sent()},
            )
        return [gates.Failure(code, gates.EXCEPTION, sentence)]

    def _references_as_sent(self):
        values = dict.fromkeys(each["value"] for each in self.document["references"])
        return ", ".join(values) or "-"

    def _facts(self, judgement, expectations):
        """Return what the gates ask about this bill."""
        digits = self.currency_id.decimal_places
        shipment = self.shipment_id
        amounts = [to_decimal(line.amount, digits) for line in self.line_ids]
        currencies = {currency for _expectation, currency in expectations.values()}
        return gates.Facts(
            carrier=self.carrier_id.name or None,
            carrier_sent=self.scac or self.system_id.name or "-",
            currency_known=self._currency_known(),
            currency=self.currency_code,
            expected_currency=next(iter(currencies - {self.currency_code}), self.currency_code),
            total=to_decimal(self.amount_total, digits),
            line_total=sum(amounts, ZERO),
            tax_total=to_decimal(self.amount_tax, digits),
            judgement=judgement,
            payable_by_us=not shipment or shipment._payable_by_us(),
            shipment=shipment.name or None,
            transport_state=shipment.transport_state or None,
            shipment_date=shipment.ship_date - ZONE_SLACK if shipment.ship_date else None,
            bill_date=self.date,
            latest_date=self.company_id._freight_local_date(fields.Datetime.now()) + ZONE_SLACK,
            setup_missing=self.company_id.freight_setup_missing or None,
        )

    def _currency_known(self):
        """Return whether the bill's currency is in use, with a rate where it is a foreign one."""
        company_currency = self.company_id.currency_id
        if self.currency_id.name != self.currency_code or not self.currency_id.active:
            return False
        return self.currency_id == company_currency or bool(self.currency_id.rate_ids)

    # What is expected -----------------------------------------------------------------------------

    def _expectations(self, approved):
        """Return {charge key: (:class:`~..matching.Expectation`, currency name)}.

        :param approved: {charge key: amount that other bills had approved}
        """
        charges = best_charges(self.shipment_id._priced_charges()) if self.shipment_id else {}
        return {
            key: (
                matching.Expectation(target.amount, approved.get(key, ZERO), target.stage),
                target.currency,
            )
            for key, target in charges.items()
        }

    def _approved_before(self):
        """Return {shipment id: {charge key: amount approved on other bills}}."""
        groups = self.env["freight.carrier.invoice.line"]._read_group(
            [
                ("invoice_id.shipment_id", "in", self.shipment_id.ids),
                ("invoice_id.state", "in", APPROVED),
                ("invoice_id", "not in", self.ids),
                ("code_id", "!=", False),
            ],
            ["invoice_id", "code_id"],
            ["amount_approved:sum"],
        )
        approved = defaultdict(lambda: defaultdict(lambda: ZERO))
        for invoice, code, amount in groups:
            place = approved[invoice.shipment_id.id]
            place[charge_key(code.code)] += to_decimal(amount, invoice.currency_id.decimal_places)
        return approved

    def _tolerances(self):
        """Return {company id: rules} for :class:`~..matching.Policy`."""
        tolerances = self.env["freight.tolerance"].search(
            [("company_id", "in", self.company_id.ids)]
        )
        rules = defaultdict(list)
        for tolerance in tolerances:
            rules[tolerance.company_id.id].append(tolerance._rule())
        return rules

    # Duplicates -----------------------------------------------------------------------------------

    def _judgements(self):
        """Return {bill id: Judgement} for these bills, over all companies of the database."""
        lookalikes = defaultdict(set)
        for other in self._standing_lookalikes():
            for trait in other._traits():
                lookalikes[trait].add(other)
        judgements = {}
        for invoice in self.filtered(lambda invoice: not invoice.suspicion_cleared):
            alike = set().union(*(lookalikes[trait] for trait in invoice._traits()))
            earlier = sorted(
                (other for other in alike if other.id < invoice.id), key=lambda o: o.id
            )
            company = invoice.company_id
            found = judge(invoice._as_bill(company), [other._as_bill(company) for other in earlier])
            if found:
                judgements[invoice.id] = found
        return judgements

    def _traits(self):
        """Return what a bill must share with this one to be compared with it at all."""
        self.ensure_one()
        carrier = self.carrier_id.commercial_partner_id.id
        content = (carrier, self.ship_date, self.amount_total)
        return [
            (carrier, self.number_normalised),
            *((*content, reference) for reference in (self.references or "").split()),
        ]

    def _standing_lookalikes(self):
        """Return the standing bills that share a number, or date, amount and a reference."""
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT i.id
              FROM freight_carrier_invoice i
              JOIN res_partner p ON p.id = i.carrier_id
             WHERE p.commercial_partner_id = ANY(%s)
               AND i.state = ANY(%s)
               AND (i.number_normalised = ANY(%s)
                    OR (i.ship_date = ANY(%s::date[])
                        AND i.amount_total = ANY(%s)
                        AND string_to_array(i."references", ' ') && %s::varchar[]::text[]))
             ORDER BY i.id
            """,
            [
                self.carrier_id.commercial_partner_id.ids,
                list(STANDING),
                self.mapped("number_normalised"),
                [day for day in self.mapped("ship_date") if day],
                [Decimal(repr(amount)) for amount in self.mapped("amount_total")],
                " ".join(filter(None, self.mapped("references"))).split(),
            ],
        )
        return self.sudo().browse([key for (key,) in self.env.cr.fetchall()])

    def _as_bill(self, company):
        """Return this bill for :func:`~..duplicates.judge`, as people of ``company`` may see it."""
        self.ensure_one()
        sentence = Sentence(_s("a bill of another company"))
        return Bill(
            number=self.number,
            carrier=self.carrier_id.commercial_partner_id.id,
            amount=to_decimal(self.amount_total, self.currency_id.decimal_places),
            currency=self.currency_code,
            references=frozenset((self.references or "").split()),
            ship_date=self.ship_date or None,
            correction=self.correction or None,
            label=self.name if self.company_id == company else company._freight_sentence(sentence),
            source=self.id,
        )

    # Writing the verdict --------------------------------------------------------------------------

    def _write_verdicts(self, audits):
        """Write what the audits found on the bills and their lines, by one statement each."""
        db.update_rows(
            self,
            VERDICT_FIELDS,
            {invoice.id: invoice._verdict_row(audit) for invoice, audit in audits.items()},
        )
        db.update_rows(
            self.line_ids,
            LINE_FIELDS,
            {
                line.id: invoice._line_row(audits[invoice].match, line)
                for invoice in self
                for line in invoice.line_ids
            },
        )

    def _verdict_row(self, audit):
        match, company = audit.match, self.company_id
        repeated = audit.judgement and self.browse(audit.judgement.other.source)
        same_company = repeated and repeated.sudo().company_id == company
        return (
            audit.verdict,
            " ".join(audit.failure_codes) or None,
            "\n".join(company._freight_sentence(sentence) for sentence in audit.sentences),
            matching.RULE_VERSION,
            self._is_unearned(),
            match.approved if match else ZERO,
            match.disputed if match else ZERO,
            repeated.id if same_company else None,
            self._own_duplicate_key(audit),
        )

    def _own_duplicate_key(self, audit):
        """Return what no other bill may have: carrier and number; of a correction, its content too.

        The unique index on it stops the same bill from coming in twice at the same moment.
        """
        if self.suspicion_cleared or audit.judgement or not self.carrier_id:
            return None
        if audit.verdict == gates.REJECTED:
            return None
        key = f"{self.carrier_id.commercial_partner_id.id}:{self.number_normalised}"
        if not self.correction:
            return key
        first_reference = (self.references or "").split()[:1]
        content = (self.correction, self.amount_total, self.currency_code, *first_reference)
        return ":".join(map(str, (key, *content))) if first_reference else None

    def _line_row(self, match, line):
        found = match and next((v for v in match.lines if v.source == line.id), None)
        if not found:
            return (None,) * len(LINE_FIELDS)
        return (
            found.verdict,
            found.expected,
            found.open,
            found.difference,
            found.limit,
            found.approved,
            found.disputed,
            found.tolerance,
            found.reason,
            self.company_id._freight_sentence(found.sentence),
        )
