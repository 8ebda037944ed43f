from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from odoo import Command, _, models
from odoo.addons.freight_canonical import db

from ..accruing import best_charges, charge_key
from ..clearing import clear
from ..money import ZERO, to_decimal
from .freight_carrier_invoice import APPROVED


@dataclass
class ChargeClaim:
    """What a bill does to one charge of its shipment.

    ``accrued`` is the balance on the accrued account in the bill's currency, None if the charge
    was never accrued; ``accrued_company`` is the same in the company's currency.
    """

    code: models.Model
    accrued: Decimal | None = None
    accrued_company: Decimal = ZERO
    approved: Decimal = ZERO
    still_open: Decimal = ZERO
    disputes: list = field(default_factory=list)

    def add(self, line, digits):
        """Add a line of the bill to the claim."""
        self.approved += to_decimal(line.amount_approved, digits)
        self.still_open = to_decimal(line.amount_open, digits)
        disputed = to_decimal(line.amount_disputed, digits)
        if disputed:
            self.disputes.append((line, disputed))

    def bill_items(self, shipment, company):
        """Return the values of the vendor bill's lines for this charge."""
        parts = clear(self.approved, self.accrued, self.still_open)
        about = f"{shipment.name} {self.code.display_name or ''}".strip()
        items = [
            (about, company.freight_accrued_account_id, parts.accrued),
            (about, self._expense_account(company), parts.expense),
            (_("Variance: %s", about), company.freight_variance_account_id, parts.variance),
        ]
        items += [
            (
                _("In dispute: %s", line.explanation or line.description),
                company.freight_dispute_account_id,
                disputed,
            )
            for line, disputed in self.disputes
        ]
        return [
            {
                "name": name,
                "account_id": account.id,
                "quantity": 1,
                "price_unit": float(amount),
                "tax_ids": [Command.clear()],
                "freight_shipment_id": shipment.id,
                "freight_charge_code_id": self.code.id,
            }
            for name, account, amount in items
            if amount
        ]

    def _expense_account(self, company):
        return self.code._freight_expense_account(company) if self.code else self.code

    def cleared_row(self):
        """Return the sub-ledger amounts of what the bill clears; None if there is nothing to say.

        A charge billed before it was earned gets a row of zero: it will not be accrued any more.
        """
        if not self.code or (self.accrued is None and not self.approved) or self.accrued == ZERO:
            return None
        return {
            "code_id": self.code.id,
            "kind": "cleared",
            "amount_currency": -float(self.accrued or ZERO),
            "amount": -float(self.accrued_company),
        }


class FreightCarrierInvoice(models.Model):
    _inherit = "freight.carrier.invoice"

    def _approves_itself(self):
        """Return whether this clean bill needs no person.

        So it is where the freight is earned, no person priced it or said by hand that it moved,
        and the amount is small.
        """
        self.ensure_one()
        told = self._entered_charges() or self.shipment_id.reporter_ids
        return not self.unearned and not told and self._within_auto_limit()

    def _is_unearned(self):
        """Return whether the shipment is short of the milestone that the company recognises at."""
        self.ensure_one()
        shipment = self.shipment_id
        return bool(shipment) and shipment._milestone() < shipment.company_id._freight_policy()

    def _entered_charges(self):
        """Return the charges that this bill's expectation rests on and that people entered."""
        self.ensure_one()
        shipment = self.shipment_id
        if not shipment.charge_ids.authoriser_ids:
            return shipment.charge_ids.browse()
        best = best_charges(shipment._priced_charges())
        billed = {charge_key(code.code) for code in self.line_ids.code_id} & best.keys()
        return shipment.charge_ids.filtered(
            lambda charge: (
                charge.authoriser_ids
                and (key := charge_key(charge.code_id.code)) in billed
                and best[key].stage == charge.stage
            )
        )

    def _within_auto_limit(self):
        """Return whether this clean bill may approve itself.

        The limit is inclusive, net, in the company's currency, and counts all bills of the
        shipment together, so that splitting a bill does not help.
        """
        self.ensure_one()
        limit = self.company_id.freight_auto_approval_limit
        others = self.shipment_id.carrier_invoice_ids.filtered(
            lambda other: other != self and other.state in APPROVED
        )
        total = sum((self | others).mapped(lambda bill: bill._net_in_company_currency()))
        return bool(limit) and self.company_id.currency_id.compare_amounts(total, limit) <= 0

    def _net_in_company_currency(self):
        return self.currency_id._convert(
            self.amount_total - self.amount_tax,
            self.company_id.currency_id,
            self.company_id,
            self.date,
        )

    # Posting --------------------------------------------------------------------------------------

    def _post_bills(self):
        """Post the vendor bills of these approved bills and clear their accruals.

        What the ledger says by now is accrued first, so that a bill which overtook the accrual
        clears the same amounts as one that did not. All moves are created, posted and reconciled
        in batch, with one bill per shipment at most.
        """
        for company in self.company_id:
            company._freight_require_setup()
        self.shipment_id._serialise_finance()
        self.env["freight.accrual"]._accrue(self.shipment_id)
        balances = self._accrued_balances()
        codes = {
            company: self.env["freight.charge.code"]._settlement_codes(company)
            for company in self.company_id
        }
        claims = {
            bill: bill._claims(
                balances[bill.shipment_id.id, bill.currency_id.id], codes[bill.company_id]
            )
            for bill in self
        }
        moves = self.env["account.move"].create([bill._bill_values(claims[bill]) for bill in self])
        moves._post(soft=False)
        by_bill = dict(zip(self, moves, strict=True))
        db.update_rows(self, ("move_id",), {bill.id: (move.id,) for bill, move in by_bill.items()})
        self._clear_accruals(claims, by_bill)
        self.write({"state": "posted"})

    def _clear_accruals(self, claims, moves):
        """Write the cleared amounts to the sub-ledger and reconcile what they settle."""
        self.env["freight.accrual"].create(
            [
                {**row, **bill._cleared_context(claim, moves[bill])}
                for bill in self
                for claim in claims[bill]
                if (row := claim.cleared_row())
            ]
        )._reconcile_settled()

    def _cleared_context(self, claim, move):
        item = move.line_ids.filtered(
            lambda line: (
                line.account_id == self.company_id.freight_accrued_account_id
                and line.freight_charge_code_id == claim.code
            )
        )
        return {
            "company_id": self.company_id.id,
            "shipment_id": self.shipment_id.id,
            "date": move.date,
            "earned": move.date,
            "currency_id": self.currency_id.id,
            "carrier_invoice_id": self.id,
            "move_id": move.id,
            "move_line_id": item.id,
            "trace_id": self.trace_id,
        }

    def _accrued_balances(self):
        """Return {(shipment id, currency id): {charge key: balance}} of what was ever accrued.

        A balance is a pair: what is accrued in the currency of the accrual, and in the company's.
        """
        groups = self.env["freight.accrual"]._read_group(
            [("shipment_id", "in", self.shipment_id.ids)],
            ["shipment_id", "code_id", "currency_id"],
            ["amount_currency:sum", "amount:sum", "kind:array_agg"],
        )
        balances = defaultdict(dict)
        for shipment, code, currency, amount_currency, amount, kinds in groups:
            if set(kinds) == {"cleared"}:
                continue  # billed before it was earned: nothing was ever accrued
            balances[shipment.id, currency.id][charge_key(code.code)] = (
                to_decimal(amount_currency, currency.decimal_places),
                to_decimal(amount, shipment.company_id.currency_id.decimal_places),
            )
        return balances

    def _claims(self, balances, codes):
        """Return what this bill does to each charge, in the order of its lines."""
        self.ensure_one()
        digits = self.currency_id.decimal_places
        claims = {}
        for line in self.line_ids.filtered(lambda line: line.verdict):
            key = charge_key(line.code_id.code) if line.code_id else None
            claim = claims.setdefault(
                key, ChargeClaim(codes.get(key, line.code_id), *balances.get(key, ()))
            )
            claim.add(line, digits)
        return list(claims.values())

    def _bill_values(self, claims):
        """Return the values of the vendor bill: accrued, variance, dispute."""
        self.ensure_one()
        company = self.company_id
        return {
            "move_type": "in_invoice",
            "company_id": company.id,
            "journal_id": company.freight_bill_journal_id.id,
            "partner_id": self.carrier_id.id,
            "currency_id": self.currency_id.id,
            "ref": " ".join(filter(None, (self.number, self.correction))),
            "invoice_date": self.date,
            **self._due_values(),
            "date": company._freight_open_date(self.date),
            "invoice_origin": self.shipment_id.name,
            "freight_carrier_invoice_id": self.id,
            "freight_disputed_amount": self.amount_disputed,
            "invoice_line_ids": [
                Command.create(values)
                for claim in claims
                for values in claim.bill_items(self.shipment_id, company)
            ],
        }

    def _due_values(self):
        """The carrier's due date goes before the payment terms agreed with it; else due at once."""
        carrier = self.carrier_id.with_company(self.company_id)
        if carrier.property_supplier_payment_term_id and not self.due_date:
            return {}
        return {"invoice_payment_term_id": False, "invoice_date_due": self.due_date or self.date}
