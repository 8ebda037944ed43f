from odoo import Command, _, api, models
from odoo.exceptions import UserError


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    @api.model
    def default_get(self, fields_list):
        """Leave the disputed part of carriers' bills out of payments."""
        values = super().default_get(fields_list)
        for command in values.get("line_ids") or ():
            lines = self.env["account.move.line"].browse(command[2])
            payable = lines - lines._freight_blocked()
            if not payable:
                raise UserError(
                    _("What is left of these bills is in dispute: settle the dispute first.")
                )
            values["line_ids"] = [Command.set(payable.ids)]
        return values

    def _create_payments(self):
        bills = self.line_ids.move_id.freight_carrier_invoice_id
        payments = super()._create_payments()
        if bills:
            after = {
                payment.id: {
                    "amount": f"{payment.amount} {payment.currency_id.name}",
                    "bills": bills.mapped("number"),
                }
                for payment in payments
            }
            self.env["freight.audit"]._note(
                "pay", payments, after=after, stream="money", role="posted"
            )
        return payments
