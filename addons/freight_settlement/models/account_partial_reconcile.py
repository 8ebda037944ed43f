from odoo import _, api, models
from odoo.exceptions import UserError


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to pay what is in dispute; a credit note may be set against it."""
        lines = self.env["account.move.line"].browse(
            {vals[side] for vals in vals_list for side in ("debit_move_id", "credit_move_id")}
        )
        blocked = set(lines._freight_blocked().ids)
        for vals in vals_list if blocked else ():
            pair = lines.browse([vals["debit_move_id"], vals["credit_move_id"]])
            others = pair.filtered(lambda line: line.id not in blocked)
            if others.move_id.filtered(lambda move: move.payment_id or move.statement_line_id):
                raise UserError(
                    _(
                        "This part of %s is in dispute and is not paid. Settle the dispute first, "
                        "or set the carrier's credit note against it.",
                        ", ".join((pair - others).move_id.mapped("name")),
                    )
                )
        return super().create(vals_list)

    def unlink(self):
        """Follow carriers' bills back when their payment is undone; accruals stay settled."""
        lines = (self.debit_move_id | self.credit_move_id).sudo()
        lines._freight_refuse_unreconcile()
        bills = lines.move_id.freight_carrier_invoice_id
        result = super().unlink()
        bills._note_payment()
        return result
