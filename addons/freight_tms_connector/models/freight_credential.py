import uuid

from odoo import _, fields, models
from odoo.exceptions import AccessError


class FreightCredential(models.Model):
    """A secret shared with one partner in one environment. Written once, never shown again."""

    _name = "freight.credential"
    _description = "Credential"
    _inherit = "freight.cached"
    _order = "endpoint_id, use, id desc"
    _rec_name = "label"

    uuid = fields.Char(required=True, readonly=True, copy=False, default=lambda s: uuid.uuid4().hex)
    label = fields.Char(required=True, default=lambda self: _("Secret"))
    endpoint_id = fields.Many2one("freight.endpoint", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True)
    use = fields.Selection(
        [("inbound", "They prove themselves to us"), ("outbound", "We prove ourselves to them")],
        required=True,
        default="inbound",
    )
    sealed = fields.Binary(attachment=False, readonly=True, copy=False, groups=fields.NO_ACCESS)
    secret = fields.Char(
        compute="_compute_secret",
        inverse="_inverse_secret",
        store=False,
        help="Type or paste the secret; once saved it is not shown to anybody.",
    )
    expires = fields.Datetime(help="Empty: it holds until it is replaced.")
    active = fields.Boolean(default=True)

    def _compute_secret(self):
        self.secret = False

    def _inverse_secret(self):
        vault = self.env["freight.vault"]._vault()
        for credential in self.filtered("secret"):
            sealed = vault.seal(credential.secret.encode(), credential._seal_context())
            credential.sudo().sealed = sealed

    def _seal_context(self):
        return (self._name, self.uuid, "secret")

    def _open(self):
        """Return the secret as text. For the server only."""
        self.ensure_one()
        if not self.env.su:
            raise AccessError(_("Stored secrets are not readable."))
        vault = self.env["freight.vault"]._vault()
        return vault.open(bytes(self.sealed), self._seal_context()).decode()
