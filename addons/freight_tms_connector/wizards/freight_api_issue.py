from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError

#: Days that a long-lived token lives unless somebody says otherwise, and at most.
USUAL_DAYS, MOST_DAYS = 365, 730


class FreightApiIssue(models.TransientModel):
    """Make a client secret or a long-lived token, which is shown once and nowhere kept."""

    _name = "freight.api.issue"
    _description = "New API Credential"

    client_id = fields.Many2one("freight.api.client", required=True, readonly=True)
    what = fields.Selection(
        [("secret", "Client secret"), ("token", "Long-lived token")], required=True, readonly=True
    )
    replaces_id = fields.Many2one("freight.api.token", readonly=True)
    replaces_something = fields.Boolean(compute="_compute_replaces_something")
    name = fields.Char(string="What it is for")
    available_scope_ids = fields.Many2many(related="client_id.scope_ids", string="Client's scopes")
    scope_ids = fields.Many2many(
        "freight.api.scope",
        string="Scopes",
        domain="[('id', 'in', available_scope_ids)]",
    )
    expires = fields.Datetime(
        default=lambda self: fields.Datetime.now() + timedelta(days=USUAL_DAYS)
    )
    overlap_hours = fields.Integer(
        string="The old one works on for (hours)",
        default=24,
        help="0: it stops at once.",
    )

    @api.depends("what", "client_id", "replaces_id")
    def _compute_replaces_something(self):
        for wizard in self:
            wizard.replaces_something = bool(
                wizard.replaces_id or (wizard.what == "secret" and wizard.client_id.has_secret)
            )

    @api.model
    def _opened(self, client, what, replaces=None):
        """Return the action that opens this wizard for ``client``.

        :raise AccessError: for who may not give out credentials
        """
        client.ensure_one()
        self.check_access_rights("create")
        client.check_access_rule("write")
        scopes = client.scope_ids
        if replaces:
            scopes = scopes.filtered(lambda one: one.code in (replaces.scopes or "").split())
        return {
            "type": "ir.actions.act_window",
            "name": _("New client secret") if what == "secret" else _("New token"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_client_id": client.id,
                "default_what": what,
                "default_replaces_id": replaces.id if replaces else False,
                "default_name": replaces.name if replaces else client.name,
                "default_scope_ids": scopes.ids,
            },
        }

    def action_issue(self):
        """Make it and show it, once."""
        self.ensure_one()
        if self.overlap_hours < 0:
            raise UserError(_("An overlap has 0 hours or more."))
        secret = (
            self.client_id._new_secret(self.overlap_hours)
            if self.what == "secret"
            else self._new_token()
        )
        return {
            "type": "ir.actions.act_window",
            "name": _("Copy it now"),
            "res_model": "freight.api.shown",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_secret": secret,
                "default_client_code": self.client_id.client_code,
                "default_what": self.what,
            },
        }

    def _new_token(self):
        client = self.client_id._for_credentials()
        self._check_token(client)
        token, text = (
            self.env["freight.api.token"]
            .sudo()
            ._issue(
                client,
                kind="long",
                scopes=self.scope_ids.mapped("code"),
                expires=self.expires,
                name=self.name,
                replaces=self.replaces_id,
            )
        )
        if self.replaces_id:
            self.replaces_id.check_access_rule("write")
            self.replaces_id.sudo()._end_after(self.overlap_hours)
        self.client_id.message_post(
            body=_(
                "New token …%(hint)s until %(expires)s: %(scopes)s.",
                hint=token.hint,
                expires=token.expires,
                scopes=token.scopes,
            )
        )
        return text

    def _check_token(self, client):
        if not self.scope_ids:
            raise UserError(_("Choose at least one scope: a token without any opens nothing."))
        if self.scope_ids - client.scope_ids:
            raise UserError(_("A token has no more scopes than its client: add them there first."))
        if self.replaces_id and self.replaces_id.client_id != self.client_id:
            raise UserError(_("A token is replaced by one of the same client."))
        now = fields.Datetime.now()
        if not self.expires or not now < self.expires <= now + timedelta(days=MOST_DAYS):
            raise UserError(_("Choose when it ends: within %s days from now.", MOST_DAYS))


class FreightApiShown(models.TransientModel):
    """A new secret on a person's screen. It comes with the action and is not stored."""

    _name = "freight.api.shown"
    _description = "New API Credential to Copy"

    what = fields.Selection([("secret", "Client secret"), ("token", "Long-lived token")])
    client_code = fields.Char(string="Client id", store=False)
    secret = fields.Char(string="Copy this", store=False)
