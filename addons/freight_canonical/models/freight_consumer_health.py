"""How far behind a consumer is, and what went wrong."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_duration


class FreightConsumer(models.Model):
    _inherit = "freight.consumer"

    waiting_count = fields.Integer(string="Waiting", compute="_compute_health")
    failing_count = fields.Integer(
        string="Failing", compute="_compute_health", help="Waiting after a failed attempt."
    )
    dead_count = fields.Integer(string="Dead", compute="_compute_health")
    oldest_waiting = fields.Datetime(compute="_compute_health")
    lag = fields.Char(compute="_compute_health", help="Age of the oldest waiting event.")
    last_error = fields.Text(compute="_compute_last_error")
    health = fields.Selection(
        [
            ("paused", "Paused"),
            ("dead", "Needs a person"),
            ("failing", "Failing"),
            ("behind", "Behind"),
            ("ok", "Up to date"),
        ],
        compute="_compute_health",
    )

    @api.depends("paused")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_health(self):
        figures = self._health_figures()
        now = fields.Datetime.now()
        for consumer in self:
            waiting, failing, dead, oldest = figures.get(consumer.id, (0, 0, 0, False))
            consumer.waiting_count = waiting
            consumer.failing_count = failing
            consumer.dead_count = dead
            consumer.oldest_waiting = oldest
            consumer.lag = spell_age(now - oldest) if oldest else False
            consumer.health = consumer._judge_health(waiting, failing, dead)

    def _health_figures(self):
        """Return {consumer id: (waiting, failing, dead, oldest recorded)}."""
        self.env["freight.event.work"].flush_model()
        self.env.cr.execute(
            """
            SELECT w.consumer_id,
                   count(*) FILTER (WHERE w.dead IS NOT TRUE),
                   count(*) FILTER (WHERE w.dead IS NOT TRUE AND w.attempts > 0),
                   count(*) FILTER (WHERE w.dead),
                   min(e.recorded) FILTER (WHERE w.dead IS NOT TRUE)
              FROM freight_event_work w JOIN freight_event e ON e.id = w.event_id
             WHERE w.consumer_id = ANY(%s) AND w.company_id = ANY(%s)
             GROUP BY w.consumer_id
            """,
            [self.ids, self.env.companies.ids],
        )
        return {row[0]: row[1:] for row in self.env.cr.fetchall()}

    def _judge_health(self, waiting, failing, dead):
        if self.paused:
            return "paused"
        verdicts = (("dead", dead), ("failing", failing), ("behind", waiting))
        return next((verdict for verdict, count in verdicts if count), "ok")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_last_error(self):
        """The error of the row that failed last: that with the most recent work."""
        self.env["freight.event.work"].flush_model()
        self.env.cr.execute(
            """
            SELECT DISTINCT ON (consumer_id) consumer_id, error FROM freight_event_work
             WHERE consumer_id = ANY(%s) AND company_id = ANY(%s) AND error IS NOT NULL
             ORDER BY consumer_id, failed_at DESC NULLS LAST, id DESC
            """,
            [self.ids, self.env.companies.ids],
        )
        errors = dict(self.env.cr.fetchall())
        for consumer in self:
            consumer.last_error = errors.get(consumer.id, False)


def spell_age(age):
    """Return ``age`` (a timedelta) as a person says it: 3 d, or hours and minutes.

    >>> spell_age(timedelta(days=3, hours=5)), spell_age(timedelta(minutes=75))
    ('3 d', '01:15')
    """
    if age >= timedelta(days=1):
        return f"{age.days} d"
    return format_duration(max(age.total_seconds(), 0) / 3600)
