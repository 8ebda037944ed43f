import logging
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import config
from psycopg2 import OperationalError

from .. import db

_logger = logging.getLogger(__name__)

CONCURRENCY_RETRIES = 3

#: What is written on a row whose claim is over.
UNCLAIMED = {"lease_until": False, "claim_token": False}


class FreightQueue(models.AbstractModel):
    """Claim, work, record: rows that lanes work off, in batches, each exactly once.

    A claim is a short READ COMMITTED transaction that writes a token and a lease. The effect and
    the record of it are one later transaction that checks the token. A batch that fails is
    halved until the row that fails stands alone; only that row is put off or given up.
    """

    _name = "freight.queue"
    _description = "Queue of Freight Work"

    #: name of the lanes that work this queue off
    _queue_lane = None
    #: rows taken by one claim
    _queue_batch = 200
    #: rows worked off in one transaction; None: all that were claimed together
    _queue_unit = None

    claim_token = fields.Char(copy=False, readonly=True)
    lease_until = fields.Datetime(copy=False, readonly=True)
    attempts = fields.Integer(copy=False, readonly=True, default=0)
    next_attempt = fields.Datetime(copy=False, readonly=True)

    @api.model
    def _queue_claimable(self):
        """Return SQL for the rows (alias ``q``) that wait for work, time and lease aside."""
        raise NotImplementedError

    @api.model
    def _queue_order(self):
        """Return SQL that orders claims."""
        return "q.id"

    def _queue_work(self):
        """Do the work of these rows and record it, in the current transaction; raise to fail."""
        raise NotImplementedError

    def _queue_failed(self, error):
        """Record that this single row failed with ``error``, in a transaction of its own."""
        raise NotImplementedError

    @api.model
    def _queue_lease(self):
        """Return how long a claim holds: longer than any cron may run."""
        return timedelta(
            seconds=max(config["limit_time_real_cron"], config["limit_time_real"]) + 60
        )

    @api.model
    def _queue_claim(self, limit=None):
        """Claim rows and return (token, ids).

        A row whose lease ran out was with a worker that died: that counts as an attempt.

        What is due is chosen once, before anything is claimed: in a sub-select the planner may
        choose anew for each row, and claim more than the limit.
        """
        token = uuid.uuid4().hex
        self.flush_model()
        with db.read_committed(self.pool) as cr:
            cr.execute(
                f"""
                WITH due AS MATERIALIZED (
                    SELECT q.id FROM {self._table} q
                     WHERE {self._queue_claimable()}
                       AND (q.next_attempt IS NULL OR q.next_attempt <= %s)
                       AND (q.lease_until IS NULL OR q.lease_until < %s)
                     ORDER BY {self._queue_order()}
                     LIMIT %s
                       FOR UPDATE OF q SKIP LOCKED)
                UPDATE {self._table} claimed
                   SET claim_token = %s, lease_until = %s,
                       attempts = attempts + (claim_token IS NOT NULL)::int
                  FROM due WHERE claimed.id = due.id
                RETURNING claimed.id
                """,
                [
                    fields.Datetime.now(),
                    fields.Datetime.now(),
                    limit or self._queue_batch,
                    token,
                    fields.Datetime.now() + self._queue_lease(),
                ],
            )
            return token, sorted(row[0] for row in cr.fetchall())

    @api.model
    def _queue_step(self):
        """Claim one batch and work it off. Return how many rows were claimed."""
        token, ids = self._queue_claim()
        for unit in self._queue_units(ids):
            self._queue_perform(token, unit)
        return len(ids)

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
            f"SELECT min(greatest(q.next_attempt, q.lease_until)) FROM {self._table} q"
            f" WHERE {self._queue_claimable()}"
        )
        return self.env.cr.fetchone()[0]
