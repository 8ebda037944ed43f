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
    choice_ids = fields.One2many("freight.unmapped.choice", "wizard_id", readonly=True)
    choice_id = fields.Many2one(
        "freight.unmapped.choice", string="Our code", domain="[('wizard_id', '=', id)]"
    )
    text = fields.Char(string="Our value")
    scope = fields.Selection(
        [("system", "What this system sends"), ("mapping", "All who send by this mapping")],
        string="For",
        required=True,
        default="system",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Create, with what there is to choose from."""
        wizards = super().create(vals_list)
        self.env["freight.unmapped.choice"].create(
            [
                {"wizard_id": wizard.id, "code": code, "name": name}
                for wizard in wizards
                for code, name in wizard.code_id._choices()
            ]
        )
        return wizards

    def action_map(self):
        """Keep the meaning; what waited for it is run again."""
        self.ensure_one()
        self.code_id._map(self.choice_id.code or self.text, self.scope == "mapping")
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


class FreightUnmappedChoice(models.TransientModel):
    """One of the codes that a field may hold."""

    _name = "freight.unmapped.choice"
    _description = "Choice for a Code"
    _order = "name"

    wizard_id = fields.Many2one("freight.unmapped.map", required=True, ondelete="cascade")
    code = fields.Char(required=True)
    name = fields.Char(required=True)


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
