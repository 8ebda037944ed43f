"""What people do with messages of the outbox, and where they find them."""

from odoo import _, models
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.addons.freight_canonical.models.freight_queue import UNCLAIMED
from odoo.exceptions import UserError


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    def action_resend(self):
        """Send these messages again under the same id, and write down who did."""
        messages = self._for_action()
        context = self.env.context
        self.env["freight.message.resend"]._note(
            messages,
            context.get("freight_why"),
            context.get("freight_chosen"),
            self._asking_client(),
        )
        messages._restart("queued")
        messages._close_settled_cases(messages.endpoint_id)

    def _asking_client(self):
        """Return the API client for which this is done, empty for a person."""
        client_id = self.env.su and self.env.context.get("freight_client")
        return self.env["freight.api.client"].browse(client_id or ())

    def _resend(self, reason, chosen=None):
        """Send these messages again for a ``reason``.

        :param chosen: the filter in words, None for what was picked by hand
        """
        self.with_context(freight_why=reason, freight_chosen=chosen).action_resend()

    def action_ask_resend(self):
        """Ask why these messages are sent again, and say how many."""
        self._for_action()
        return {
            "type": "ir.actions.act_window",
            "name": _("Send again"),
            "res_model": "freight.message.out.choice",
            "view_mode": "form",
            "target": "new",
            "context": {"default_message_ids": self.ids, "default_picked": True},
        }

    def action_cancel(self):
        """Give up on messages, so that those behind them can go.

        :raise UserError: for a message that was delivered
        """
        if any(message.state == "delivered" for message in self):
            raise UserError(_("What was delivered cannot be cancelled; send a change instead."))
        messages = self._for_action()
        messages.write({"state": "cancelled", **UNCLAIMED})
        messages._close_settled_cases(messages.endpoint_id)
        self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)

    def action_open_trace(self):
        """Open the trace page of the shipment that this message speaks of."""
        return self.shipment_id.action_open_trace()

    def _trace_node(self):
        """Return this message as a node of the trace page."""
        self.ensure_one()
        states = dict(self._fields["state"]._description_selection(self.env))
        return {
            "stage": "outbox",
            "model": self._name,
            "res_id": self.id,
            "title": self.event_type,
            "subtitle": self.endpoint_id.name,
            "time": iso_utc(self.create_date.replace(microsecond=0)),
            "amount": None,
            "state": states[self.state],
            "trace_id": self.trace_id,
            "parent": None,
        }
