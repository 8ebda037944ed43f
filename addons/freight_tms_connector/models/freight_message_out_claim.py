"""Which messages of the outbox a lane takes: in sequence, of whom it can reach, of all in turn."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.freight_canonical import db

#: Deliveries to one endpoint that are under way at once, all lanes together: a slow partner holds
#: up no other, and none is stormed.
AT_ONCE = 8

#: SQL: nothing of the same key comes before. A dead letter does, where the endpoint says so.
_HEAD = """
    NOT EXISTS (
        SELECT 1 FROM freight_message_out earlier
         WHERE earlier.endpoint_id = q.endpoint_id
           AND earlier.partition_key = q.partition_key
           AND earlier.id < q.id
           AND (earlier.state IN ('queued', 'retry')
                OR earlier.state = 'dead' AND 'block' = (
                   SELECT policy.on_dead_letter FROM freight_endpoint policy
                    WHERE policy.id = q.endpoint_id)))
"""
_GOING = """
    NOT EXISTS (
        SELECT 1 FROM freight_breaker b WHERE b.endpoint_id = e.id AND b.state <> 'closed')
"""
#: SQL: it could be the one by which a breaker tries, whatever its own schedule says.
_MAY_TRY = f"""
    q.state IN ('queued', 'retry') AND (q.claim_token IS NULL OR q.lease_until < %(now)s)
    AND {_HEAD}
"""


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"
    _queue_source = "endpoint_id"
    _queue_batch = 16  # they go at once, so that a claim takes one time-out and not sixteen
    _queue_unit = None

    last_attempt = fields.Datetime(string="Last try", readonly=True)

    def init(self):
        """Make the indexes of the claim: what is ready by endpoint, and what is under way."""
        result = super().init()
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_message_out_ready
                ON freight_message_out (endpoint_id, id) WHERE state IN ('queued', 'retry');
            CREATE INDEX IF NOT EXISTS freight_message_out_under_way
                ON freight_message_out (endpoint_id) WHERE claim_token IS NOT NULL
            """
        )
        return result

    @api.model
    def _queue_claimable(self):
        """Heads of their sequence, of endpoints that we send to and whose breaker is closed."""
        sending = self.env["freight.endpoint"]._sending_sql()
        return f"""
            q.state IN ('queued', 'retry')
            AND q.endpoint_id IN (
                SELECT e.id FROM freight_endpoint e WHERE {sending} AND {_GOING})
            AND {_HEAD}
        """

    @api.model
    def _queue_sources(self, free):
        """Each endpoint with messages to take, and how many more may be under way to it.

        There are few endpoints and maybe many messages: one that is held up costs one look here.
        """
        sending = self.env["freight.endpoint"]._sending_sql()
        return f"""
            sources AS MATERIALIZED (
                SELECT e.id AS source, greatest(0, {AT_ONCE} - (
                       SELECT count(*) FROM freight_message_out r
                        WHERE r.endpoint_id = e.id AND r.claim_token IS NOT NULL
                          AND r.lease_until >= %(now)s)) AS room
                  FROM freight_endpoint e
                 WHERE {sending} AND {_GOING}
                   AND EXISTS (SELECT 1 FROM freight_message_out q
                                WHERE q.endpoint_id = e.id AND {free}))
        """

    @api.model
    def _queue_step(self):
        """Claim what is due, and one message for each breaker that may try again."""
        token, ids = self._queue_claim()
        probes = self._queue_claim_probes(token)
        if ids or probes:
            self._queue_perform(token, [*ids, *probes])
        if probes:
            self.env["freight.breaker"]._abandon(token)
        return len(ids) + len(probes)

    @api.model
    def _queue_claim_probes(self, token):
        """Claim one message of each endpoint whose breaker may try again, and return their ids.

        Of all workers one gets it: the breaker's row is locked and says so before anybody sends.
        Which message tries changes from one probe to the next, so that one that the partner
        chokes on does not hold up all others.
        """
        now = fields.Datetime.now()
        with db.read_committed(self.pool) as cr:
            cr.execute(
                f"""
                WITH due AS MATERIALIZED (
                    SELECT b.id, b.endpoint_id
                      FROM freight_breaker b JOIN freight_endpoint e ON e.id = b.endpoint_id
                     WHERE b.state <> 'closed' AND b.until <= %(now)s
                       AND {self.env["freight.endpoint"]._sending_sql()}
                     ORDER BY b.until LIMIT %(limit)s FOR UPDATE OF b SKIP LOCKED),
                tries AS MATERIALIZED (
                    SELECT due.id, mine.id AS message_id
                      FROM due CROSS JOIN LATERAL (
                           SELECT q.id FROM freight_message_out q
                            WHERE q.endpoint_id = due.endpoint_id AND {_MAY_TRY}
                            ORDER BY q.last_attempt NULLS FIRST, q.id
                            LIMIT 1 FOR UPDATE OF q SKIP LOCKED) mine),
                claimed AS (
                    UPDATE freight_message_out m
                       SET claim_token = %(token)s, lease_until = %(lease)s,
                           losses = coalesce(losses, 0) + (claim_token IS NOT NULL)::int
                      FROM tries WHERE m.id = tries.message_id)
                UPDATE freight_breaker b
                   SET state = 'probing', probe = %(token)s, until = %(lease)s
                  FROM tries WHERE b.id = tries.id
                RETURNING tries.message_id
                """,
                {
                    "now": now,
                    "lease": now + self._queue_lease(),
                    "limit": self._queue_batch,
                    "token": token,
                },
            )
            return sorted(row[0] for row in cr.fetchall())

    @api.model
    def _queue_next_due(self):
        """Return when the next message that was put off, or the next probe, falls due, or None.

        Never at once: what is due and was not taken waits for another lane to make room.
        """
        now = fields.Datetime.now()
        self.env.cr.execute(
            f"""
            SELECT least(
                (SELECT min(coalesce(q.lease_until, q.next_attempt)) FROM freight_message_out q
                  WHERE coalesce(q.lease_until, q.next_attempt) IS NOT NULL
                    AND {self._queue_claimable()}),
                (SELECT min(b.until)
                   FROM freight_breaker b JOIN freight_endpoint e ON e.id = b.endpoint_id
                  WHERE b.state <> 'closed' AND {self.env["freight.endpoint"]._sending_sql()}
                    AND EXISTS (
                        SELECT 1 FROM freight_message_out q
                         WHERE q.endpoint_id = b.endpoint_id AND {_MAY_TRY})))
            """,
            {"now": now},
        )
        due = self.env.cr.fetchone()[0]
        return due and max(due, now + timedelta(seconds=1))
