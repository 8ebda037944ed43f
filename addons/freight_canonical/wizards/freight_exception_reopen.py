from odoo import fields, models


class FreightExceptionReopen(models.TransientModel):
    """Opens cases again that were closed too early."""

    _name = "freight.exception.reopen"
    _description = "Open Exceptions Again"

    case_ids = fields.Many2many(
        "freight.exception",
        required=True,
        domain=[("state", "=", "resolved")],
    )
    note = fields.Text(string="Why", required=True)

    def action_reopen(self):
        """Open the cases again and say why in their log.

        :raise AccessError: for who may not work on exceptions
        :raise UserError: when another case about the same is open
        """
        self.ensure_one()
        self.case_ids._reopen(self.note)
        return {"type": "ir.actions.act_window_close"}
