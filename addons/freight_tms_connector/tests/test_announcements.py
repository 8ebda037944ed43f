import json

from odoo.tests import tagged

from .. import schemas
from .common import WHSEC, ConnectorCase


@tagged("post_install", "-at_install")
class TestAnnouncements(ConnectorCase):
    """What partners are told of a shipment, and that they are told once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        standard = cls.env["freight.auth.profile"].search([("code", "=", "standard_webhooks")])
        cls.carrier_endpoint.state = cls.tms_endpoint.state = "active"
        for endpoint in (cls.tms_endpoint, cls.carrier_endpoint):
            endpoint.write(
                {
                    "url": "http://127.0.0.1:9/",
                    "outbound_profile_id": standard.id,
                    "subscription_ids": [(0, 0, {"pattern": "shipment.*"})],
                    "credential_ids": [(0, 0, {"use": "outbound", "secret": WHSEC})],
                }
            )
        cls.consumer = cls.env.ref("freight_canonical.consumer_announcements")

    def tell(self, shipment, *events):
        """Let the TMS report ``events``: (type, id, further data)."""
        for kind, identity, data in events:
            self.post(
                self.tms_endpoint, self.cloud_event(shipment, kind, identity, **data),
                media_type="application/cloudevents+json",
            )  # fmt: skip
        self.drain("inbox")
        self.drain("consumers")

    def outbox(self, endpoint, shipment):
        return self.env["freight.message.out"].search(
            [("endpoint_id", "=", endpoint.id), ("shipment_id", "=", shipment.id),
             ("identity", "!=", False)], order="id",
        )  # fmt: skip

    def test_the_carrier_hears_once_and_who_said_so_never(self):
        shipment = self.make_shipment()
        self.tell(shipment, ("departed_pickup", "e1", {}))
        message = self.outbox(self.carrier_endpoint, shipment)
        self.assertEqual(message.mapped("event_type"), ["shipment.milestone"])
        self.assertFalse(self.outbox(self.tms_endpoint, shipment))
        body = json.loads(message._body())
        self.assertEqual(body["type"], "shipment.milestone.v1")
        schemas.check("announcement", body["data"])
        self.consumer._enlist("e.shipment_id = %s", [shipment.id])
        self.drain("consumers")
        self.assertEqual(self.outbox(self.carrier_endpoint, shipment), message)
        left = self.env["freight.event.work"].search([("shipment_id", "=", shipment.id)])
        self.assertFalse(left, left.mapped("error"))

    def test_a_retraction_is_told_to_who_was_told(self):
        shipment = self.make_shipment()
        self.tell(shipment, ("departed_pickup", "e1", {}))
        self.tell(shipment, ("retraction", "e2", {"retracts": "e1"}))
        messages = self.outbox(self.carrier_endpoint, shipment)
        self.assertEqual(
            messages.mapped("event_type"), ["shipment.milestone", "shipment.milestone_retracted"]
        )

    def test_what_was_taken_back_before_it_was_told_is_never_told(self):
        shipment = self.make_shipment()
        self.tell(shipment, ("departed_pickup", "e1", {}), ("retraction", "e2", {"retracts": "e1"}))
        self.assertFalse(self.outbox(self.carrier_endpoint, shipment))

    def test_a_case_reads_as_the_schema_says(self):
        shipment = self.make_shipment()
        self.env["freight.exception"]._raise_case("damage", "x", "Wet.", shipment=shipment)
        message = self.outbox(self.carrier_endpoint, shipment)
        self.assertEqual(message.event_type, "shipment.exception_opened")
        schemas.check("announcement", json.loads(message._body())["data"])
