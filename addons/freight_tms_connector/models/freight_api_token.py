import logging
from datetime import timedelta

import psycopg2
from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import AccessError
from odoo.sql_db import PoolError

from .. import api_tokens
from ..api_operation import Caller
from ..limiting import Quota
from .freight_api_client import admits

_logger = logging.getLogger(__name__)

#: Days that a token stays listed after its end.
KEPT_DAYS = 30
#: Tokens deleted by one statement of the purge.
PURGED_AT_ONCE = 10_000


class FreightApiToken(models.Model):
    """A token that we issued: its digest, what it allows and until when. The text is nowhere.

    It is looked up anew for each request, so that a revocation holds at once for all workers.
    """

    _name = "freight.api.token"
    _description = "API Token"
    _inherit = "freight.guarded"
    _order = "id desc"

    name = fields.Char(required=True, default=lambda self: _("Token"))
    client_id = fields.Many2one(
        "freight.api.client", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(related="client_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [("short", "Short-lived"), ("long", "Long-lived")], required=True, readonly=True
    )
    digest = fields.Char(required=True, copy=False, groups=fields.NO_ACCESS)
    hint = fields.Char(readonly=True, copy=False, help="The last characters, to tell it by.")
    scopes = fields.Char(readonly=True, help="Separated by spaces.")
    owner_id = fields.Many2one("res.users", required=True, readonly=True)
    issued = fields.Datetime(readonly=True, default=fields.Datetime.now)
    expires = fields.Datetime(required=True, readonly=True, index=True)
    last_used = fields.Datetime(readonly=True, copy=False, help="To the minute.")
    revoked = fields.Datetime(readonly=True, copy=False)
    replaces_id = fields.Many2one("freight.api.token", readonly=True, ondelete="set null")
    state = fields.Selection(
        [("live", "Live"), ("expired", "Expired"), ("revoked", "Revoked")],
        compute="_compute_state",
        search="_search_state",
    )

    _sql_constraints = [("digest_unique", "unique(digest)", "This token exists already.")]

    @api.model
    def _guarded(self):
        return {*self._fields} - {"name"}

    @api.depends("expires", "revoked")
    def _compute_state(self):
        now = fields.Datetime.now()
        for token in self:
            ended = "expired" if not token.expires or token.expires <= now else "live"
            token.state = "revoked" if token.revoked else ended

    @api.model
    def _live_domain(self):
        return [("revoked", "=", False), ("expires", ">", fields.Datetime.now())]

    @api.model
    def _search_state(self, operator, value):
        """Find by state; only what equals it, or is one of several."""
        wanted = [value] if operator == "=" else value if operator == "in" else []
        domains = {
            "live": self._live_domain(),
            "expired": [("revoked", "=", False), ("expires", "<=", fields.Datetime.now())],
            "revoked": [("revoked", "!=", False)],
        }
        found = [self._search(domains[state]) for state in wanted if state in domains]
        return ["|"] * (len(found) - 1) + [("id", "in", ids) for ids in found] or [(0, "=", 1)]

    # Issuing ------------------------------------------------------------------------------------

    @api.model
    def _issue(self, client, kind, scopes, expires, name=None, replaces=None):
        """Make a token of ``client``. For the server only.

        :return: (the record, the text: the only time that it is known)
        """
        if not self.env.su:
            raise AccessError(_("Tokens are issued by the token endpoint and the wizard alone."))
        text = api_tokens.issue(api_tokens.LONG if kind == "long" else api_tokens.SHORT)
        token = self.create(
            {
                "name": name or client.name,
                "client_id": client.id,
                "kind": kind,
                "digest": api_tokens.digest(text),
                "hint": text[-4:],
                "scopes": " ".join(sorted(scopes)),
                "owner_id": client.owner_id.id if kind == "short" else self.env.uid,
                "expires": expires,
                "replaces_id": replaces.id if replaces else False,
            }
        )
        return token, text

    def action_revoke(self):
        """Revoke these tokens at once, for all workers."""
        self.check_access_rights("write")
        self.check_access_rule("write")
        living = self.filtered(lambda token: not token.revoked)
        living.sudo()._revoke()
        for client, tokens in living.grouped("client_id").items():
            client.message_post(
                body=_("Tokens revoked: %s.", ", ".join(f"…{token.hint}" for token in tokens))
            )

    def _revoke(self):
        self.write({"revoked": fields.Datetime.now()})

    @api.model
    def _revoke_of(self, client, text):
        """Revoke the token ``text`` if it is one of ``client``; for the server only."""
        wanted = [("client_id", "=", client.id), ("digest", "=", api_tokens.digest(text))]
        self.search([*wanted, ("revoked", "=", False)])._revoke()

    def action_rotate(self):
        """Open the wizard that makes a token in place of this one."""
        self.ensure_one()
        return self.env["freight.api.issue"]._opened(self.client_id, "token", replaces=self)

    def _end_after(self, hours):
        """Let this token work ``hours`` more, never longer than it would have."""
        self.ensure_one()
        self.expires = min(self.expires, fields.Datetime.now() + timedelta(hours=hours))

    # Checking -----------------------------------------------------------------------------------

    @api.model
    def _caller(self, text, address):
        """Return the :class:`~..api_operation.Caller` that a token proves, None for anything else.

        :param address: where the call comes from; its endpoint may let only some in

        One look at a unique index: unknown, expired and revoked ones are alike.
        """
        if not api_tokens.is_printable(text):
            return None
        self.flush_model()
        self.env["freight.api.client"].flush_model()
        self.env["freight.endpoint"].flush_model()
        shown = api_tokens.digest(text)
        self.env.cr.execute(
            """
            SELECT t.digest, t.scopes,
                   ARRAY(SELECT s.code FROM freight_api_client_freight_api_scope_rel r
                           JOIN freight_api_scope s ON s.id = r.freight_api_scope_id
                          WHERE r.freight_api_client_id = c.id),
                   t.last_used < now() AT TIME ZONE 'UTC' - interval '1 minute',
                   e.allowed_networks, e.rate_per_minute, e.rate_burst,
                   t.id, c.id, e.id, e.company_id, e.system_id
              FROM freight_api_token t
              JOIN freight_api_client c ON c.id = t.client_id
              JOIN freight_endpoint e ON e.id = c.endpoint_id
             WHERE t.digest = %s AND t.revoked IS NULL AND t.expires > %s
               AND c.active AND e.state = 'active'
            """,
            [shown, fields.Datetime.now()],
        )
        row = self.env.cr.fetchone()
        if not row or not api_tokens.same(row[0], shown):
            return None
        _digest, scopes, allowed, stale, networks, per_minute, burst, *ids = row
        token_id, _client_id, endpoint_id, *_rest = ids
        if not admits(networks, address):
            return None
        if stale is not False:
            self._note_use(token_id)
        quota = Quota(f"endpoint:{endpoint_id}", per_minute or 0, burst or 0)
        return Caller(*ids, frozenset((scopes or "").split()).intersection(allowed), quota)

    @api.model
    def _note_use(self, token_id):
        """Remember that a token was used, at most once a minute and whatever else happens.

        On a cursor of its own: the request must neither wait for it nor be repeated for it.
        """
        try:
            with db.read_committed(self.pool) as cr:
                cr.execute(
                    """
                    UPDATE freight_api_token SET last_used = %s WHERE id IN (
                        SELECT id FROM freight_api_token WHERE id = %s
                           FOR NO KEY UPDATE SKIP LOCKED)
                    """,
                    [fields.Datetime.now(), token_id],
                )
        except (psycopg2.Error, PoolError) as error:
            _logger.warning("The use of API token %s was not noted: %s", token_id, error)

    # Time ---------------------------------------------------------------------------------------

    @api.model
    def _purge(self):
        """Delete tokens whose end lies back long enough; revoked ones stay as long as others."""
        past = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT id FROM freight_api_token
             WHERE expires < %s AND (revoked IS NULL OR revoked < %s)
             ORDER BY expires LIMIT %s FOR UPDATE
            """,
            [past, past, PURGED_AT_ONCE],
        )
        past_use = self.browse(row[0] for row in self.env.cr.fetchall())
        self.env["freight.audit"]._note_set("purge", past_use, stream="access")
        self.env.cr.execute("DELETE FROM freight_api_token WHERE id = ANY(%s)", [past_use.ids])
        self.invalidate_model()
        if len(past_use) == PURGED_AT_ONCE:
            self.env.ref("freight_tms_connector.cron_purge_api_tokens")._trigger()
