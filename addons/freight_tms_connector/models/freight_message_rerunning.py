from odoo import api, fields, models


class FreightMessageRerunning(models.AbstractModel):
    """Who had messages go their way again, and why; what is recorded of it stays."""

    _name = "freight.message.rerunning"
    _description = "Record of Messages That Went Again"
    _inherit = "freight.guarded"
    _order = "id desc"

    user_id = fields.Many2one(
        "res.users", string="By", required=True, readonly=True, ondelete="restrict"
    )
    reason = fields.Text(string="Why", readonly=True)
    chosen = fields.Text(
        string="What was chosen", readonly=True, help="The filter. Empty: picked by hand."
    )
    message_count = fields.Integer(string="Messages", readonly=True)
    company_ids = fields.Many2many("res.company", string="Companies", required=True, readonly=True)

    @api.model
    def _guarded(self):
        return {*self._fields}
