import logging
import uuid
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.tools import config
from psycopg2 import OperationalError

from .. import db

_logger = logging.getLogger(__name__)

CONCURRENCY_RETRIES = 3

#: Times that a worker may die with a row before nobody touches that row again.
MAX_LOSSES = 3

#: What is written on a row whose claim is over.
UNCLAIMED = {"lease_until": False, "claim_token": False}

#: When a row falls due, as an expression that an index can hold.
DUE = "coalesce(q.next_attempt, '-infinity'::timestamp)"
#: Rows that wait for work and are with nobody; orphans are with a worker whose lease ran out.
_FREE = f"q.claim_token IS NULL AND {DUE} <= %(now)s"
_ORPHANED = "q.claim_token IS NOT NULL AND q.lease_until < %(now)s"


class LostTooOftenError(Exception):
    """Workers died with a row again and again: it may well be what killed them."""


class FreightQueue(models.AbstractModel):
    """Claim, work, record: rows that lanes work off, in batches, each exactly once.

    A claim is a short READ COMMITTED transaction that writes a token and a lease. The effect and
    the record of it are one later transaction that checks the token. A batch that fails is
    halved until the row that fails stands alone; only that row is put off or given up.

    A row whose lease ran out was with a worker that died. It is taken up alone, so that one that
    kills its worker takes no other along, and given up after :data:`MAX_LOSSES`.
    """

    _name = "freight.queue"
    _description = "Queue of Freight Work"

    #: name of the lanes that work this queue off
    _queue_lane = None
    #: rows taken by one claim
    _queue_batch = 200
    #: rows worked off in one transaction; None: all that were claimed together
    _queue_unit = None
    #: seconds that a lane waits before its first claim, so that what comes in a row is one batch;
    #: see also ``_wake_after_commit``
    _queue_pause = 0.0
    #: column by whose values claims are shared out, so that one that storms starves no other
    _queue_source = None

    claim_token = fields.Char(copy=False, readonly=True)
    lease_until = fields.Datetime(copy=False, readonly=True)
    attempts = fields.Integer(copy=False, readonly=True, default=0)
    next_attempt = fields.Datetime(copy=False, readonly=True)
    losses = fields.Integer(
        copy=False, readonly=True, default=0, help="Times that a worker died with it."
    )

    @api.model
    def _queue_claimable(self):
        """Return SQL for the rows (alias ``q``) that wait for work, time and lease aside."""
        raise NotImplementedError

    @api.model
    def _queue_order(self):
        """Return SQL that orders claims; of a shared queue, those of each source."""
        return "q.id"

    def _queue_work(self):
        """Do the work of these rows and record it, in the current transaction; raise to fail."""
        raise NotImplementedError

    def _queue_failed(self, error):
        """Record that this single row failed with ``error``, in a transaction of its own."""
        raise NotImplementedError

    def _queue_give_up(self, error):
        """Record that this single row is left alone from now on, until a person acts."""
        raise NotImplementedError

    @api.model
    def _queue_lease(self):
        """Return how long a claim holds: longer than any cron may run."""
        return timedelta(
            seconds=max(config["limit_time_real_cron"], config["limit_time_real"]) + 60
        )

    @api.model
    def _queue_claim(self, limit=None, orphans=False):
        """Claim rows that are due, or those of workers that died, and return (token, ids).

        What is due is chosen once, before anything is claimed: in a sub-select the planner may
        choose anew for each row, and claim more than the limit.
        """
        token, now = uuid.uuid4().hex, fields.Datetime.now()
        self.flush_model()
        shared = self._queue_source and not orphans
        due = self._queue_due_shared() if shared else self._queue_due(orphans)
        with db.read_committed(self.pool) as cr:
            cr.execute(
                f"""
                WITH RECURSIVE {due}
                UPDATE {self._table} claimed
                   SET claim_token = %(token)s, lease_until = %(lease)s,
                       losses = coalesce(losses, 0) + (claim_token IS NOT NULL)::int
                  FROM due WHERE claimed.id = due.id
                RETURNING claimed.id
                """,
                {
                    "now": now,
                    "limit": limit or self._queue_batch,
                    "token": token,
                    "lease": now + self._queue_lease(),
                },
            )
            return token, sorted(row[0] for row in cr.fetchall())

    @api.model
    def _queue_due(self, orphans):
        """Return SQL of a table ``due``: the ids of the rows to claim, locked."""
        return f"""
            due AS MATERIALIZED (
                SELECT q.id FROM {self._table} q
                 WHERE {self._queue_claimable()} AND {_ORPHANED if orphans else _FREE}
                 ORDER BY {self._queue_order()}
                 LIMIT %(limit)s
                   FOR UPDATE OF q SKIP LOCKED)
        """

    @api.model
    def _queue_due_shared(self):
        """Return SQL of a table ``due`` to which each source brings its share.

        Each offers up to twice its share, so that what one does not need goes to the others; the
        offers are taken in turn. Rows that are offered and not taken are locked for the moment
        only.
        """
        source = self._queue_source
        free = f"{self._queue_claimable()} AND {_FREE}"
        return f"""
            {self._queue_sources(free)},
            due AS MATERIALIZED (
                SELECT offered.id
                  FROM sources
                 CROSS JOIN LATERAL (
                       SELECT mine.id, row_number() OVER () AS turn
                         FROM (SELECT q.id FROM {self._table} q
                                WHERE q.{source} = sources.source AND {free}
                                ORDER BY {self._queue_order()}
                                LIMIT least(sources.room,
                                            (SELECT 2 * %(limit)s / greatest(count(*), 2) + 1
                                               FROM sources))
                                  FOR UPDATE OF q SKIP LOCKED) mine) offered
                 ORDER BY offered.turn, offered.id
                 LIMIT %(limit)s)
        """

    @api.model
    def _queue_sources(self, free):
        """Return SQL of a table ``sources``: each ``source`` with rows that are ``free`` (SQL).

        They are found by hopping through an index from one to the next. ``room`` is how many rows
        each may offer at most.
        """
        source, waiting = self._queue_source, self._queue_claimable()
        return f"""
            hop (source) AS (
                (SELECT q.{source} FROM {self._table} q WHERE {waiting}
                  ORDER BY q.{source} LIMIT 1)
                UNION ALL
                SELECT (SELECT q.{source} FROM {self._table} q
                         WHERE {waiting} AND q.{source} > hop.source
                         ORDER BY q.{source} LIMIT 1)
                  FROM hop WHERE hop.source IS NOT NULL),
            sources AS MATERIALIZED (
                SELECT hop.source, %(limit)s AS room FROM hop
                 WHERE EXISTS (SELECT 1 FROM {self._table} q
                                WHERE q.{source} = hop.source AND {free}))
        """

    @api.model
    def _queue_step(self):
        """Claim one batch and work it off. Return how many rows were claimed."""
        token, ids = self._queue_claim()
        for unit in self._queue_units(ids):
            self._queue_perform(token, unit)
        return len(ids)

    @api.model
    def _queue_rescue(self):
        """Take up one row of a worker that died, alone. Return how many there were, 0 or 1."""
        token, ids = self._queue_claim(1, orphans=True)
        if ids and not self._queue_transact(token, ids, lambda held: held._queue_lost_too_often()):
            self._queue_perform(token, ids)
        return len(ids)

    def _queue_lost_too_often(self):
        """Give this row up where it was lost too often. Return whether it was."""
        lost = self.losses >= MAX_LOSSES
        if lost:
            self._queue_give_up(
                LostTooOftenError(_("%s workers died while they were at this.", self.losses))
            )
        return lost

    @api.model
    def _queue_units(self, ids):
        """Return the lists of ``ids`` that are worked off in one transaction each."""
        unit = self._queue_unit or max(len(ids), 1)
        return [ids[start : start + unit] for start in range(0, len(ids), unit)]

    @api.model
    def _queue_perform(self, token, ids):
        """Work ``ids`` off in one transaction; on failure halve them until the culprit is alone."""
        try:
            self._queue_attempt(token, ids)
        except Exception as error:
            if len(ids) > 1:
                half = len(ids) // 2
                self._queue_perform(token, ids[:half])
                self._queue_perform(token, ids[half:])
                return
            _logger.info("%s %s failed", self._name, ids[0], exc_info=True)
            with db.transaction(self.pool) as env:
                row = env[self._name]._queue_held(token, ids)
                if row:
                    row._queue_failed(error)

    @api.model
    def _queue_attempt(self, token, ids):
        """Do and record the work of ``ids``, all or nothing; raise to fail."""
        self._queue_transact(token, ids, lambda held: held._queue_work())

    @api.model
    def _queue_transact(self, token, ids, work):
        """Call ``work`` with the rows that ``token`` still holds, in a transaction of its own.

        Where another transaction interfered it is tried again. Without a row left nothing happens.

        :return: what ``work`` returns
        """
        for left in reversed(range(CONCURRENCY_RETRIES)):
            try:
                with db.transaction(self.pool) as env:
                    held = env[self._name]._queue_held(token, ids)
                    return work(held) if held else None
            except OperationalError as error:
                if not db.is_conflict(error) or not left:
                    raise

    @api.model
    def _queue_held(self, token, ids):
        """Return those of ``ids`` that the claim ``token`` still holds, locked."""
        self.env.cr.execute(
            f"SELECT id FROM {self._table} WHERE id IN %s AND claim_token = %s"
            " ORDER BY id FOR UPDATE",
            [tuple(ids), token],
        )
        return self.browse([row[0] for row in self.env.cr.fetchall()])

    @api.model
    def _queue_next_due(self):
        """Return when the next row that is put off falls due, or None."""
        self.env.cr.execute(
            f"SELECT min(coalesce(q.lease_until, q.next_attempt)) FROM {self._table} q"
            f" WHERE {self._queue_claimable()}"
        )
        return self.env.cr.fetchone()[0]
