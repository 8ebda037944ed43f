"""A new key seals what is new; this seals anew what lies under the keys before it."""

import logging
import time

from odoo import api, models
from odoo.addons.freight_canonical import db
from psycopg2.extras import execute_values

from ..sealed import Sealed, head
from ..vault import VaultError
from .freight_retention import _patience

_logger = logging.getLogger(__name__)

#: Rows, and about as many bytes of them, that are opened and sealed anew at a time.
BATCH = 500
BATCH_BYTES = 16 * 1024 * 1024


class FreightVault(models.AbstractModel):
    _inherit = "freight.vault"

    @api.model
    def _sealed_columns(self):
        """Return the :class:`~..sealed.Sealed` columns of the database. Addons add theirs."""
        return [
            Sealed(
                "freight.message.payload",
                "sealed",
                """CASE t.direction
                   WHEN 'in' THEN (SELECT ARRAY['freight.message.in', m.uuid, 'body']
                                     FROM freight_message_in m WHERE m.id = t.message_id)
                   ELSE (SELECT ARRAY['freight.message.out', m.uuid, 'body']
                           FROM freight_message_out m WHERE m.id = t.message_id) END""",
            ),
            Sealed("freight.credential", "sealed", "ARRAY['freight.credential', t.uuid, 'secret']"),
            Sealed("freight.message.fix", "sealed", "ARRAY['freight.message.fix', t.uuid, 'body']"),
        ]

    @api.model
    def _known_keys(self):
        """Return the ids of the keys that are configured, none where they are of no use."""
        try:
            return self._vault().keys
        except VaultError:
            return frozenset()

    @api.model
    def _keys_in_use(self):
        """Return {(model, column): {key id: how many rows}} of all sealed columns."""
        self.env.flush_all()
        return {
            (sealed.model, sealed.column): self._keys_of(sealed)
            for sealed in self._sealed_columns()
        }

    @api.model
    def _keys_of(self, sealed):
        """Return {key id: how many rows}; the most used key of a large table by an estimate."""
        cr = self.env.cr
        cr.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [sealed.table]
        )
        (estimate,) = cr.fetchone()
        keys = self._distinct_keys(sealed)
        newest = self._newest_key(sealed) if estimate > 1_000_000 else None
        counts = {}
        for key in keys - {newest}:
            cr.execute(
                f"SELECT count(*) FROM {sealed.table} t"
                f" WHERE t.{sealed.column} IS NOT NULL AND {sealed.key} = %s",
                [key],
            )
            counts[key] = cr.fetchone()[0]
        if newest is not None:
            counts[newest] = max(estimate - sum(counts.values()), 1)
        return counts

    @api.model
    def _newest_key(self, sealed):
        self.env.cr.execute(sealed.newest_key)
        row = self.env.cr.fetchone()
        return row and row[0]

    @api.model
    def _distinct_keys(self, sealed):
        self.env.cr.execute(sealed.distinct_keys)
        return {row[0] for row in self.env.cr.fetchall()}

    # Rotating -------------------------------------------------------------------------------------

    @api.model
    def _cron_rotate(self):
        """Seal anew what lies under older keys; come again where time was short."""
        if not self._rotate(time.monotonic() + _patience()):
            self.env.ref("freight_tms_connector.cron_vault_rotation")._trigger()

    @api.model
    def _rotate(self, deadline=None):
        """Seal everything anew that another key than the current one sealed.

        Stopped at any moment it goes on where it was: what is left is told by the values.

        :param deadline: as ``time.monotonic()`` counts; None: until the end
        :return: whether it came to the end
        :raise MissingKey: when no key is configured
        """
        vault = self._vault()
        for sealed in self._sealed_columns():
            keys = self._distinct_keys(sealed) - {vault.current}
            for key in sorted(keys - vault.keys):
                _logger.error(
                    "%s holds values under the vault key %s, which is not configured: they cannot"
                    " be read. Configure it again.", sealed.model, key,
                )  # fmt: skip
            for key in sorted(keys & vault.keys):
                if not self._rotate_key(vault, sealed, key, deadline):
                    return False
        return True

    @api.model
    def _rotate_key(self, vault, sealed, key, deadline):
        after = 0
        while after is not None:
            if deadline and time.monotonic() > deadline:
                return False
            after = self._rotate_batch(vault, sealed, key, after)
        return True

    @api.model
    def _rotate_batch(self, vault, sealed, key, after):
        """Seal a batch of rows behind id ``after`` anew; return the last id, None at the end.

        Nothing is locked meanwhile. A value that somebody wrote in between is left as it is: it
        is told by its beginning, which no two sealed values share.
        """
        with db.read_committed(self.pool) as cr:
            cr.execute(
                f"""
                SELECT id, {sealed.column}, context FROM (
                    SELECT t.id, t.{sealed.column}, {sealed.context} AS context,
                           sum(octet_length(t.{sealed.column})) OVER (ORDER BY t.id)
                           - octet_length(t.{sealed.column}) AS before
                      FROM {sealed.table} t
                     WHERE t.{sealed.column} IS NOT NULL AND {sealed.key} = %s AND t.id > %s
                     ORDER BY t.id LIMIT %s) batch
                 WHERE before < %s ORDER BY id
                """,
                [key, after, BATCH, BATCH_BYTES],
            )
            rows = cr.fetchall()
        anew = self._sealed_anew(vault, sealed, rows)
        if anew:
            with db.read_committed(self.pool) as cr:
                execute_values(
                    cr._obj,
                    f"""
                    UPDATE {sealed.table} t SET {sealed.column} = v.anew
                      FROM (VALUES %s) AS v (id, head, anew)
                     WHERE t.id = v.id
                       AND substring(t.{sealed.column} from 1 for octet_length(v.head)) = v.head
                    """,
                    anew,
                    template="(%s, %s::bytea, %s::bytea)",
                    page_size=BATCH,
                )
        return rows[-1][0] if rows else None

    @api.model
    def _sealed_anew(self, vault, sealed, rows):
        """Return (id, beginning of the old value, new value) of (id, value, context) rows."""
        anew = []
        for row_id, value, context in rows:
            try:
                plain = vault.open(bytes(value), tuple(context or ()))
            except VaultError as error:
                _logger.error("%s %s cannot be sealed anew: %s", sealed.model, row_id, error)
                continue
            anew.append((row_id, head(bytes(value)), vault.seal(plain, tuple(context))))
        return anew
