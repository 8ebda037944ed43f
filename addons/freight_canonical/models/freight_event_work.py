import logging
from datetime import timedelta

from odoo import _, api, fields, models

from .freight_queue import UNCLAIMED

_logger = logging.getLogger(__name__)

#: Seconds before the next attempt; after the last one the row is dead and waits for a person.
SCHEDULE = (5, 60, 600, 3600, 6 * 3600)


class FreightEventWork(models.Model):
    """One row for each event and interested consumer, deleted in the transaction of its effect."""

    _name = "freight.event.work"
    _description = "Freight Event Work"
    _inherit = "freight.queue"
    _order = "id"
    _rec_name = "event_id"
    _log_access = False
    _queue_lane = "consumers"
    _queue_batch = 500

    event_id = fields.Many2one("freight.event", required=True, ondelete="restrict")
    consumer_id = fields.Many2one("freight.consumer", required=True, ondelete="cascade", index=True)
    shipment_id = fields.Many2one("freight.shipment", required=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", index=True)
    dead = fields.Boolean(readonly=True, default=False)
    error = fields.Text(readonly=True)

    _sql_constraints = [
        ("once", "unique(event_id, consumer_id)", "This consumer has this event on its list."),
    ]

    def init(self):
        """Make the index that the ORM cannot declare."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_event_work_claimable
                ON freight_event_work (id) WHERE dead IS NOT TRUE
            """
        )

    @api.model
    def _queue_claimable(self):
        return "q.dead IS NOT TRUE"

    def _queue_work(self):
        """Hand the events to their consumers, each in a savepoint of its own."""
        for consumer in self.consumer_id:
            mine = self.filtered(lambda work, consumer=consumer: work.consumer_id == consumer)
            consumer._consume(mine.event_id)
        self.unlink()

    def _queue_failed(self, error):
        """Put the row off, or give it up and open a case."""
        self.ensure_one()
        attempt = self.attempts
        dead = attempt >= len(SCHEDULE)
        self.write(
            {
                "attempts": attempt + 1,
                "error": f"{type(error).__name__}: {error}",
                "dead": dead,
                "next_attempt": False
                if dead
                else fields.Datetime.now() + timedelta(seconds=SCHEDULE[attempt]),
                **UNCLAIMED,
            }
        )
        if dead:
            self.env["freight.exception"]._raise_case(
                "consumer_failed",
                f"{self.consumer_id.code}:{self.event_id.id}",
                _(
                    "Consumer %(consumer)s gave up on event %(event)s: %(error)s",
                    consumer=self.consumer_id.name,
                    event=self.event_id.id,
                    error=error,
                ),
                shipment=self.shipment_id,
                company=self.company_id,
                severity="critical",
            )

    def action_retry(self):
        """Put dead or waiting rows back at the head of the queue."""
        self.write({"dead": False, "attempts": 0, "next_attempt": False, **UNCLAIMED})
        self.env["freight.queue.lane"]._wake_after_commit("consumers")
