"""Which subscription a message was written for, and what is held back while that one is paused."""

from odoo import api, fields, models


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    state = fields.Selection(
        selection_add=[("held", "Held back"), ("delivered",)], ondelete={"held": "cascade"}
    )
    subscription_id = fields.Many2one(
        "freight.subscription", readonly=True, ondelete="set null", index="btree_not_null"
    )
    last_status = fields.Integer(compute="_compute_last_attempt", help="0: there was no answer.")
    last_answer = fields.Text(compute="_compute_last_attempt")
    last_duration = fields.Float(
        string="Took (s)", compute="_compute_last_attempt", help="Seconds."
    )

    def init(self):
        """Make the indexes of the page of a subscription, and of what is held back."""
        result = super().init()
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_message_out_by_subscription
                ON freight_message_out (subscription_id, id DESC)
                WHERE subscription_id IS NOT NULL;
            CREATE INDEX IF NOT EXISTS freight_message_out_held
                ON freight_message_out (subscription_id, id) WHERE state = 'held'
            """
        )
        return result

    @api.model
    def _entry_values(self, entry):
        """Add for which subscription it is, and hold it back where that one is paused."""
        values = super()._entry_values(entry)
        wish = entry.get("wish")
        if wish:
            values["subscription_id"] = wish.subscription
            values["state"] = "held" if wish.held else "queued"
        return values

    def _compute_last_attempt(self):
        """Read of each message its newest attempt, by one query."""
        self.env["freight.message.attempt"].flush_model()
        self.env.cr.execute(
            """
            SELECT DISTINCT ON (message_id) message_id, status, answer, duration
              FROM freight_message_attempt WHERE message_id = ANY(%s)
             ORDER BY message_id, id DESC
            """,
            [self.ids],
        )
        newest = {key: rest for key, *rest in self.env.cr.fetchall()}
        for message in self:
            status, answer, duration = newest.get(message.id, (0, False, 0.0))
            message.last_status = status
            message.last_answer = answer
            message.last_duration = duration

    @api.model
    def _release_held(self, subscriptions):
        """Let go what was held back for those of ``subscriptions`` that go on, oldest first."""
        going = subscriptions.filtered(lambda one: one.state == "active")
        if not going:
            return
        self.flush_model(["state", "subscription_id"])
        self.env.cr.execute(
            "UPDATE freight_message_out SET state = 'queued'"
            " WHERE state = 'held' AND subscription_id = ANY(%s)",
            [going.ids],
        )
        if self.env.cr.rowcount:
            self.invalidate_model(["state"])
            self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)

    @api.model
    def _cron_watch(self):
        """Let go as well what was written down by who had not yet seen that it goes on."""
        result = super()._cron_watch()
        self.env.cr.execute(
            "SELECT DISTINCT subscription_id FROM freight_message_out WHERE state = 'held'"
        )
        held = self.env["freight.subscription"].browse(row[0] for row in self.env.cr.fetchall())
        self._release_held(held.sudo().exists())
        return result
