from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..outgoing import AddressRefused, split_url


class FreightEndpoint(models.Model):
    """A partner's connection in one environment: the door it knocks at and the one we do."""

    _name = "freight.endpoint"
    _description = "Endpoint"
    _inherit = ["freight.cached", "freight.guarded"]
    _order = "name"
    _check_company_auto = True

    code = fields.Char(required=True, copy=False, help="The {source} of its webhook address.")
    name = fields.Char(required=True)
    system_id = fields.Many2one("freight.system", required=True, ondelete="restrict")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    environment = fields.Selection(
        [("sandbox", "Sandbox"), ("production", "Production")], required=True, default="sandbox"
    )
    state = fields.Selection(
        [("active", "Active"), ("disabled", "Disabled"), ("retired", "Retired")],
        required=True,
        default="active",
        help="A disabled endpoint answers as if unknown; a retired one says that it is gone.",
    )
    auth_profile_id = fields.Many2one(
        "freight.auth.profile",
        string="They prove themselves by",
        ondelete="restrict",
    )
    credential_ids = fields.One2many("freight.credential", "endpoint_id")
    mapping_ids = fields.Many2many(
        "freight.mapping", string="Mappings", domain="[('direction', '=', 'in')]"
    )
    codec = fields.Selection(
        [("x12", "X12"), ("edifact", "EDIFACT"), ("json", "JSON"), ("csv", "CSV")],
        help="Empty: told by the media type.",
    )
    max_bytes = fields.Integer(string="Largest message (bytes)", default=1024 * 1024, required=True)
    hook_path = fields.Char(string="Their webhook goes to", compute="_compute_hook_path")
    url = fields.Char(string="Their address", help="Where we POST what they subscribe to.")
    outbound_profile_id = fields.Many2one(
        "freight.auth.profile",
        string="We prove ourselves by",
        ondelete="restrict",
    )
    subscription_ids = fields.One2many("freight.subscription", "endpoint_id")
    deliveries_stopped = fields.Boolean(
        help="They answered 410, gone: nothing more is sent. Clear it to send again."
    )

    _sql_constraints = [("code_unique", "unique(code)", "This source name is taken.")]

    @api.constrains("url", "environment")
    def _check_url(self):
        for endpoint in self.filtered("url"):
            try:
                split_url(endpoint.url, endpoint._outgoing_policy())
            except AddressRefused as error:
                raise ValidationError(
                    _("%(endpoint)s: %(error)s", endpoint=endpoint.name, error=error)
                ) from error

    @api.depends("code")
    def _compute_hook_path(self):
        for endpoint in self:
            endpoint.hook_path = f"/freight/v1/hooks/{endpoint.code}" if endpoint.code else ""

    def _live_secrets(self, use):
        """Return [(expiry or False, secret)] of the credentials for ``use``, newest first."""
        credentials = self.sudo().credential_ids.filtered(lambda one: one.use == use and one.sealed)
        return [(one.expires, one._open()) for one in credentials.sorted("id", reverse=True)]

    def action_open_messages(self):
        """Open the messages that came through this endpoint."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Messages in"),
            "res_model": "freight.message.in",
            "view_mode": "tree,form",
            "domain": [("endpoint_id", "=", self.id)],
        }

    def action_open_deliveries(self):
        """Open what we sent to this endpoint."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Messages out"),
            "res_model": "freight.message.out",
            "view_mode": "tree,form",
            "domain": [("endpoint_id", "=", self.id)],
        }


def unexpired(secrets):
    """Return those of [(expiry or False, secret)] that hold now."""
    now = fields.Datetime.now()
    return [secret for expires, secret in secrets if not expires or expires > now]
