import uuid

from odoo import _, api, fields, models
from odoo.exceptions import UserError


class FreightMessageFix(models.TransientModel):
    """Edits a copy of a dead letter. What is being edited lies sealed, as messages do."""

    _name = "freight.message.fix"
    _description = "Fix a Copy of a Message"

    uuid = fields.Char(required=True, readonly=True, default=lambda self: uuid.uuid4().hex)
    message_id = fields.Many2one("freight.message.in", required=True, readonly=True)
    error = fields.Text(related="message_id.error", string="What is wrong")
    codec = fields.Char(related="message_id.codec")
    body = fields.Text(
        compute="_compute_body",
        inverse="_inverse_body",
        store=False,
        groups="freight_tms_connector.group_integration_manager",
    )
    sealed = fields.Binary(attachment=False, readonly=True, groups=fields.NO_ACCESS)
    reason = fields.Text(
        string="Why", required=True, help="What was wrong and where you know the right value from."
    )

    @api.depends("message_id")
    def _compute_body(self):
        for fix in self:
            draft = fix.sudo().sealed
            if draft:
                fix.body = self._vault().open(bytes(draft), fix._seal_context()).decode()
            else:
                fix.body = fix.message_id and fix.message_id._text_to_fix()

    def _inverse_body(self):
        for fix in self:
            draft = (fix.body or "").encode()
            fix.sudo().sealed = self._vault().seal(draft, fix._seal_context())

    def _vault(self):
        return self.env["freight.vault"]._vault()

    def _seal_context(self):
        return (self._name, self.uuid, "body")

    def action_fix(self):
        """Send the edited copy on its way and dismiss the original for it.

        :raise AccessError: for who may not write messages
        :raise UserError: for what may not be edited, or where nobody said why
        """
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(_("Say why: the original stays, and so does your reason."))
        copy = self.message_id._correct(self.body or "", self.reason)
        self.unlink()
        return {
            "type": "ir.actions.act_window",
            "name": _("Corrected copy"),
            "res_model": "freight.message.in",
            "view_mode": "form",
            "res_id": copy,
        }
