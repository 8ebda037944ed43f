"""Trying a subscription out, and sending again one message, a selection or a range."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from standardwebhooks import Webhook

from .common import WHSEC
from .sending_common import SendingCase


@tagged("post_install", "-at_install")
class TestSubscriptionDeliveries(SendingCase):
    def setUp(self):
        super().setUp()
        self.subscription = self.endpoint.subscription_ids
        self.manager = new_test_user(
            self.env, "page_manager", "freight_tms_connector.group_integration_manager"
        )

    def choose(self, **values):
        values = {"reason": "They lost them.", "written_from": False, **values}
        return self.env["freight.message.out.choice"].with_user(self.manager).create(values)

    def test_a_test_goes_the_way_of_events_and_shows_what_they_said(self):
        action = self.subscription.with_user(self.manager).action_test()
        self.send((200, {}, b"welcome"))
        message = self.outbox.browse(action["res_id"])
        self.assertEqual(message.state, "delivered")
        _path, _query, headers, body = self.partner.requests[-1]
        told = Webhook(WHSEC).verify(body, headers)
        self.assertEqual(told["type"], "subscription.test.v1")
        self.assertEqual(told["data"]["subscription"], self.subscription.uuid)
        self.subscription.invalidate_recordset()
        self.assertEqual(self.subscription.test_id, message)
        self.assertEqual(
            (self.subscription.test_status, self.subscription.test_answer), (200, "welcome")
        )

    def test_a_paused_subscription_can_be_tried_and_a_disabled_endpoint_not(self):
        self.subscription.action_pause()
        self.subscription.action_test()
        self.assertEqual(self.send(), 1)
        self.endpoint.state = "disabled"
        with self.assertRaises(UserError):
            self.subscription.action_test()

    def test_the_page_shows_the_newest_answer(self):
        message = self.tell()
        self.send((400, {}, b"no such order"))
        message.invalidate_recordset()
        self.assertEqual((message.last_status, message.last_answer), (400, "no such order"))

    def test_a_range_is_sent_again_under_the_same_ids_and_in_its_order(self):
        messages = self.tell(3, subject="the same")
        self.send(OK := (204, {}, b""))
        first = list(self.ids)
        self.assertEqual(len(first), 3)
        wizard = self.choose(delivered=True, dead=False, endpoint_ids=[(6, 0, self.endpoint.ids)])
        self.assertEqual(wizard.message_count, 3)
        wizard.action_resend()
        self.send(OK)
        self.assertEqual(self.ids, first * 2)
        self.assertEqual(set(messages.mapped("state")), {"delivered"})
        note = self.env["freight.message.resend"].search([], limit=1)
        self.assertEqual((note.user_id, note.message_count), (self.manager, 3))
        self.assertEqual(note.message_ids, messages)
        self.assertIn(self.endpoint.name, note.chosen)

    def test_what_was_given_up_is_not_sent_again(self):
        one, other = self.tell(2)
        one.action_cancel()
        wizard = self.choose(picked=True, message_ids=[(6, 0, (one | other).ids)])
        self.assertEqual(wizard.message_count, 1)
        wizard.action_resend()
        self.assertEqual(one.state, "cancelled")
        with self.assertRaises(UserError):
            self.choose(picked=True, message_ids=[(6, 0, one.ids)]).action_resend()

    def test_a_range_is_chosen_by_type_state_and_period(self):
        self.tell(2)
        delayed = self.tell(1, event_type="shipment.delayed")
        self.send((400, {}, b""))
        kind = self.env.ref("freight_tms_connector.announcement_shipment_delayed")
        wizard = self.choose(type_ids=[(6, 0, kind.ids)])
        self.assertEqual(self.outbox.search(wizard._domain()), delayed)
        self.assertEqual(self.choose().message_count, 3)
        self.assertEqual(self.choose(written_from="2100-01-01").message_count, 0)
        self.assertEqual(self.choose(dead=False).message_count, 0)
        with self.assertRaises(UserError):
            self.choose(reason=" ").action_resend()

    def test_who_may_not_is_refused(self):
        message = self.tell()
        user = new_test_user(self.env, "page_user", "freight_canonical.group_freight_user")
        for attempt in (
            lambda: message.with_user(user).action_resend(),
            lambda: message.with_user(user).action_ask_resend(),
            lambda: self.subscription.with_user(user).action_test(),
            lambda: (
                self.env["freight.message.resend"]
                .with_user(self.manager)
                .create({"user_id": self.manager.id})
            ),
            lambda: self.env["freight.message.out.choice"].with_user(user).create({"reason": "x"}),
        ):
            with (
                self.assertRaises(AccessError),
                mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule"),
            ):
                attempt()

    def test_the_screens_open(self):
        for model in (
            "freight.subscription",
            "freight.announcement.type",
            "freight.message.resend",
            "freight.message.out.choice",
            "freight.message.out",
        ):
            with self.subTest(model):
                views = (
                    self.env[model]
                    .with_user(self.manager)
                    .get_views([(False, "form"), (False, "list"), (False, "search")])
                )
                self.assertIn("form", views["views"])

    def test_an_example_is_the_newest_message_of_the_type(self):
        kind = self.env.ref("freight_tms_connector.announcement_shipment_released")
        message = self.tell()
        shown = json.loads(kind.with_user(self.manager).example)
        self.assertEqual(shown["id"], message.uuid)
