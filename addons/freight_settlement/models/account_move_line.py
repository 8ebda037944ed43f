from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import frozendict

#: What people do not write on a posted item that the freight sub-ledger stands on.
PROTECTED = frozenset(
    {
        "account_id",
        "blocked",
        "freight_charge_code_id",
        "freight_shipment_id",
        "partner_id",
    }
)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    freight_shipment_id = fields.Many2one(
        "freight.shipment", string="Shipment", ondelete="restrict", index="btree_not_null"
    )
    freight_charge_code_id = fields.Many2one(
        "freight.charge.code", string="Freight charge", ondelete="restrict"
    )
    #: A copy or a reversal is not in dispute.
    blocked = fields.Boolean(copy=False)

    @api.depends("blocked", "move_id.freight_disputed_amount")
    def _compute_term_key(self):
        """Tell the blocked part of a freight bill's payable from the part that is due with it."""
        result = super()._compute_term_key()
        for line in self:
            if line.term_key and line.blocked and line.move_id.freight_disputed_amount:
                line.term_key = frozendict({**line.term_key, "blocked": True})
        return result

    def write(self, vals):
        """Refuse people what would lead around the audit: to unblock what is in dispute, say."""
        if not self.env.su and not PROTECTED.isdisjoint(vals):
            posted = self.filtered(lambda line: line.parent_state == "posted")
            posted.move_id._freight_refuse_change()
        return super().write(vals)

    def _freight_refuse_unreconcile(self):
        """Refuse to take apart what is settled on the accrued freight account.

        :raise UserError: naming the shipments
        """
        settled = self.filtered(
            lambda line: (
                line.freight_shipment_id
                and line.account_id == line.company_id.sudo().freight_accrued_account_id
            )
        )
        if settled:
            raise UserError(
                _(
                    "The accrued freight of %s is settled: its items stay reconciled. What is "
                    "wrong is corrected by delta or by the carrier's credit note.",
                    ", ".join(sorted(set(settled.sudo().freight_shipment_id.mapped("name")))),
                )
            )

    def _freight_blocked(self):
        """Return those of these lines that are the disputed part of a carrier's bill."""
        return self.filtered(lambda line: line.blocked and line.move_id.freight_carrier_invoice_id)

    def _prepare_exchange_difference_move_vals(self, amounts_list, company=None, **kwargs):
        """Keep the shipment on exchange differences, so that it is zero by shipment too."""
        result = super()._prepare_exchange_difference_move_vals(
            amounts_list, company=company, **kwargs
        )
        if result:
            commands = result["move_values"]["line_ids"]
            for line, sequence in result["to_reconcile"]:
                if line.freight_shipment_id:
                    for command in commands[sequence : sequence + 2]:
                        command[2].update(
                            freight_shipment_id=line.freight_shipment_id.id,
                            freight_charge_code_id=line.freight_charge_code_id.id,
                        )
        return result
