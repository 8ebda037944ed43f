"""The real messages of ../shared/samples, from the door to the shipment."""

import unittest
from datetime import datetime
from decimal import Decimal

from odoo.tests import tagged

from .common import SECRET
from .http_common import HookCase
from .test_samples_pure import SAMPLES


@tagged("post_install", "-at_install")
@unittest.skipUnless(SAMPLES.is_dir(), "no ../shared/samples beside the checkout")
class TestSamplesOverHttp(HookCase):
    def send(self, endpoint, file_name, media_type="application/edi-x12"):
        """Send a sample through the door and work it off. Return the message."""
        body = (SAMPLES / file_name).read_bytes()
        answer = self.knock(endpoint, body, media_type=media_type)
        self.assertEqual(answer.status_code, 202, answer.text)
        self.assertEqual(answer.json()["status"], "accepted")
        self.drain()
        message = self.env["freight.message.in"].search([("uuid", "=", answer.json()["id"])])
        self.assertEqual(message._body(), body)
        return message

    def test_tender_with_hazardous_goods(self):
        self.make_carrier("SUDU", "Ocean Carrier")
        endpoint = self.tender_endpoint()
        message = self.send(endpoint, "x12_204_hazmat_export.edi")
        self.assertEqual((message.state, message.error), ("applied", False))
        shipment = message.document_ids.shipment_id
        self.assertEqual(shipment.stop_ids.mapped("role"), ["pickup", "delivery"])
        self.assertEqual(shipment.stop_ids.mapped("city"), ["LONG BEACH", "LONG BEACH"])
        self.assertEqual(shipment.line_ids.mapped("weight"), [4276.0, 2084.0, 6414.0])
        self.assertEqual(set(shipment.line_ids.mapped("un_number")), {"UN3166"})
        self.assertTrue(all(shipment.line_ids.mapped("hazmat")))
        self.assertEqual(shipment.carrier_id.freight_scac, "SUDU")
        self.assertEqual(shipment.tms_id, endpoint.system_id)
        self.assertIn("3PHLT0XXXX", shipment.reference_ids.mapped("value"))
        self.assertIn("MSKU9131096", shipment.reference_ids.mapped("value"))
        self.assertEqual(shipment.trace_id, message.trace_id)

    def test_tender_for_rail(self):
        message = self.send(self.tender_endpoint(), "x12_204_rail_import.edi")
        self.assertEqual((message.state, message.error), ("applied", False))
        shipment = message.document_ids.shipment_id
        self.assertEqual(shipment.stop_ids.mapped("name"), ["CN", "CSX"])
        self.assertEqual(shipment.line_ids.weight, 17600.0)
        self.assertIn("SUDU33SYD002692X", shipment.reference_ids.mapped("value"))

    def test_a_tender_again_makes_no_second_shipment(self):
        endpoint = self.tender_endpoint()
        first = self.send(endpoint, "x12_204_rail_import.edi")
        again = self.send(endpoint, "x12_204_rail_import.edi")
        self.assertEqual(again.state, "ignored")
        self.assertEqual(again.document_ids.shipment_id, first.document_ids.shipment_id)

    def test_status_with_three_stops(self):
        shipments = [
            self.make_shipment(
                reference_ids=[
                    (0, 0, {"type": "load", "value": "99948782"}),
                    (0, 0, {"type": "delivery_order", "value": order}),
                ]
            )
            for order in ("99997666", "99990835", "99991280")
        ]
        message = self.send(self.carrier_endpoint, "x12_214_three_stops.edi")
        self.assertEqual((message.state, message.error), ("applied", False))
        events = message.document_ids.filtered(lambda document: document.kind == "event")
        self.assertEqual(events.mapped("status"), ["applied"] * 18)
        for shipment in shipments:
            self.assertEqual(
                sorted(self.reported(shipment).mapped("type_code")),
                ["appointment"] * 2 + ["arrived_delivery", "delivered", "loaded", "pickup_arrived"],
            )
            self.assertEqual(shipment.transport_state, "delivered")
            self.assertIn("995551", shipment.reference_ids.mapped("value"), "the PRO is learned")
        self.assertEqual(
            [shipment.actual_delivery for shipment in shipments],
            [
                datetime(2011, 12, 22, 15, 45),
                datetime(2011, 12, 19, 19, 0),
                datetime(2011, 12, 19, 12, 30),
            ],
        )

    def test_rail_report(self):
        shipment = self.make_shipment(
            mode="rail", reference_ids=[(0, 0, {"type": "bol", "value": "ABCD224O4023815X"})]
        )
        endpoint = self.endpoint("rail", self.carrier, ["edifact_iftsta"])
        message = self.send(endpoint, "edifact_iftsta_rail.edi", "application/edifact")
        self.assertEqual((message.state, message.error), ("applied", False))
        events = self.reported(shipment)
        self.assertEqual(
            sorted(events.mapped(lambda event: (event.type_code, event.classifier, event.locode))),
            [
                ("arrived_terminal", "actual", "USNYC"),
                ("arrived_terminal", "estimated", "USCHI"),
                ("departed_terminal", "actual", "COCTG"),
                ("departed_terminal", "actual", "USSYR"),
                ("departed_terminal", "estimated", "USCHI"),
                ("departed_terminal", "estimated", "USNYC"),
                ("estimated_arrival", "estimated", "USWOQ"),
            ],
        )
        self.assertEqual(shipment.transport_state, "in_transit")
        self.assertTrue(shipment.estimated_delivery)
        self.assertFalse(shipment.actual_delivery)
        self.assertIn(
            "24O4023815", shipment.reference_ids.mapped("value"), "the booking is learned"
        )

    def test_parcel_pushes_in_either_order(self):
        endpoint = self.endpoint("parcels", self.carrier, ["ups_track_alert"], profile="ups_bearer")
        pushes = (
            ("ups_track_alert_out_for_delivery.json", "in_transit"),
            ("ups_track_alert_delivered.json", "delivered"),
        )
        for order in (pushes, pushes[::-1]):
            # Each order gets a number of its own: one tracking number names one shipment.
            self.env["freight.reference"].search([("type", "=", "tracking")]).unlink()
            self.env["freight.message.in"].search([]).message_key = False
            shipment = self.make_shipment(
                mode="parcel",
                reference_ids=[(0, 0, {"type": "tracking", "value": "1Z204W4R0308071865"})],
            )
            for file_name, state in order:
                message = self.send(endpoint, file_name, "application/json")
                self.assertEqual((message.state, message.error), ("applied", False))
                if order is pushes:
                    self.assertEqual(shipment.transport_state, state)
            self.assertEqual(
                sorted(self.reported(shipment).mapped("type_code")),
                ["delivered", "out_for_delivery"],
            )
            self.assertEqual(shipment.transport_state, "delivered")
            self.assertEqual(shipment.actual_delivery, datetime(2024, 4, 23, 13, 50, 4))
            [delivery] = shipment.stop_ids.filtered(lambda stop: stop.role == "delivery")
            self.assertEqual(delivery.pod_signer, "John")
            self.assertEqual(delivery.pod_time, shipment.actual_delivery)

    def test_invoice_wrapped_at_80_columns(self):
        message = self.send(self.carrier_endpoint, "x12_210_wrapped_80_columns.edi")
        [translated] = self.env["freight.translation"]._translate(message)
        [document] = translated.documents.values()
        amounts = [Decimal(line["amount"]) for line in document.data["lines"]]
        self.assertEqual(amounts, [Decimal("561.86"), Decimal("-449.49"), Decimal("11.80")])
        self.assertEqual(sum(amounts), Decimal("124.17"))
        self.assertEqual(document.data["total"], "124.17")
        if "freight.carrier.invoice" in self.env:
            invoice = self.env["freight.carrier.invoice"].search([("number", "=", "699751522")])
            self.assertEqual(len(invoice), 1, message.error)
            self.assertAlmostEqual(sum(invoice.line_ids.mapped("amount")), 124.17)
        else:
            self.assertEqual(message.state, "quarantined")
            self.assertIn("documents of kind invoice", message.error)

    def tender_endpoint(self):
        return self.make_endpoint(
            self.make_system("tenders", "tms"), "generic_hmac", SECRET, ["x12_204"]
        )

    def endpoint(self, code, carrier, mappings, profile="generic_hmac"):
        system = self.make_system(code, "carrier", carrier)
        return self.make_endpoint(system, profile, SECRET, mappings)

    def reported(self, shipment):
        """Return the events that others than Odoo reported."""
        return shipment.event_ids.filtered(lambda event: event.source_id.kind != "odoo")
