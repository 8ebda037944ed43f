from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

#: SQL for the type that an event (alias ``e``) means by now.
MEANT = (
    "coalesce((SELECT m.type_id FROM freight_event_reading m WHERE m.event_id = e.id), e.type_id)"
)


class FreightConsumer(models.Model):
    """A named reader of the event ledger."""

    _name = "freight.consumer"
    _description = "Event Consumer"
    _inherit = "freight.guarded"
    _order = "code"

    code = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, translate=True)
    model_name = fields.Char(string="Model", required=True, readonly=True)
    method = fields.Char(required=True, readonly=True)
    event_type_ids = fields.Many2many("freight.event.type", help="Empty: all but pings.")
    active = fields.Boolean(default=True, help="An archived consumer gets no events at all.")
    paused = fields.Boolean(
        readonly=True, help="It does nothing for now; what happens meanwhile waits for it."
    )
    work_ids = fields.One2many("freight.event.work", "consumer_id")

    _sql_constraints = [("code_unique", "unique(code)", "This consumer exists already.")]

    @api.model
    def _guarded(self):
        return super()._guarded() | {"code", "model_name", "method"}

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

    # Reading ------------------------------------------------------------------------------------

    def _consume(self, events):
        """Let this consumer act on ``events``; what it raises undoes its own effect only."""
        self.ensure_one()
        with self.env.cr.savepoint():
            getattr(self.env[self.model_name], self.method)(events)

    def _interests(self):
        """Return (event type id, consumer id) for whatever these consumers want."""
        every = self.sudo().with_context(active_test=False)
        return [(type_id, consumer.id) for consumer in every for type_id in consumer._wanted()]

    def _wanted(self):
        """Return the ids of the event types that this consumer wants, own ones included."""
        types = self.env["freight.event.type"]._wanted_as()
        named = set(self.event_type_ids.ids)
        if not named:
            return [type_id for type_id, (kind, _names) in types.items() if kind != "ping"]
        return [type_id for type_id, (_kind, names) in types.items() if names & named]

    @api.model
    def _fan_out(self, event_ids):
        """Put ``event_ids`` on the list of each interested consumer, by one statement."""
        consumers = self.sudo().with_context(active_test=False).search([("active", "=", True)])
        if event_ids:
            consumers._enlist("e.id = ANY(%s)", [list(event_ids)])

    def _enlist(self, condition, parameters):
        """Put the events of the ledger (alias ``e``) that these consumers want on their lists.

        Who wants what is worked out before: joined in SQL, the small tables that nobody ever
        analyses make the planner expect so much work that it compiles the statement first.

        :param str condition: SQL on ``e``
        :return: how many rows of work are new
        """
        interests = self._interests()
        if not interests:
            return 0
        self.env["freight.event.work"].flush_model()
        self.env.cr.execute(
            f"""
            INSERT INTO freight_event_work (event_id, consumer_id, shipment_id, company_id,
                                            attempts, dead)
            SELECT e.id, interest.consumer_id, e.shipment_id, e.company_id, 0, false
              FROM freight_event e
              JOIN unnest(%s, %s) AS interest(type_id, consumer_id)
                ON interest.type_id = {MEANT}
             WHERE {condition}
             ORDER BY e.id
            ON CONFLICT (event_id, consumer_id) DO NOTHING
            """,
            [*map(list, zip(*interests, strict=True)), *parameters],
        )
        added = self.env.cr.rowcount
        self.env["freight.event.work"].invalidate_model()
        self.env["freight.queue.lane"]._wake_after_commit("consumers")
        return added

    # Replay -------------------------------------------------------------------------------------

    def _replay_from(self, moment, companies=None):
        """Put all events that occurred since ``moment`` (UTC) on these consumers' lists again.

        What waits there already is not put there twice.

        :param companies: only events of these ``res.company``; all by default
        :return: how many rows of work are new
        """
        if companies is None:
            return self._enlist("e.occurred >= %s", [moment])
        return self._enlist("e.occurred >= %s AND e.company_id = ANY(%s)", [moment, companies.ids])

    def _replay_preview(self, moment, companies):
        """Return {event type id: events} of what :meth:`_replay_from` would read again."""
        wanted = {type_id for type_id, _consumer in self._interests()}
        self.env.cr.execute(
            f"SELECT {MEANT}, count(*) FROM freight_event e"
            f" WHERE e.occurred >= %s AND {MEANT} = ANY(%s) AND e.company_id = ANY(%s) GROUP BY 1",
            [moment, list(wanted), companies.ids],
        )
        return dict(self.env.cr.fetchall())

    # What people do -----------------------------------------------------------------------------

    def action_pause(self):
        """Let these consumers do nothing for now; work collects meanwhile."""
        self.write({"paused": True})

    def action_resume(self):
        """Let these consumers work off what collected."""
        self.write({"paused": False})
        self.env["freight.queue.lane"]._wake_after_commit("consumers")

    def action_retry_dead(self):
        """Put what was given up back at the head of these consumers' queues."""
        dead = [("consumer_id", "in", self.ids), ("dead", "=", True)]
        self.env["freight.event.work"].search(dead).action_retry()

    def action_open_waiting(self):
        """Open what waits."""
        return self._open_work({"search_default_waiting": 1})

    def action_open_dead(self):
        """Open what was given up."""
        return self._open_work({"search_default_dead": 1})

    def action_replay(self):
        """Ask from when on these consumers are to read the ledger again."""
        return {
            "type": "ir.actions.act_window",
            "name": _("Replay"),
            "res_model": "freight.consumer.replay",
            "view_mode": "form",
            "target": "new",
            "context": {"default_consumer_ids": self.ids},
        }

    def _open_work(self, context):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "freight_canonical.freight_event_work_action"
        )
        return {**action, "domain": [("consumer_id", "in", self.ids)], "context": context}
