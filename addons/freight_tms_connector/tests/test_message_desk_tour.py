"""The desk in a browser: a dead letter is read, mended in a copy, replayed and seen applied."""

import json

from odoo.tests import HttpCase, tagged

from .desk_common import DeskCase
from .x12_samples import build_214

SCRIPT = "<script>alert(1)</script>"


@tagged("post_install", "-at_install")
class TestDeskTour(DeskCase, HttpCase):
    registry_test_mode = False  # ConnectorCase entered it already

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The tours look for "Test Carrier", and the sandbox of a browser has no other name for it.
        cls.carrier_endpoint.name = "Test Carrier"

    def tour(self, name, action=None, message=None):
        self.env.flush_all()
        where = (
            f"id={message.id}&model=freight.message.in&view_type=form"
            if message
            else f"action=freight_tms_connector.{action}"
        )
        self.start_tour(f"/web#{where}", name, login="desk_manager")
        self.env.invalidate_all()

    def test_a_dead_letter_is_mended_replayed_and_applied(self):
        shipment = self.make_shipment(reference_ids=[(0, 0, {"type": "load", "value": "RIGHT-77"})])
        self.take_in(self.status(self.make_shipment(), "P7"))
        self.drain()
        original = self.take_in(
            build_214(
                shipment="MISTYPED",
                pro="P1",
                statuses=[("D1", "2026-11-04", "1115", "CS")],
                references=[("BM", SCRIPT)],
            )
        )
        original._bury("no shipment is known as MISTYPED")
        self.tour("freight_message_desk", "freight_message_in_action")
        copy = original.correction_ids
        self.assertEqual(original.state, "dismissed")
        self.assertEqual(copy.state, "received")
        self.drain()
        self.assertEqual((copy.state, shipment.transport_state), ("applied", "delivered"))

    def test_json_is_a_tree_that_folds(self):
        body = self.cloud_event(
            self.make_shipment(), "tender_accepted", "e-1",
            carrier={"scac": "ABCD"}, charges=[], note=SCRIPT, amount=0,
        )  # fmt: skip
        body = body.replace(b'"amount": 0', b'"amount": 96.10')
        self.assertIn("amount", json.loads(body)["data"])
        message = self.take_in(body, "json", self.tms_endpoint)
        self.drain()
        self.tour("freight_message_applied", message=message)

    def test_endpoints_show_their_lights(self):
        self.dead_letter()
        self.tour("freight_endpoint_lights", "freight_endpoint_action")
