from odoo import fields, models


class FreightChargeWithdraw(models.TransientModel):
    """Asks why an authorisation is taken back."""

    _name = "freight.charge.withdraw"
    _description = "Withdraw an Authorisation"

    charge_ids = fields.Many2many("freight.charge", required=True, readonly=True)
    reason = fields.Text(required=True)

    def action_withdraw(self):
        """Withdraw the authorisations; the charges check who may."""
        self.ensure_one()
        self.charge_ids._withdraw(self.reason)
        return {"type": "ir.actions.act_window_close"}
