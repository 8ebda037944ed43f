from odoo import fields, models


class FreightEventWorkSkip(models.TransientModel):
    """Asks why work is skipped."""

    _name = "freight.event.work.skip"
    _description = "Skip Event Work"

    work_ids = fields.Many2many("freight.event.work", required=True, readonly=True)
    reason = fields.Text(required=True)

    def action_skip(self):
        """Skip the work; the rows check who may."""
        self.ensure_one()
        self.work_ids._skip(self.reason)
        return {"type": "ir.actions.act_window_close"}
