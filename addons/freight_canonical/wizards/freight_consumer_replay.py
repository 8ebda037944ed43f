from odoo import Command, _, api, fields, models
from odoo.exceptions import UserError


class FreightConsumerReplay(models.TransientModel):
    """Asks from when on consumers read the ledger again, and says what that means first."""

    _name = "freight.consumer.replay"
    _description = "Replay of Event Consumers"

    consumer_ids = fields.Many2many("freight.consumer", required=True, readonly=True)
    moment = fields.Datetime(
        string="Replay from",
        required=True,
        default=lambda self: fields.Datetime.subtract(fields.Datetime.now(), days=1),
        help="Events that occurred since then are read again.",
    )
    line_ids = fields.One2many(
        "freight.consumer.replay.line", "replay_id", compute="_compute_line_ids"
    )
    event_count = fields.Integer(string="Events", compute="_compute_line_ids")
    confirmed = fields.Boolean(
        string="I have seen what will be read again",
        compute="_compute_confirmed",
        store=True,
        readonly=False,
    )

    @api.depends("moment")
    def _compute_line_ids(self):
        for wizard in self:
            counts = wizard._preview()
            wizard.event_count = sum(counts.values())
            wizard.line_ids = [
                Command.create({"type_id": type_id, "event_count": count})
                for type_id, count in sorted(counts.items(), key=lambda entry: -entry[1])
            ]

    @api.depends("moment")
    def _compute_confirmed(self):
        """Another date shows other figures, and those were not seen yet."""
        self.confirmed = False

    def _preview(self):
        """Return {event type id: events} of the companies at work."""
        if not self.moment:
            return {}
        return self.consumer_ids._replay_preview(self.moment, self.env.companies)

    def action_replay(self):
        """Put the events on the consumers' lists again.

        :raise AccessError: for who may not change consumers
        :raise UserError: when nothing would be read again, or nobody looked at what would
        """
        self.ensure_one()
        self.consumer_ids.check_access_rights("write")
        if not self.confirmed:
            raise UserError(_("Look at what will be read again, and confirm it."))
        added = self.consumer_ids._replay_from(self.moment, self.env.companies)
        if not added:
            raise UserError(
                _("Nothing to read again: choose an earlier date, or wait for what waits already.")
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": _("%s events are on the list again.", added),
                "type": "success",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class FreightConsumerReplayLine(models.TransientModel):
    """How many events of one type a replay reads again."""

    _name = "freight.consumer.replay.line"
    _description = "Replay Preview"

    replay_id = fields.Many2one("freight.consumer.replay", required=True, ondelete="cascade")
    type_id = fields.Many2one("freight.event.type", readonly=True)
    event_count = fields.Integer(string="Events", readonly=True)
