from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.freight_canonical.documents import Document
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..models import freight_message_out_delivery
from ..retry import Outcome
from .common import WHSEC, ConnectorCase

DONE = {
    "outcome": Outcome.DONE,
    "retry_after": None,
    "log": {
        "started": fields.Datetime.now(),
        "duration": 0.1,
        "status": 202,
        "outcome": Outcome.DONE.value,
        "answer": "ok",
    },
}


@tagged("post_install", "-at_install")
class TestDeliveries(ConnectorCase):
    """What we send: to whom, in which order, and what one fault does to the rest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        standard = cls.env["freight.auth.profile"].search([("code", "=", "standard_webhooks")])
        for endpoint in (cls.tms_endpoint, cls.carrier_endpoint):
            endpoint.write(
                {
                    "url": "http://127.0.0.1:9/",
                    "outbound_profile_id": standard.id,
                    "subscription_ids": [(0, 0, {"pattern": "shipment.*"})],
                    "credential_ids": [(0, 0, {"use": "outbound", "secret": WHSEC})],
                }
            )

    def setUp(self):
        super().setUp()
        self.posted = []

    def deliver(self, answer=DONE):
        def post(parcel):
            self.posted.append(parcel)
            if parcel["problem"]:
                log = {**DONE["log"], "answer": parcel["problem"], "status": 0}
                return {**DONE, "outcome": Outcome.DEAD, "log": log}
            return answer

        with patch.object(freight_message_out_delivery, "_post", post):
            self.drain("outbox")

    def outbox(self, endpoint=None):
        return self.env["freight.message.out"].search(
            [("endpoint_id", "=", (endpoint or self.tms_endpoint).id)], order="id"
        )

    def test_a_release_is_delivered_signed_and_once(self):
        shipment = self.make_shipment()
        self.deliver()
        message = self.outbox()
        self.assertEqual((message.state, message.attempts), ("delivered", 1))
        self.assertEqual(message.shipment_id, shipment)
        headers = next(
            parcel["headers"]
            for parcel in self.posted
            if parcel["headers"]["Idempotency-Key"] == message.uuid
        )
        self.assertTrue(headers["webhook-signature"].startswith("v1,"))
        self.deliver()
        self.assertEqual(message.attempts, 1)

    def test_a_carrier_hears_of_what_it_carries_only(self):
        self.make_shipment(carrier_id=False)
        self.make_shipment(carrier_id=self.make_carrier("WXYZ", "Another").id)
        self.assertFalse(self.outbox(self.carrier_endpoint))
        self.make_shipment()
        self.assertEqual(len(self.outbox(self.carrier_endpoint)), 1)

    def test_a_change_is_not_sent_back_to_who_made_it(self):
        shipment = self.make_shipment()
        before = {end: len(self.outbox(end)) for end in (self.tms_endpoint, self.carrier_endpoint)}
        cancellation = Document(
            data={
                "kind": "shipment",
                "purpose": "cancellation",
                "references": [{"type": "shipment", "value": shipment.name}],
                "parties": [],
                "stops": [],
                "lines": [],
            },
            system=self.tms,
            company=self.company,
            received=fields.Datetime.now(),
            trace_id=shipment.trace_id,
        )
        [outcome] = self.env["freight.shipment"]._apply_freight_documents([cancellation])
        self.assertEqual((outcome.status, shipment.transport_state), ("applied", "cancelled"))
        self.assertEqual(len(self.outbox()), before[self.tms_endpoint])
        told = self.outbox(self.carrier_endpoint)
        self.assertEqual(len(told), before[self.carrier_endpoint] + 1)
        self.assertEqual(told[-1].event_type, "shipment.cancelled")

    def test_one_bad_secret_holds_up_nobody(self):
        bad = self.carrier_endpoint.credential_ids.filtered(lambda one: one.use == "outbound")
        bad.secret = "whsec_this is not base64"
        self.make_shipment()
        self.deliver()
        self.assertEqual(self.outbox().state, "delivered")
        self.assertEqual(self.outbox(self.carrier_endpoint).state, "dead")
        self.assertIn("does not fit", self.outbox(self.carrier_endpoint).error)

    def test_a_fault_of_ours_is_tried_again_and_ends(self):
        self.make_shipment()
        with patch.object(
            freight_message_out_delivery, "_post", side_effect=RuntimeError("broken")
        ):
            self.drain("outbox")
        message = self.outbox()
        self.assertEqual((message.state, message.attempts), ("retry", 1))
        self.assertIn("broken", message.error)
        message.attempts = 99
        message.next_attempt = False
        with patch.object(
            freight_message_out_delivery, "_post", side_effect=RuntimeError("broken")
        ):
            self.drain("outbox")
        self.assertEqual(message.state, "dead")

    def test_what_was_given_up_meanwhile_is_not_sent(self):
        self.make_shipment()
        queue = self.env["freight.message.out"]
        token, ids = queue._queue_claim()
        self.env.invalidate_all()
        self.outbox().action_cancel()
        self.env.flush_all()
        with patch.object(
            freight_message_out_delivery, "_post", side_effect=AssertionError("was sent")
        ):
            queue._queue_perform(token, [key for key in ids if key in self.outbox().ids])
        self.env.invalidate_all()
        self.assertEqual((self.outbox().state, self.outbox().attempts), ("cancelled", 0))

    def test_the_next_of_a_shipment_waits_for_the_one_before(self):
        shipment = self.make_shipment()
        shipment.action_cancel()
        retry = {**DONE, "outcome": Outcome.RETRY, "log": {**DONE["log"], "status": 503}}
        self.deliver(retry)
        self.assertEqual(self.outbox().mapped("state"), ["retry", "queued"])
        self.outbox()[0].next_attempt = False
        self.deliver()
        self.assertEqual(self.outbox().mapped("state"), ["delivered", "delivered"])
        self.assertEqual(
            self.outbox().mapped("event_type"), ["shipment.released", "shipment.cancelled"]
        )

    def test_gone_stops_deliveries_and_leaves_the_door_open(self):
        self.make_shipment()
        gone = {**DONE, "outcome": Outcome.DISABLE, "log": {**DONE["log"], "status": 410}}
        self.deliver(gone)
        self.assertTrue(self.tms_endpoint.deliveries_stopped)
        self.assertEqual(self.tms_endpoint.state, "active")
        self.make_shipment()
        self.assertEqual(len(self.outbox()), 1)

    def test_an_expired_secret_signs_nothing(self):
        outbound = self.tms_endpoint.credential_ids.filtered(lambda one: one.use == "outbound")
        outbound.expires = fields.Datetime.now() - timedelta(days=1)
        self.make_shipment()
        self.deliver()
        self.assertIn("no secret", self.outbox().error)

    def test_evidence_is_not_edited(self):
        self.make_shipment()
        manager = new_test_user(
            self.env, "outbox_im", "freight_tms_connector.group_integration_manager"
        )
        message = self.outbox().with_user(manager)
        with self.assertRaises(AccessError):
            message.write({"state": "delivered"})
        message.action_cancel()
        self.assertEqual(message.state, "cancelled")
