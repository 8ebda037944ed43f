"""What of this addon the audit log follows: prices, decisions on bills, postings and payments."""

from odoo import api, models


class FreightContract(models.Model):
    _name = "freight.contract"
    _inherit = ["freight.contract", "freight.audited"]
    _audit_stream = "money"


class FreightContractRate(models.Model):
    _name = "freight.contract.rate"
    _inherit = ["freight.contract.rate", "freight.audited"]
    _audit_stream = "money"


class FreightTolerance(models.Model):
    _name = "freight.tolerance"
    _inherit = ["freight.tolerance", "freight.audited"]
    _audit_stream = "money"


class FreightCarrierInvoice(models.Model):
    _inherit = "freight.carrier.invoice"

    @api.model_create_multi
    def create(self, vals_list):
        """Create bills, and record what each was made of."""
        bills = super().create(vals_list)
        bills._note_money(
            "receive",
            lambda bill: {
                "billed": bill._audited(bill.amount_total),
                "message": bill.message_in_id.uuid or None,
            },
            role="transformed",
        )
        return bills

    def _approve(self, user=None):
        self._note_money("approve", lambda bill: bill._audited_verdict(), role="approved")
        return super()._approve(user)

    def _reject(self, reason):
        result = super()._reject(reason)
        self._note_money(
            "reject", lambda bill: bill._audited_verdict(), why=reason, role="approved"
        )
        return result

    def _clear_suspicion(self, reason):
        result = super()._clear_suspicion(reason)
        self._note_money("clear_suspicion", lambda bill: {"verdict": bill.verdict}, why=reason)
        return result

    def _post_bills(self):
        result = super()._post_bills()
        self._note_money(
            "post",
            lambda bill: {"entry": bill.move_id.name, **bill._audited_verdict()},
            role="posted",
        )
        return result

    def _note_payment(self):
        before = {bill.id: bill.state for bill in self}
        result = super()._note_payment()
        moved = self.filtered(lambda bill: bill.state != before[bill.id])
        moved._note_money("payment", lambda bill: {"state": bill.state}, role="posted")
        return result

    def _note_money(self, action, told, **how):
        """Record ``action`` on these bills, with what ``told(bill)`` says of each."""
        bills = self.sudo()
        after = {bill.id: told(bill) for bill in bills}
        self.env["freight.audit"]._note(action, bills, after=after, stream="money", **how)

    def _audited_verdict(self):
        return {
            "verdict": self.verdict or None,
            "approved": self._audited(self.amount_approved),
            "disputed": self._audited(self.amount_disputed),
            "automatic": self.approved_automatically,
        }

    def _audited(self, amount):
        return f"{amount:.{self.currency_id.decimal_places}f} {self.currency_id.name}"


class FreightAccrual(models.Model):
    _inherit = "freight.accrual"

    @api.model
    def _post_chunks(self, company, chunks):
        result = super()._post_chunks(company, chunks)
        after = {
            chunk[0]["move_id"]: {
                "accruals": len(chunk),
                "shipments": len({row["shipment_id"] for row in chunk}),
                "amount": f"{sum(row['amount'] for row in chunk):.2f} {company.currency_id.name}",
            }
            for chunk in chunks
        }
        moves = self.env["account.move"].browse(after)
        self.env["freight.audit"]._note("accrue", moves, after=after, stream="money", role="posted")
        return result
