"""Sorting content into retention classes, and erasing it when its time is over.

Both go by batches, each a transaction of its own: what is stopped goes on where it was.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from odoo import SUPERUSER_ID, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.tools import config

#: Rows that one statement sorts or erases.
BATCH = 2000

#: Whoever erases holds this lock shared for a batch; whoever sets a hold or ends a policy takes it
#: alone until that stands. So no batch erases what it should not know to be held.
LOCK = "freight.retention"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the content of one direction belongs to.

    :ivar table: the table of its messages
    :ivar moment: the column of when they came or were written
    :ivar settled: states in which nobody waits for the content any more
    :ivar shipments: SQL of the ids of the shipments that a message ``m`` speaks of
    :ivar of_shipments: SQL of the ids of the messages that speak of ``shipments``
    """

    table: str
    moment: str
    settled: tuple
    shipments: str
    of_shipments: str


SOURCES = {
    "in": Source(
        "freight_message_in",
        "received",
        ("applied", "ignored", "refused", "dismissed"),
        "SELECT d.shipment_id FROM freight_message_document d WHERE d.message_id = m.id",
        "SELECT message_id FROM freight_message_document WHERE shipment_id = ANY(%(shipments)s)",
    ),
    "out": Source(
        "freight_message_out",
        "create_date",
        ("delivered", "cancelled"),
        "SELECT m.shipment_id",
        "SELECT id FROM freight_message_out WHERE shipment_id = ANY(%(shipments)s)",
    ),
}

#: SQL: the class of a message ``m`` that came: the strictest of its documents. A document of a kind
#: that no class knows, and a part that could not be read, may be anything.
_CLASS_IN = """
    (SELECT coalesce(kind.class_id, unclear.id)
       FROM freight_message_document d
       LEFT JOIN freight_retention_kind kind
         ON kind.direction = 'in' AND d.kind LIKE replace(kind.pattern, '*', '%%')
       LEFT JOIN freight_retention_class class ON class.id = kind.class_id
      WHERE d.message_id = m.id AND NOT (d.kind IS NULL AND d.status = 'ignored')
      ORDER BY coalesce(class.sequence, unclear.sequence) LIMIT 1)
"""
#: SQL: the class of a message ``m`` that was sent: the strictest that its type is in.
_CLASS_OUT = """
    (SELECT kind.class_id
       FROM freight_retention_kind kind
       JOIN freight_retention_class class ON class.id = kind.class_id
      WHERE kind.direction = 'out' AND m.event_type LIKE replace(kind.pattern, '*', '%%')
      ORDER BY class.sequence LIMIT 1)
"""
#: SQL: what could only be read again goes along.
_FORGOTTEN = """
    forgotten AS (
        DELETE FROM freight_unmapped_sighting s USING erased
         WHERE s.message_id = erased.message_id),
"""
#: SQL of the class of a message ``m``, by direction; it names the class ``unclear``, too.
_CLASSES = {"in": _CLASS_IN, "out": _CLASS_OUT}
#: SQL: what tells the class of a message ``m`` besides itself.
BESIDE = """
    JOIN freight_endpoint e ON e.id = m.endpoint_id
    CROSS JOIN (SELECT id, sequence FROM freight_retention_class WHERE code = 'unclear') unclear
"""


class FreightRetention(models.AbstractModel):
    """Erases payloads of messages when a policy in force says so, and no hold says otherwise."""

    _name = "freight.retention"
    _description = "Retention of Content"

    @api.model
    def _hold_still(self):
        """Let no batch of an erasure run until the current transaction ends."""
        self.env.cr.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])

    @api.model
    def _cron(self):
        """Sort what became old enough and erase what is due; come again where time was short."""
        deadline = time.monotonic() + _patience()
        if not (self._sort(deadline) and self._erase_due(deadline)):
            self.env.ref("freight_tms_connector.cron_retention")._trigger()

    # Sorting --------------------------------------------------------------------------------------

    @api.model
    def _sort(self, deadline=None):
        """Write down the class of payloads that the shortest period may concern.

        :param deadline: as ``time.monotonic()`` counts; None: until the end
        :return: whether all are sorted
        """
        horizon = self._horizon()
        if horizon is None:
            return True
        return all([self._sort_direction(one, horizon, deadline) for one in SOURCES])

    @api.model
    def _horizon(self):
        """Return before which moment something came that a policy may concern, None for none.

        Proposed policies count, since people look at what would go by them.
        """
        policies = self.env["freight.retention.policy"].sudo()
        policies = policies.search([("state", "!=", "ended")])
        now = fields.Datetime.now()
        return max((policy._cutoff(now) for policy in policies), default=None)

    @api.model
    def _sort_direction(self, direction, horizon, deadline):
        after = 0
        while after is not None:
            if deadline and time.monotonic() > deadline:
                return False
            with db.read_committed(self.pool) as cr:
                after = self._sort_batch(cr, direction, horizon, after)
        return True

    @api.model
    def _sort_batch(self, cr, direction, horizon, after):
        """Sort the payloads after id ``after``; return the last id, None behind the old ones.

        What waits is passed over: it may become something else. A page on which everything is
        younger than ``horizon`` ends the search.
        """
        source = SOURCES[direction]
        cr.execute(
            f"""
            WITH page AS MATERIALIZED (
                SELECT id, message_id FROM freight_message_payload
                 WHERE direction = %(direction)s AND retention_class_id IS NULL AND id > %(after)s
                 ORDER BY id LIMIT %(limit)s),
            old AS MATERIALIZED (
                SELECT page.id, m.company_id, m.{source.moment} AS since,
                       {class_of(direction)} AS class_id,
                       m.endpoint_id, m.state = ANY(%(settled)s) AS is_settled
                  FROM page JOIN {source.table} m ON m.id = page.message_id {BESIDE}
                 WHERE m.{source.moment} < %(horizon)s),
            sorted AS (
                UPDATE freight_message_payload p
                   SET retention_class_id = old.class_id, company_id = old.company_id,
                       endpoint_id = old.endpoint_id, since = old.since
                  FROM old WHERE p.id = old.id AND old.is_settled)
            SELECT (SELECT max(id) FROM page) WHERE EXISTS (SELECT FROM old)
            """,
            {
                "direction": direction,
                "after": after,
                "limit": BATCH,
                "horizon": horizon,
                "settled": list(source.settled),
            },
        )
        row = cr.fetchone()
        return row and row[0]

    # Erasing --------------------------------------------------------------------------------------

    @api.model
    def _due(self, proposed=None):
        """Return [(class, company, policy, cutoff)] of what policies make due now.

        What cannot be told is due when everything else of its company would be, and only where
        every class has a policy.

        :param proposed: None for the policies in force; for a preview a policy to look at as if it
            were in force, or an empty record set to look at all that are proposed as if they were
        """
        now = fields.Datetime.now()
        classes = self.env["freight.retention.class"].sudo().search([("code", "!=", False)])
        unclear = classes._unclear()
        due = []
        for company in self.env["res.company"].sudo().search([("active", "in", (True, False))]):
            found = {one: one._policy_of(company, proposed) for one in classes - unclear}
            mine = [
                (one, company, policy, policy._cutoff(now))
                for one, policy in found.items()
                if policy
            ]
            if mine and len(mine) == len(found):
                _class, _company, policy, cutoff = min(mine, key=lambda row: row[3])
                mine.append((unclear, company, policy, cutoff))
            due += mine
        return due

    @api.model
    def _erase_due(self, deadline=None):
        """Erase what is due; return whether all of it is erased."""
        for one, company, policy, cutoff in self._due():
            run = {
                "class_id": one.id,
                "policy_id": policy.id,
                "company_id": company.id,
                "cutoff": cutoff,
                "user_id": self.env.uid,
                "approver_id": policy.approver_id.id,
            }
            if not self._erase_class(run, deadline):
                return False
        return True

    @api.model
    def _erase_class(self, run, deadline):
        """Erase what is due of a class in a company.

        :param run: values of the ``freight.retention.run``, which is made with the first batch
        :return: whether all of it is erased
        """
        run_id = None
        for direction in SOURCES:
            after = (datetime.min, 0)
            while after:
                if deadline and time.monotonic() > deadline:
                    return False
                with db.read_committed(self.pool) as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    run_id, after = env[self._name]._erase_batch(run, run_id, direction, after)
        return True

    @api.model
    def _erase_batch(self, run, run_id, direction, after):
        """Erase one batch behind ``after`` (moment, payload id) in the current transaction.

        :return: (id of the run, the place reached or None at the end)
        """
        cr = self.env.cr
        cr.execute("SELECT pg_advisory_xact_lock_shared(hashtext(%s))", [LOCK])
        if not self._still_in_force(run):
            return run_id, None
        cr.execute(
            """
            SELECT id, message_id, since FROM freight_message_payload
             WHERE retention_class_id = %s AND company_id = %s AND direction = %s
               AND since < %s AND (since, id) > (%s, %s)
             ORDER BY since, id LIMIT %s
            """,
            [run["class_id"], run["company_id"], direction, run["cutoff"], *after, BATCH],
        )
        rows = cr.fetchall()
        if not rows:
            return run_id, None
        run_id = self._erase_messages(direction, [row[1] for row in rows], run, run_id)
        return run_id, (rows[-1][2], rows[-1][0]) if len(rows) == BATCH else None

    @api.model
    def _still_in_force(self, run):
        """Return whether the policy of a run was not ended since it began."""
        self.env.cr.execute(
            "SELECT FROM freight_retention_policy WHERE id = %s AND state = 'active'",
            [run["policy_id"]],
        )
        return bool(self.env.cr.rowcount)

    @api.model
    def _erase_messages(self, direction, ids, run, run_id=None):
        """Erase the payloads of messages that nobody waits for and no hold covers.

        That they are neither waited for nor held, and still of the class of the run, is asked of
        the locked rows in the statement that deletes: what was sorted when other kinds were in a
        class is sorted anew. The caller holds the lock, see ``LOCK``, and reads committed.

        :param run: values of the ``freight.retention.run``, made where something is erased
        :return: id of the run, None where there is none
        """
        cr, source = self.env.cr, SOURCES[direction]
        covers = self.env["freight.legal.hold"]._covers("m", f"m.{source.moment}", source.shipments)
        run_id = run_id or self.env["freight.retention.run"].create(run).id
        self.env.flush_all()
        cr.execute(
            f"""
            WITH free AS MATERIALIZED (
                SELECT m.id, {class_of(direction)} AS class_id
                  FROM {source.table} m {BESIDE}
                 WHERE m.id = ANY(%(ids)s) AND m.state = ANY(%(settled)s)
                   AND NOT EXISTS (SELECT FROM freight_legal_hold h WHERE {covers})
                 ORDER BY m.id FOR UPDATE OF m SKIP LOCKED),
            resorted AS (
                UPDATE freight_message_payload p SET retention_class_id = NULL FROM free
                 WHERE p.direction = %(direction)s AND p.message_id = free.id
                   AND free.class_id <> %(class_id)s),
            erased AS (
                DELETE FROM freight_message_payload p USING free
                 WHERE p.direction = %(direction)s AND p.message_id = free.id
                   AND free.class_id = %(class_id)s
                RETURNING p.message_id, octet_length(p.sealed) AS size),
            {_FORGOTTEN if direction == "in" else ""}
            marked AS (
                UPDATE {source.table} m SET erasure_id = %(run)s
                  FROM erased WHERE m.id = erased.message_id)
            SELECT count(*), coalesce(sum(size), 0) FROM erased
            """,
            {
                "ids": ids,
                "settled": list(source.settled),
                "direction": direction,
                "class_id": run["class_id"],
                "run": run_id,
            },
        )
        count, size = cr.fetchone()
        runs = self.env["freight.retention.run"].browse(run_id)
        if count:
            runs._count(cr, messages=count, size=size)
        self.env.invalidate_all()
        if not runs.message_count and not runs.document_count:
            runs.unlink()
            return None
        return run_id


def class_of(direction):
    """Return SQL of the class of a message ``m``, beside which ``BESIDE`` is joined."""
    return f"coalesce(nullif({_CLASSES[direction]}, unclear.id), e.retention_class_id, unclear.id)"


def _patience():
    """Return for how many seconds a job goes on: well below a cron's time limit."""
    limits = (config["limit_time_real_cron"], config["limit_time_real"])
    return next((limit for limit in limits if limit and limit > 0), 120) / 3
