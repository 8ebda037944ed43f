import logging
import time
import uuid

import psycopg2
from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import AccessError
from odoo.sql_db import PoolError

_logger = logging.getLogger(__name__)

#: Seconds between two records of the use of one secret.
NOTE_EVERY = 60.0

_noted = {}


class FreightCredential(models.Model):
    """A secret shared with one partner in one environment. Written once, never shown again."""

    _name = "freight.credential"
    _description = "Credential"
    _inherit = ["freight.cached", "freight.guarded"]
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
    last_used = fields.Datetime(
        readonly=True, copy=False, help="When a message was last proven by it, to the minute."
    )

    @api.model
    def _guarded(self):
        return super()._guarded() | {"uuid", "last_used"}

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

    @api.model
    def _note_use(self, credential_id, response):
        """Record that this secret proved a message, once a minute, after ``response`` is sent.

        :param credential_id: None where the sender proved itself without a secret of its own
        """
        if credential_id is None:
            return
        key = (self.env.cr.dbname, credential_id)
        now = time.monotonic()
        if now - _noted.get(key, -NOTE_EVERY) < NOTE_EVERY:
            return
        _noted[key] = now
        registry = self.pool
        if registry.in_test_mode():  # a test's cursor is not for a thread that outlives the answer
            _record_use(registry, credential_id)
        else:
            response.call_on_close(lambda: _record_use(registry, credential_id))


def _record_use(registry, credential_id):
    """Write by SQL: no cache holds it, and an answer does not depend on it."""
    try:
        with db.read_committed(registry) as cr:
            cr.execute(
                "UPDATE freight_credential SET last_used = now() AT TIME ZONE 'UTC' WHERE id = %s",
                [credential_id],
            )
    except (psycopg2.Error, PoolError):
        _logger.warning("The use of credential %s was not recorded", credential_id, exc_info=True)
