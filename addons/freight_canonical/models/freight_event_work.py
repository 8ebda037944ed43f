import logging
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .. import db
from .freight_queue import UNCLAIMED

_logger = logging.getLogger(__name__)

#: Seconds before the next attempt; after the last one the row is dead and waits for a person.
SCHEDULE = (5, 60, 600, 3600, 6 * 3600)


class FreightEventWork(models.Model):
    """One row for each event and interested consumer, deleted in the transaction of its effect."""

    _name = "freight.event.work"
    _description = "Freight Event Work"
    _inherit = ["freight.queue", "freight.guarded"]
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
    failed_at = fields.Datetime(readonly=True)

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
    def _guarded(self):
        return super()._guarded() | {"event_id", "consumer_id", "shipment_id", "company_id"}

    @api.model
    def _queue_claimable(self):
        return (
            "q.dead IS NOT TRUE AND q.consumer_id NOT IN"
            " (SELECT id FROM freight_consumer WHERE paused)"
        )

    @api.model
    def _queue_units(self, ids):
        """Give each consumer a transaction of its own: none does its work again for another."""
        with db.read_committed(self.pool) as cr:
            cr.execute(
                "SELECT array_agg(id ORDER BY id) FROM freight_event_work WHERE id = ANY(%s)"
                " GROUP BY consumer_id ORDER BY min(id)",
                [ids],
            )
            return [row[0] for row in cr.fetchall()]

    def _queue_work(self):
        """Hand the events to their consumers, each in a savepoint of its own."""
        for consumer in self.consumer_id:
            mine = self.filtered(lambda work, consumer=consumer: work.consumer_id == consumer)
            consumer._consume(mine.event_id)
        self.unlink()

    def _queue_failed(self, error):
        """Put the row off, or give it up and open a case."""
        self.ensure_one()
        if self.attempts >= len(SCHEDULE):
            self._queue_give_up(error)
            return
        delay = timedelta(seconds=SCHEDULE[self.attempts])
        self._note_failure(error, dead=False, next_attempt=fields.Datetime.now() + delay)

    def _queue_give_up(self, error):
        """Make the row a dead one and open a case."""
        self.ensure_one()
        self._note_failure(error, dead=True, next_attempt=False)
        self.env["freight.exception"]._raise_case(
            "consumer_failed",
            self._case_key(),
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

    def _note_failure(self, error, **values):
        self.write(
            {
                "attempts": self.attempts + 1,
                "error": f"{type(error).__name__}: {error}",
                "failed_at": fields.Datetime.now(),
                **values,
                **UNCLAIMED,
            }
        )

    def action_retry(self):
        """Put dead or waiting rows back at the head of the queue.

        :raise AccessError: for who may not decide on work
        """
        self._check_may_decide()
        self.filtered("dead")._note_decision("retry")
        self._close_cases(_("Tried again."))
        self.write({"dead": False, "attempts": 0, "losses": 0, "next_attempt": False, **UNCLAIMED})
        self.env["freight.queue.lane"]._wake_after_commit("consumers")

    def action_skip(self):
        """Ask why these rows are to be skipped."""
        self._check_may_decide()
        return {
            "type": "ir.actions.act_window",
            "name": _("Skip"),
            "res_model": "freight.event.work.skip",
            "view_mode": "form",
            "target": "new",
            "context": {"default_work_ids": self.ids},
        }

    def _skip(self, reason):
        """Take dead rows off the list without their effect; who, when and why stays known.

        :raise UserError: when a row may still succeed
        """
        self._check_may_decide()
        if not all(self.mapped("dead")):
            raise UserError(
                _("Only what a consumer gave up can be skipped: the rest is tried again by itself.")
            )
        self._note_decision("skip", reason)
        self._close_cases(_("Skipped: %s", reason))
        self.sudo().unlink()

    def _check_may_decide(self):
        self.check_access_rights("write")
        self.check_access_rule("write")

    def _note_decision(self, decision, reason=False):
        self.env["freight.event.work.decision"].sudo().create(
            [
                {
                    "event_id": work.event_id.id,
                    "consumer_id": work.consumer_id.id,
                    "shipment_id": work.shipment_id.id,
                    "company_id": work.company_id.id,
                    "decision": decision,
                    "reason": reason,
                    "error": work.error,
                    "user_id": self.env.uid,
                }
                for work in self
            ]
        )

    def _case_key(self):
        return f"{self.consumer_id.code}:{self.event_id.id}"

    def _close_cases(self, resolution):
        """Close the cases that asked a person about these rows."""
        dead = self.filtered("dead")
        keys = [work._case_key() for work in dead]
        self.env["freight.exception"].sudo()._close_cases("consumer_failed", keys, resolution)
