"""Time zones, appointments and punctuality of stops as they are stored."""

from datetime import datetime, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import NOON, CanonicalCase


@tagged("post_install", "-at_install")
class TestStopTimes(CanonicalCase):
    def make_stop(self, **values):
        shipment = self.make_shipment(release=False)
        return self.env["freight.stop"].create(
            {"shipment_id": shipment.id, "sequence": 9, "role": "delivery", **values}
        )

    def test_the_zone_of_a_stop(self):
        self.company.partner_id.tz = "America/Denver"
        self.company.country_id = usa = self.env.ref("base.us")
        dock = self.env["res.partner"].create({"name": "Dock", "tz": "Asia/Tokyo"})
        plant = self.env["res.partner"].create(
            {"name": "Plant", "tz": False, "country_id": self.env.ref("base.fr").id}
        )
        for values, expected in (
            ({"partner_id": dock.id, "country_id": usa.id, "state_code": "IL"}, "Asia/Tokyo"),
            ({"country_id": usa.id, "state_code": "CA"}, "America/Los_Angeles"),
            ({"state_code": "CA"}, "America/Los_Angeles"),
            ({"country_id": self.env.ref("base.fr").id}, "Europe/Paris"),
            ({"partner_id": plant.id}, "Europe/Paris"),
            ({"country_id": usa.id}, "America/Denver"),
            ({}, "America/Denver"),
            ({"state_code": "CA", "tz": "Asia/Tokyo"}, "Asia/Tokyo"),
        ):
            with self.subTest(values):
                self.assertEqual(self.make_stop(**values).tz, expected)

    def test_a_new_place_has_its_own_zone_and_what_was_typed_stays_elsewhere(self):
        stop = self.make_stop(tz="Asia/Tokyo")
        stop.country_id = self.env.ref("base.us")
        self.assertEqual(stop.tz, "Asia/Tokyo")
        stop.state_code = "TX"
        self.assertEqual(stop.tz, "America/Chicago")

    def test_a_mistyped_locode_is_refused(self):
        self.assertEqual(self.make_stop(locode="USCHI").locode, "USCHI")
        for wrong in ("USCH", "uschi", "US1HI"):
            with self.subTest(wrong), self.assertRaisesRegex(ValidationError, wrong):
                self.make_stop(locode=wrong)

    def test_local_times_of_events_around_a_change_of_the_clocks(self):
        for place, local, expected in (
            (("us", "IL"), "2026-03-08T02:30:00", datetime(2026, 3, 8, 8, 30)),
            (("us", "IL"), "2026-11-01T01:30:00", datetime(2026, 11, 1, 6, 30)),
            (("us", "IL"), "2026-11-01T02:30:00", datetime(2026, 11, 1, 8, 30)),
            (("de", "BE"), "2026-03-29T02:30:00", datetime(2026, 3, 29, 1, 30)),
            (("de", "BE"), "2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30)),
        ):
            with self.subTest(place=place, local=local):
                shipment = self.make_shipment()
                country, state = place
                delivery = shipment.stop_ids[1]
                delivery.write(
                    {"country_id": self.env.ref(f"base.{country}").id, "state_code": state}
                )
                if country == "de":
                    delivery.tz = "Europe/Berlin"
                self.report(self.document(shipment, "arrived_delivery", occurred=local))
                self.assertEqual(delivery.arrival, expected)

    def test_a_window_that_spans_a_change_of_the_clocks(self):
        shipment = self.make_shipment()
        delivery = shipment.stop_ids[1]
        delivery.window_end = datetime(2026, 11, 1, 7, 30)  # 01:30 standard time, the second one
        self.report(self.document(shipment, "arrived_delivery", occurred="2026-11-01T01:45:00"))
        self.assertEqual(delivery.on_time, "on_time", "01:45 daylight time comes before it")
        self.report(
            self.document(
                shipment, "arrived_delivery", 1, occurred="2026-11-01T01:45:00-06:00", id="x"
            )
        )
        self.assertEqual(delivery.on_time, "on_time", "the first arrival counts")

    def test_the_verdict_follows_ledger_and_appointment(self):
        shipment = self.make_shipment()
        delivery = shipment.stop_ids[1]
        self.assertEqual((delivery.on_time, delivery.minutes_late), ("open", 0))
        delivery.window_end = NOON
        arrival = self.document(shipment, "arrived_delivery", 0.5, id="a-1")
        self.report(arrival)
        self.assertEqual((delivery.on_time, delivery.minutes_late), ("late", 30))
        delivery.window_end = NOON + timedelta(minutes=30)
        self.assertEqual((delivery.on_time, delivery.minutes_late), ("on_time", 0))
        delivery.window_end = NOON
        self.env.flush_all()
        late = self.env["freight.stop"].search([("on_time", "=", "late")])
        self.assertIn(delivery, late)
        self.report(self.document(shipment, "retraction", 1, id="a-2", retracts="a-1"))
        self.assertEqual((delivery.on_time, delivery.minutes_late), ("open", 0))

    def test_a_copy_was_not_late(self):
        shipment = self.make_shipment()
        shipment.stop_ids[1].window_end = NOON
        self.report(self.document(shipment, "delivered", 1))
        self.assertEqual(shipment.stop_ids[1].on_time, "late")
        self.assertEqual(set(shipment.copy().stop_ids.mapped("on_time")), {"open"})

    def test_when_a_stop_is_due(self):
        stop = self.make_stop()
        self.assertFalse(stop.appointment)
        stop.window_end = NOON
        self.assertEqual(stop.appointment, NOON)
        stop.window_start = NOON - timedelta(hours=2)
        self.assertEqual(stop.appointment, NOON - timedelta(hours=2))

    def test_measures_are_shown_as_the_company_measures(self):
        shipment = self.make_shipment(release=False, distance=160.9344)
        shipment.line_ids.write({"weight": 45.359237, "volume": 0, "handling_units": 4})
        self.assertEqual(shipment.weight_shown, "45.4 kg")
        self.assertFalse(shipment.volume_shown)
        self.company.freight_unit_system = "us"
        self.assertEqual(shipment.weight_shown, "100.0 lb")
        self.assertEqual(shipment.distance_shown, "100.0 mi")
        self.assertEqual(shipment.handling_units, 4)
        shipment.line_ids.handling_units = 0
        shipment.handling_units = 7
        self.assertEqual(shipment.handling_units, 7)

    def test_a_doubtful_number_is_kept_with_a_warning(self):
        shipment = self.make_shipment(release=False)
        Reference = self.env["freight.reference"]
        for value, doubted in (("CSQU3054383", False), ("CSQU3054384", True)):
            reference = Reference.create(
                {"shipment_id": shipment.id, "type": "container", "value": value}
            )
            self.assertEqual(bool(reference.doubt), doubted)
