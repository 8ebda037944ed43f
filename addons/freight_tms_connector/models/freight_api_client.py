from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

from .. import api_tokens
from ..addresses import is_within, parse_networks

#: Seconds that a token of the token endpoint lives.
LIFETIME = 3600


class FreightApiClient(models.Model):
    """A partner's application: it proves itself by a client secret, and acts by its tokens.

    One for each partner and environment: it belongs to an endpoint, and sees what that one's
    system may see in that one's company.
    """

    _name = "freight.api.client"
    _description = "API Client"
    _inherit = ["mail.thread", "freight.guarded"]
    _order = "name"

    name = fields.Char(required=True, tracking=True)
    endpoint_id = fields.Many2one(
        "freight.endpoint", required=True, ondelete="restrict", index=True, tracking=True
    )
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True)
    system_id = fields.Many2one(related="endpoint_id.system_id")
    environment = fields.Selection(related="endpoint_id.environment")
    owner_id = fields.Many2one(
        "res.users",
        required=True,
        default=lambda self: self.env.user,
        tracking=True,
        help="Who answers for it on our side.",
    )
    client_code = fields.Char(
        string="Client id",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: api_tokens.issue("freight-")[:24],
    )
    scope_ids = fields.Many2many("freight.api.scope", string="Scopes", tracking=True)
    scope_codes = fields.Char(string="Allowed", compute="_compute_scope_codes")
    active = fields.Boolean(default=True, tracking=True)
    secret_digest = fields.Char(copy=False, groups=fields.NO_ACCESS)
    secret_since = fields.Datetime(string="Secret since", readonly=True, copy=False)
    previous_digest = fields.Char(copy=False, groups=fields.NO_ACCESS)
    previous_until = fields.Datetime(
        string="Old secret until",
        readonly=True,
        copy=False,
        help="Until then both secrets work, so that the partner changes over without a gap.",
    )
    has_secret = fields.Boolean(compute="_compute_has_secret")
    token_ids = fields.One2many("freight.api.token", "client_id", string="Tokens")
    token_count = fields.Integer(string="Live tokens", compute="_compute_token_figures")
    last_used = fields.Datetime(compute="_compute_token_figures")

    _sql_constraints = [("client_code_unique", "unique(client_code)", "This client id is taken.")]

    @api.model
    def _guarded(self):
        return super()._guarded() | {
            "client_code",
            "secret_digest",
            "secret_since",
            "previous_digest",
            "previous_until",
        }

    @api.depends("scope_ids.code")
    def _compute_scope_codes(self):
        for client in self:
            client.scope_codes = " ".join(client.scope_ids.mapped("code"))

    @api.depends("secret_since")
    def _compute_has_secret(self):
        for client in self:
            client.has_secret = bool(client.secret_since)

    def _compute_token_figures(self):
        tokens = self.env["freight.api.token"]
        live = tokens._read_group(
            [("client_id", "in", self.ids), *tokens._live_domain()], ["client_id"], ["__count"]
        )
        used = tokens._read_group([("client_id", "in", self.ids)], ["client_id"], ["last_used:max"])
        counts, last = dict(live), dict(used)
        for client in self:
            client.token_count = counts.get(client, 0)
            client.last_used = last.get(client, False)

    def write(self, vals):
        """Write; what a client may no longer do, its tokens cannot do either.

        Its endpoint is settled with its first secret or token: what one partner knows must not
        open what is another's.
        """
        if "endpoint_id" in vals and any(
            (client.secret_since or client.token_ids)
            and client.endpoint_id.id != vals["endpoint_id"]
            for client in self
        ):
            raise UserError(
                _(
                    "A secret or tokens were issued for this client. Make a new one for another"
                    " endpoint."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        if self.with_context(active_test=False).token_ids:
            raise UserError(_("Tokens were issued for this client: archive it instead."))

    # Secrets ------------------------------------------------------------------------------------

    def _for_credentials(self):
        """Return this client to give secrets to, for who may.

        :raise AccessError: for who may not write clients
        """
        self.ensure_one()
        self.check_access_rights("write")
        self.check_access_rule("write")
        if not self.active:
            raise UserError(_("%s is archived: unarchive it first.", self.name))
        return self.sudo()

    def _new_secret(self, overlap_hours):
        """Make a new client secret and return it, the only time that it is known.

        :param overlap_hours: how long the one before goes on to work
        """
        client = self._for_credentials()
        secret, now = api_tokens.issue(api_tokens.CLIENT_SECRET), fields.Datetime.now()
        overlaps = bool(client.secret_digest and overlap_hours)
        client.write(
            {
                "previous_digest": client.secret_digest if overlaps else False,
                "previous_until": now + timedelta(hours=overlap_hours) if overlaps else False,
                "secret_digest": api_tokens.digest(secret),
                "secret_since": now,
            }
        )
        client.message_post(
            body=_("New client secret. The one before works %s hours more.", overlap_hours)
            if overlaps
            else _("New client secret.")
        )
        return secret

    @api.model
    def _authenticated(self, client_code, secret, address):
        """Return the client that proves itself so from an address, an empty one for anything else.

        An unknown client costs and looks the same as a wrong secret.
        """
        known = self.sudo().browse()
        if api_tokens.is_printable(client_code) and api_tokens.is_printable(secret):
            known = self.sudo().search([("client_code", "=", client_code)], limit=1)
        shown = api_tokens.digest(secret or "")
        current = api_tokens.same(known.secret_digest, shown)
        previous = api_tokens.same(known.previous_digest, shown)
        until = known.previous_until
        overlapping = previous and until and until > fields.Datetime.now()
        return (
            known if (current or overlapping) and known._may_come_from(address) else known.browse()
        )

    def _may_come_from(self, address):
        """Return whether this client's endpoint is open, and lets ``address`` in."""
        endpoint = self.endpoint_id
        return endpoint.state == "active" and admits(endpoint.allowed_networks, address)

    def action_revoke_tokens(self):
        """Revoke all tokens of these clients at once."""
        self.check_access_rights("write")
        self.check_access_rule("write")
        self.with_context(active_test=False).token_ids.action_revoke()

    def action_drop_secrets(self):
        """Let no client secret work any more; tokens go on until they are revoked."""
        for client in self:
            client._for_credentials().write(
                {
                    "secret_digest": False,
                    "secret_since": False,
                    "previous_digest": False,
                    "previous_until": False,
                }
            )
            client.message_post(body=_("Client secrets dropped."))

    def action_new_secret(self):
        """Open the wizard that makes a client secret."""
        return self.env["freight.api.issue"]._opened(self, "secret")

    def action_new_token(self):
        """Open the wizard that makes a long-lived token."""
        return self.env["freight.api.issue"]._opened(self, "token")

    @api.model
    def _check_issuing(self):
        if not self.env.su:
            raise AccessError(_("Tokens are issued by the token endpoint and the wizard alone."))

    def _issue_short(self, scopes):
        """Return (token text, seconds it lives) of a new short-lived token for ``scopes``."""
        self._check_issuing()
        text = self.env["freight.api.token"]._issue(
            self,
            kind="short",
            scopes=scopes,
            expires=fields.Datetime.now() + timedelta(seconds=LIFETIME),
        )[1]
        return text, LIFETIME


def admits(networks, address):
    """Return whether ``address`` is on an allow-list; an empty one lets everybody in.

    :param networks: text, one network a line, as an endpoint keeps it
    """
    allowed = parse_networks(networks)
    return not allowed or is_within(address, allowed)
