"""Trying a subscription out, and its page of deliveries."""

import uuid
from dataclasses import replace

from odoo import _, fields, models
from odoo.exceptions import UserError

TEST = "subscription.test"


class FreightSubscription(models.Model):
    _inherit = "freight.subscription"

    test_id = fields.Many2one("freight.message.out", compute="_compute_test")
    test_state = fields.Selection(
        selection=lambda self: self.env["freight.message.out"]._fields["state"].selection,
        string="Came to",
        compute="_compute_test",
    )
    test_status = fields.Integer(string="HTTP status", compute="_compute_test")
    test_answer = fields.Text(string="They answered", compute="_compute_test")

    def _compute_test(self):
        groups = self.env["freight.message.out"]._read_group(
            [("subscription_id", "in", self.ids), ("event_type", "=", TEST)],
            ["subscription_id"],
            ["id:max"],
        )
        newest = {subscription.id: key for subscription, key in groups}
        messages = self.env["freight.message.out"].browse(newest.values())
        for one in self:
            test = messages.browse(newest.get(one.id, ())).with_prefetch(messages._ids)
            one.test_id = test
            one.test_state = test.state
            one.test_status = test.last_status
            one.test_answer = test.last_answer

    def action_test(self):
        """Send a test by the very way that events go, and show what comes of it.

        :raise AccessError: for who may not change subscriptions
        :raise UserError: for an endpoint that takes no messages
        """
        return self._for_action()._send_test().with_env(self.env)._opened()

    def _send_test(self):
        """Write a test for this subscription into the outbox; return the message."""
        self.ensure_one()
        if not self.endpoint_id._takes_messages():
            raise UserError(
                _(
                    "%s takes no messages now: it needs an address, and must be active.",
                    self.endpoint_id.name,
                )
            )
        number = uuid.uuid4().hex
        return self.env["freight.message.out"]._enqueue(
            [
                {
                    "endpoint": self.endpoint_id,
                    "wish": replace(self._wish(), held=False),
                    "event_type": TEST,
                    "subject": f"test {number}",
                    "shipment": self.env["freight.shipment"],
                    "company": self.company_id,
                    "trace_id": number,
                    "data": {"subscription": self.uuid, "text": _("This is a test.")},
                }
            ]
        )

    def action_open_deliveries(self):
        """Open what was written for this subscription."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Deliveries"),
            "res_model": "freight.message.out",
            "view_mode": "tree,form",
            "domain": [("subscription_id", "=", self.id)],
        }

    def action_rotate_secret(self):
        """Open the wizard that makes a new secret for the subscriber's address.

        :raise AccessError: for who may not change subscriptions
        """
        self.ensure_one()
        self._for_action()
        return {
            "type": "ir.actions.act_window",
            "name": _("New secret"),
            "res_model": "freight.credential.rotation",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_endpoint_id": self.endpoint_id.id,
                "default_use": "outbound",
            },
        }


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    def _opened(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
