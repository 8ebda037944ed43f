from odoo import _, api, fields, models


class FreightUnmappedMap(models.TransientModel):
    """A person says once what a partner's code means."""

    _name = "freight.unmapped.map"
    _description = "Map a Code"

    code_id = fields.Many2one(
        "freight.unmapped.code", required=True, readonly=True, ondelete="cascade"
    )
    source_code = fields.Char(related="code_id.source_code")
    system_id = fields.Many2one(related="code_id.system_id")
    mapping_id = fields.Many2one(related="code_id.mapping_id")
    target = fields.Char(related="code_id.target")
    message_count = fields.Integer(related="code_id.message_count")
    has_choices = fields.Boolean(compute="_compute_has_choices")
    choice = fields.Selection(selection="_selection_choice", string="Our code")
    text = fields.Char(string="Our value")
    scope = fields.Selection(
        [("system", "What this system sends"), ("mapping", "All who send by this mapping")],
        string="For",
        required=True,
        default="system",
    )

    @api.model
    def _selection_choice(self):
        code = self.env["freight.unmapped.code"]
        code = code.browse(self.env.context.get("freight_unmapped_code_id") or []).exists()
        return code._choices() if code else []

    @api.depends("code_id")
    def _compute_has_choices(self):
        for wizard in self:
            wizard.has_choices = bool(wizard.code_id and wizard.code_id._choices())

    def action_map(self):
        """Keep the meaning; what waited for it is run again."""
        self.ensure_one()
        self.code_id._map(self.choice or self.text, self.scope == "mapping")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": _(
                    "%(code)s is mapped. %(count)s messages are run again.",
                    code=self.source_code,
                    count=self.message_count,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class FreightUnmappedDismiss(models.TransientModel):
    """A person says why codes need no meaning."""

    _name = "freight.unmapped.dismiss"
    _description = "Dismiss Unmapped Codes"

    code_ids = fields.Many2many("freight.unmapped.code", required=True)
    reason = fields.Char(required=True)

    def action_dismiss(self):
        """Take the codes off the list."""
        self.code_ids._dismiss(self.reason)
        return {"type": "ir.actions.act_window_close"}
