from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.osv.expression import AND
from odoo.tools import format_datetime

#: Messages that are sent again at once: more are chosen in several steps.
MOST = 50_000


class FreightMessageOutChoice(models.TransientModel):
    """Sends messages again: those picked, or those of a period, type and state."""

    _name = "freight.message.out.choice"
    _description = "Send Again"

    picked = fields.Boolean(help="Picked by hand in a list.")
    message_ids = fields.Many2many("freight.message.out", string="Messages", readonly=True)
    endpoint_ids = fields.Many2many("freight.endpoint", string="Endpoints")
    subscription_id = fields.Many2one("freight.subscription")
    type_ids = fields.Many2many("freight.announcement.type", string="Events")
    written_from = fields.Datetime(default=lambda self: fields.Datetime.subtract(
        fields.Datetime.now(), days=1))  # fmt: skip
    written_to = fields.Datetime(string="Written before")
    dead = fields.Boolean(string="Dead letters", default=True)
    retry = fields.Boolean(string="Waiting for another attempt")
    delivered = fields.Boolean(
        help="They are delivered once more under the same id: a partner that took them knows them."
    )
    reason = fields.Text(string="Why", required=True)
    message_count = fields.Integer(string="Chosen messages", compute="_compute_message_count")

    @api.depends(
        "picked", "message_ids", "endpoint_ids", "subscription_id", "type_ids", "written_from",
        "written_to", "dead", "retry", "delivered",
    )  # fmt: skip
    def _compute_message_count(self):
        for wizard in self:
            wizard.message_count = self.env["freight.message.out"].search_count(wizard._domain())

    def _states(self):
        return [name for name in ("dead", "retry", "delivered") if self[name]]

    def _domain(self):
        """Return the domain of what is chosen; rules of access come on top.

        What was given up stays so: others were sent without it.
        """
        self.ensure_one()
        if self.picked:
            return [("id", "in", self.message_ids.ids), ("state", "!=", "cancelled")]
        found = [[("state", "in", self._states())]]
        for name, operator, value in (
            ("endpoint_id", "in", self.endpoint_ids.ids),
            ("subscription_id", "=", self.subscription_id.id),
            ("event_type", "in", self.type_ids.mapped("code")),
            ("create_date", ">=", self.written_from),
            ("create_date", "<", self.written_to),
        ):
            if value:
                found.append([(name, operator, value)])
        return AND(found)

    def _in_words(self):
        """Return the filter as a person reads it later; nothing for what was picked by hand."""
        if self.picked:
            return None
        shown = {
            "endpoint_ids": ", ".join(self.endpoint_ids.mapped("name")),
            "subscription_id": self.subscription_id.name,
            "type_ids": ", ".join(self.type_ids.mapped("code")),
            "written_from": self.written_from and format_datetime(self.env, self.written_from),
            "written_to": self.written_to and format_datetime(self.env, self.written_to),
        }
        lines = [
            f"{self._fields[name]._description_string(self.env)}: {value}"
            for name, value in shown.items()
            if value
        ]
        return "\n".join([_("States: %s", ", ".join(self._states())), *lines])

    def action_resend(self):
        """Send what is chosen again, under the same ids and in its order.

        :raise AccessError: for who may not write messages
        :raise UserError: where nothing is chosen, too much, or nobody said why
        """
        if not (self.reason or "").strip():
            raise UserError(_("Say why: whoever looks at these messages later wants to know."))
        messages = self.env["freight.message.out"]
        messages.check_access_rights("write")
        chosen = messages.search(self._domain(), order="id", limit=MOST + 1)
        if not chosen:
            raise UserError(_("Nothing is chosen: change the filter."))
        if len(chosen) > MOST:
            raise UserError(_("More than %s messages are chosen: choose a shorter period.", MOST))
        chosen._resend(self.reason, self._in_words())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": _("%s messages are sent again.", len(chosen)),
                "type": "success",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
