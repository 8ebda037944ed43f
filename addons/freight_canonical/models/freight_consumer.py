from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class FreightConsumer(models.Model):
    """A named reader of the event ledger."""

    _name = "freight.consumer"
    _description = "Event Consumer"
    _order = "code"

    code = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, translate=True)
    model_name = fields.Char(string="Model", required=True, readonly=True)
    method = fields.Char(required=True, readonly=True)
    event_type_ids = fields.Many2many(
        "freight.event.type", string="Event types", help="Empty: all but pings."
    )
    active = fields.Boolean(default=True)
    waiting_count = fields.Integer(compute="_compute_counts")
    dead_count = fields.Integer(compute="_compute_counts")
    oldest_waiting = fields.Datetime(compute="_compute_counts")

    _sql_constraints = [("code_unique", "unique(code)", "This consumer exists already.")]

    @api.constrains("model_name", "method")
    def _check_method(self):
        for consumer in self:
            model = self.env.registry.get(consumer.model_name)
            if model is None or not consumer.method.startswith("_consume"):
                raise ValidationError(
                    _(
                        "Consumer %(code)s needs a model that exists and a method whose name "
                        "begins with _consume.",
                        code=consumer.code,
                    )
                )

    def _compute_counts(self):
        self.env["freight.event.work"].flush_model()
        self.env.cr.execute(
            """
            SELECT w.consumer_id, count(*) FILTER (WHERE w.dead IS NOT TRUE),
                   count(*) FILTER (WHERE w.dead), min(e.recorded)
              FROM freight_event_work w JOIN freight_event e ON e.id = w.event_id
             WHERE w.consumer_id = ANY(%s) GROUP BY w.consumer_id
            """,
            [self.ids],
        )
        counts = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for consumer in self:
            waiting, dead, oldest = counts.get(consumer.id, (0, 0, False))
            consumer.waiting_count = waiting
            consumer.dead_count = dead
            consumer.oldest_waiting = oldest

    def _consume(self, events):
        """Let this consumer act on ``events``; what it raises undoes its own effect only."""
        self.ensure_one()
        with self.env.cr.savepoint():
            getattr(self.env[self.model_name], self.method)(events)

    @api.model
    def _fan_out(self, event_ids):
        """Put ``event_ids`` on the list of each interested consumer, by one statement."""
        if not event_ids:
            return
        self.env["freight.event.work"].flush_model()
        self.env.cr.execute(
            """
            INSERT INTO freight_event_work (event_id, consumer_id, shipment_id, company_id,
                                            attempts, dead)
            SELECT e.id, c.id, e.shipment_id, e.company_id, 0, false
              FROM freight_event e
              JOIN freight_event_type t ON t.id = e.type_id
              JOIN freight_consumer c ON c.active
             WHERE e.id = ANY(%s)
               AND (EXISTS (SELECT 1 FROM freight_consumer_freight_event_type_rel r
                             WHERE r.freight_consumer_id = c.id
                               AND r.freight_event_type_id = t.id)
                    OR (t.kind <> 'ping'
                        AND NOT EXISTS (SELECT 1 FROM freight_consumer_freight_event_type_rel r
                                         WHERE r.freight_consumer_id = c.id)))
            ON CONFLICT (event_id, consumer_id) DO NOTHING
            """,
            [list(event_ids)],
        )
        self.env["freight.event.work"].invalidate_model()
        self.env["freight.queue.lane"]._wake_after_commit("consumers")

    def _replay_from(self, moment):
        """Put all events that occurred since ``moment`` (UTC) on these consumers' lists again."""
        events = self.env["freight.event"].search([("occurred", ">=", moment)])
        self._fan_out(events.ids)
