"""The real messages of ../shared/samples through codec, mapping and schema."""

import json
import unittest
from decimal import Decimal
from pathlib import Path

from odoo.tests import BaseCase

from .. import codecs, mapping, schemas

ADDON = Path(__file__).resolve().parents[1]
SAMPLES = ADDON.parents[1].parent / "shared" / "samples"


@unittest.skipUnless(SAMPLES.is_dir(), "no ../shared/samples beside the checkout")
class TestSamples(BaseCase):
    def translated(self, file_name, mapping_name):
        """Return the translation of the one document in a sample, each result checked."""
        definition = json.loads((ADDON / f"data/mappings/{mapping_name}.json").read_text("utf-8"))
        codec = codecs.get(definition["codec"])
        raw = (SAMPLES / file_name).read_bytes()
        codec.check(raw)
        [decoded] = [item for item in codec.decode(raw) if not item.is_envelope]
        self.assertIsNone(decoded.error)
        self.assertEqual(decoded.kind, definition["kind"])
        translation = mapping.translate(mapping.compile(definition), decoded.tree)
        self.assertEqual(translation.problems, [])
        for document in translation.documents:
            schemas.check(document["kind"], document)
        return translation

    def test_status_with_three_stops(self):
        translation = self.translated("x12_214_three_stops.edi", "x12_214")
        events = translation.documents
        self.assertEqual(len(events), 18)
        types = [event["type"] for event in events]
        self.assertEqual(
            {name: types.count(name) for name in set(types)},
            {
                "pickup_arrived": 3,
                "loaded": 3,
                "arrived_delivery": 3,
                "delivered": 3,
                "appointment": 6,
            },
        )
        orders = {event["stop"]["references"][0]["value"] for event in events}
        self.assertEqual(orders, {"99997666", "99990835", "99991280"})
        self.assertEqual(events[0]["occurred"], "2011-12-17T09:30:00-08:00")
        self.assertEqual(events[0]["shipment"]["references"][0]["value"], "99948782")
        self.assertEqual([item.code for item in translation.unmapped], ["AD"])

    def test_invoice_wrapped_at_80_columns(self):
        [invoice] = self.translated("x12_210_wrapped_80_columns.edi", "x12_210").documents
        amounts = [Decimal(line["amount"]) for line in invoice["lines"]]
        self.assertEqual(amounts, [Decimal("561.86"), Decimal("-449.49"), Decimal("11.80")])
        self.assertEqual(sum(amounts), Decimal("124.17"))
        self.assertEqual(invoice["total"], "124.17")
        self.assertEqual([line["code"] for line in invoice["lines"]], ["400", "DSC", "405"])
        self.assertEqual(invoice["number"], "699751522")

    def test_tender_with_hazardous_goods(self):
        [shipment] = self.translated("x12_204_hazmat_export.edi", "x12_204").documents
        self.assertEqual([stop["role"] for stop in shipment["stops"]], ["pickup", "delivery"])
        self.assertEqual({line["hazmat"]["un_number"] for line in shipment["lines"]}, {"UN3166"})
        self.assertEqual([line["weight"] for line in shipment["lines"]], ["4276", "2084", "6414"])
        self.assertEqual(shipment["equipment"][0]["number"], "MSKU9131096")

    def test_tender_for_rail(self):
        [shipment] = self.translated("x12_204_rail_import.edi", "x12_204").documents
        self.assertEqual([stop["place"]["name"] for stop in shipment["stops"]], ["CN", "CSX"])
        self.assertEqual(shipment["lines"][0]["hazmat"]["packing_group"], "III")
        self.assertIn({"type": "bol", "value": "SUDU33SYD002692X"}, shipment["references"])

    def test_rail_report(self):
        events = self.translated("edifact_iftsta_rail.edi", "edifact_iftsta").documents
        first = events[0]
        self.assertEqual((first["type"], first["raw_code"]), ("departed_terminal", "P"))
        self.assertEqual(first["occurred"], "2022-11-19T07:10:00")
        self.assertEqual(first["place"]["locode"], "USSYR")
        self.assertEqual(
            [
                (event["type"], event["classifier"], event["place"]["locode"])
                for event in events[1:]
            ],
            [
                ("departed_terminal", "actual", "COCTG"),
                ("arrived_terminal", "actual", "USNYC"),
                ("departed_terminal", "estimated", "USNYC"),
                ("arrived_terminal", "estimated", "USCHI"),
                ("departed_terminal", "estimated", "USCHI"),
                ("estimated_arrival", "estimated", "USWOQ"),
            ],
        )

    def test_parcel_pushes(self):
        [out] = self.translated(
            "ups_track_alert_out_for_delivery.json", "ups_track_alert"
        ).documents
        self.assertEqual(out["type"], "out_for_delivery")
        self.assertEqual(out["occurred"], "2024-04-23T13:15:19+00:00")
        [done] = self.translated("ups_track_alert_delivered.json", "ups_track_alert").documents
        self.assertEqual(done["type"], "delivered")
        self.assertEqual(done["proof"]["signer"], "John")
        self.assertEqual(done["place"]["city"], "CHARLOTTE")
