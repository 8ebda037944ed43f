"""The sealer: links committed entries into the chains of their companies and streams."""

import logging

from odoo import _, api, fields, models
from odoo.tools import groupby

from .. import db
from ..audit_keys import KeyMissing, KeyWrong
from ..chain import LAYOUT, LAYOUTS, extend, genesis

_logger = logging.getLogger(__name__)

#: Entries that one transaction seals.
BATCH = 2000

#: Held by the one sealer at work among all workers, until its links are committed.
LOCK = "freight.audit.sealer"

#: Minutes after which an entry that is not sealed is a case for a person.
LATE = 15

#: Columns of a link, after its chain.
LINK = ("number", "entry_id", "layout", "previous", "digest", "key")

#: How the values of an entry are read to be hashed, where not as they are.
SPELLING = {"moment": "to_char(e.moment, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"}


def entry_columns():
    """Return SQL for what an entry (alias ``e``) says, in the order of the newest layout."""
    return ", ".join(SPELLING.get(name, f"e.{name}") for name in LAYOUTS[LAYOUT])


def chain_of(entry):
    """Return the name of the chain that ``entry`` belongs to; company 0 is none."""
    return f"{entry['company_id'] or 0}/{entry['stream']}"


class FreightAuditSealer(models.AbstractModel):
    """Chains what is committed, in the order of ids; what commits late with a low id comes later.

    It works a lane like a queue does. Entries are not locked and never changed: each is linked
    once, by a row beside it.
    """

    _name = "freight.audit.sealer"
    _description = "Sealer of the Audit Log"

    #: A storm of deeds wakes the lane once a second, not once each.
    _queue_pause = 1.0

    @api.model
    def _queue_rescue(self):
        """Nothing is claimed, so nothing is left behind by a worker that died."""
        return 0

    @api.model
    def _queue_next_due(self):
        """Nothing is put off."""
        return None

    @api.model
    def _queue_step(self):
        """Seal one batch. Return how many entries it was, 0 without a key or beside another sealer.

        Without a key entries wait: :meth:`_cron_watch` tells a person.
        """
        audit = self.env["freight.audit"]
        try:
            key = audit._keyring().current
        except (KeyMissing, KeyWrong) as error:
            _logger.warning("The audit log is not sealed: %s", error)
            return 0
        with db.read_committed(self.pool) as cr:
            cr.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [LOCK])
            if not cr.fetchone()[0]:
                return 0
            entries = self._take(cr)
            chains = dict(groupby(sorted(entries, key=_order), key=chain_of))
            heads = self._heads(cr, chains)
            now = fields.Datetime.now()
            rows = [
                (chain, *link, now)
                for chain, members in chains.items()
                for link in extend(key, chain, heads[chain], members)
            ]
            db.insert_rows(cr, "freight_audit_link", ("chain", *LINK, "sealed"), rows)
            return len(entries)

    @api.model
    def _take(self, cr):
        """Take a batch off the list of what waits. Return its entries as dicts."""
        cr.execute(
            f"""
            WITH taken AS (
                DELETE FROM freight_audit_pending
                 WHERE id IN (SELECT id FROM freight_audit_pending ORDER BY entry_id LIMIT %s)
                RETURNING entry_id)
            SELECT {entry_columns()} FROM taken JOIN freight_audit_entry e ON e.id = taken.entry_id
             WHERE NOT EXISTS (SELECT FROM freight_audit_link l WHERE l.entry_id = e.id)
            """,
            [BATCH],
        )
        return [dict(zip(LAYOUTS[LAYOUT], row, strict=True)) for row in cr.fetchall()]

    @api.model
    def _heads(self, cr, chains):
        """Return {chain: (number, digest) of its last link}, where it begins for a new chain."""
        log_id = self.env["freight.audit"]._log_id()
        heads = {chain: (0, genesis(log_id, chain)) for chain in chains}
        cr.execute(
            """
            SELECT chain, head.number, head.digest
              FROM unnest(%s::varchar[]) AS chain
             CROSS JOIN LATERAL (SELECT number, digest FROM freight_audit_link l
                                  WHERE l.chain = chain.chain ORDER BY number DESC LIMIT 1) head
            """,
            [list(chains)],
        )
        heads.update({chain: (number, digest) for chain, number, digest in cr.fetchall()})
        return heads

    # Watching ------------------------------------------------------------------------------------

    @api.model
    def _waiting(self):
        """Return (how many entries wait, since when) for the sealer."""
        self.env.cr.execute(
            """
            SELECT count(*), min(e.moment)
              FROM freight_audit_pending p JOIN freight_audit_entry e ON e.id = p.entry_id
            """
        )
        return self.env.cr.fetchone()

    @api.model
    def _trouble(self):
        """Return a sentence on why the log is not being sealed, None where it is."""
        try:
            self.env["freight.audit"]._keyring()
        except (KeyMissing, KeyWrong) as error:
            return _(
                "What people do is recorded but not sealed: %s Put a key into the configuration;"
                " what waits is sealed at once.",
                error,
            )
        count, since = self._waiting()
        if count and (fields.Datetime.now() - since).total_seconds() > LATE * 60:
            return _(
                "%(count)s audit entries wait for the sealer since %(since)s UTC. See whether the"
                ' scheduled job of the lane "audit" runs.',
                count=count,
                since=since,
            )
        return None

    @api.model
    def _cron_watch(self):
        """Open a case while the log is not being sealed, and close it when it is again."""
        cases = self.env["freight.exception"]
        company = self.env.ref("base.main_company")
        trouble = self._trouble()
        if not trouble:
            cases._close_cases("audit_unsealed", ["audit"], _("The audit log is sealed again."))
        elif ("audit_unsealed", "audit") not in {
            (code, key)
            for _company, code, key in cases.sudo()._open_by_place(
                [(company.id, "audit_unsealed", "audit")]
            )
        }:
            cases._raise_case("audit_unsealed", "audit", trouble, company=company)


def _order(entry):
    return entry["id"]
