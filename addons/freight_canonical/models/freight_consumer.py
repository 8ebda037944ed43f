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

    def _interests(self):
        """Return (event type id, consumer id) for whatever these consumers want."""
        types = self.env["freight.event.type"]._wanted_as()
        return [
            (type_id, consumer.id)
            for consumer in self.sudo().with_context(active_test=False)
            for type_id, (kind, names) in types.items()
            if consumer._wants(kind, names)
        ]

    def _wants(self, kind, names):
        """Return whether an event of ``kind`` that goes by the type ids ``names`` is wanted."""
        wanted = set(self.event_type_ids.ids)
        return bool(wanted & names) if wanted else kind != "ping"

    @api.model
    def _fan_out(self, event_ids):
        """Put ``event_ids`` on the list of each interested consumer, by one statement."""
        consumers = self.sudo().with_context(active_test=False).search([("active", "=", True)])
        consumers._enlist(event_ids)

    def _enlist(self, event_ids):
        """Put those of ``event_ids`` that these consumers want on their lists.

        Who wants what is worked out before: joined in SQL, the small tables that nobody ever
        analyses make the planner expect so much work that it compiles the statement first.
        """
        interests = self._interests()
        if not event_ids or not interests:
            return
        self.env["freight.event.work"].flush_model()
        self.env.cr.execute(
            """
            INSERT INTO freight_event_work (event_id, consumer_id, shipment_id, company_id,
                                            attempts, dead)
            SELECT e.id, interest.consumer_id, e.shipment_id, e.company_id, 0, false
              FROM freight_event e
              JOIN unnest(%s, %s) AS interest(type_id, consumer_id) USING (type_id)
             WHERE e.id = ANY(%s)
            ON CONFLICT (event_id, consumer_id) DO NOTHING
            """,
            [*map(list, zip(*interests, strict=True)), list(event_ids)],
        )
        self.env["freight.event.work"].invalidate_model()
        self.env["freight.queue.lane"]._wake_after_commit("consumers")

    def _replay_from(self, moment):
        """Put all events that occurred since ``moment`` (UTC) on these consumers' lists again."""
        events = self.env["freight.event"].search([("occurred", ">=", moment)])
        self._enlist(events.ids)
