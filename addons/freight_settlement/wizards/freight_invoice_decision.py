from odoo import fields, models


class FreightInvoiceDecision(models.TransientModel):
    """Asks for the reason of a decision on carrier invoices."""

    _name = "freight.invoice.decision"
    _description = "Carrier Invoice Decision"

    invoice_ids = fields.Many2many("freight.carrier.invoice", required=True)
    decision = fields.Selection(
        [("reject", "Reject"), ("no_duplicate", "Not a duplicate")], required=True
    )
    reason = fields.Text(required=True)

    def action_decide(self):
        """Carry out the decision; the bills check who may."""
        self.ensure_one()
        if self.decision == "reject":
            self.invoice_ids._reject(self.reason)
        else:
            self.invoice_ids._clear_suspicion(self.reason)
        return {"type": "ir.actions.act_window_close"}
