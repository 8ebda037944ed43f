"""The clock: it finds what is late when it is late, and looks at nothing else."""

from datetime import datetime, timedelta
from unittest.mock import patch

import pytz
from freezegun import freeze_time
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOON
from .test_exception_control import ControlCase


@tagged("post_install", "-at_install")
class TestWatch(ControlCase):
    def late_in(self, hours, **values):
        """Return a shipment whose delivery is due ``hours`` after noon."""
        shipment = self.under_way(**values)
        self.stop_of(shipment).window_end = NOON + timedelta(hours=hours)
        self.env.flush_all()
        return shipment

    def test_exactly_the_late_ones(self):
        shipments = [self.late_in(hours) for hours in (1, 2, 3)]
        self.watch()
        for hours, late in ((1.9, 0), (2, 1), (2.9, 1), (3, 2), (10, 3)):
            with self.subTest(hours), self.at(hours):
                self.watch()
                opened = [bool(self.open_cases(shipment)) for shipment in shipments]
                self.assertEqual(opened, [True] * late + [False] * (3 - late))

    def test_an_appointment_of_the_night_the_clocks_change(self):
        """In Chicago 01:30 comes twice on 1 November 2026: at 06:30 and at 07:30 UTC."""
        zone = pytz.timezone("America/Chicago")
        for summer in (True, False):
            local = zone.localize(datetime(2026, 11, 1, 1, 30), is_dst=summer)
            due = local.astimezone(pytz.utc).replace(tzinfo=None)
            shipment = self.make_shipment()
            self.report(self.document(shipment, "departed_pickup", -60))
            with freeze_time(due - timedelta(hours=3)):
                self.stop_of(shipment).window_end = due
                self.watch()
            for minutes, late in ((59, False), (60, True)):
                with freeze_time(due + timedelta(minutes=minutes)):
                    self.watch()
                    self.assertEqual(bool(self.open_cases(shipment)), late, (summer, minutes))
            self.assertIn("1:30", shipment.exception_ids.description)

    def test_a_missed_pickup_and_its_end(self):
        shipment = self.make_shipment()
        self.stop_of(shipment, "pickup").window_end = NOON + timedelta(hours=1)
        with self.at(3):
            self.watch()
            self.assertEqual(set(self.open_cases(shipment)), {"delay"})
            self.report(self.document(shipment, "departed_pickup", 2.5))
            self.assertEqual(self.open_cases(shipment), {})

    def test_a_missing_proof_and_its_end(self):
        shipment = self.under_way()
        self.report(self.document(shipment, "delivered", -1))
        self.watch()
        self.assertEqual(self.open_cases(shipment), {})
        with self.at(47):
            self.watch()
            self.assertEqual(set(self.open_cases(shipment)), {"missing_pod"})
            self.report(self.document(shipment, "delivered", -0.9, proof={"signer": "D"}))
            self.assertEqual(self.open_cases(shipment), {})

    def test_an_appointment_that_is_moved(self):
        shipment = self.late_in(1)
        with self.at(5):
            self.watch()
            self.assertEqual(set(self.open_cases(shipment)), {"delay"})
            self.stop_of(shipment).window_end = NOON + timedelta(hours=20)
            self.watch()
            self.assertEqual(self.open_cases(shipment), {})

    def test_a_number_that_a_person_enters(self):
        self.env["freight.exception.type"].with_context(active_test=False).search(
            [("code", "=", "missing_reference")]
        ).active = True
        shipment = self.make_shipment()
        self.report(self.document(shipment, "dispatched", -30))
        self.watch()
        self.assertEqual(set(self.open_cases(shipment)), {"missing_reference"})
        self.env["freight.reference"].create(
            {"shipment_id": shipment.id, "type": "pro", "value": "4711"}
        )
        self.watch()
        self.assertEqual(self.open_cases(shipment), {})

    def test_a_policy_that_is_changed(self):
        shipment = self.late_in(1)
        with self.at(1.5):
            self.watch()
            self.assertEqual(self.open_cases(shipment), {})
            self.company.freight_delivery_grace = 0.25
            self.watch()
            self.assertEqual(set(self.open_cases(shipment)), {"delay"})

    def test_the_clock_looks_at_nobody_else(self):
        shipment = self.late_in(5)
        self.watch()
        self.assertEqual(shipment.control_due, NOON + timedelta(hours=6))
        seen = []
        look = type(shipment)._look_again
        with patch.object(
            self.registry["freight.shipment"],
            "_look_again",
            lambda these: (seen.append(these.ids), look(these)),
        ):
            with self.at(5):
                self.watch()
            self.assertEqual(seen, [])
            with self.at(6):
                self.watch()
                self.watch()
            self.assertEqual(seen, [shipment.ids], "once, and then nothing is due any more")
        self.assertFalse(shipment.control_due)

    def test_what_is_over_is_not_looked_at(self):
        shipment = self.late_in(5)
        self.report(self.document(shipment, "delivered", -1, proof={"signer": "DOCK 2"}))
        self.assertFalse(shipment.control_due)

    @mute_logger("odoo.addons.freight_canonical.models.freight_shipment_watch")
    def test_one_that_fails_holds_up_nobody(self):
        shipments = [self.late_in(1) for _number in range(4)]
        culprit = shipments[2]
        control = type(culprit)._control

        def fail(these, states, by_clock):
            if culprit.id in these.ids:
                raise ValueError("poison")
            return control(these, states, by_clock)

        with self.at(5), patch.object(self.registry["freight.shipment"], "_control", fail):
            self.watch()
        opened = [bool(self.open_cases(shipment)) for shipment in shipments]
        self.assertEqual(opened, [True, True, False, True])
        self.assertEqual(culprit.control_due, NOON + timedelta(hours=6), "put off by an hour")

    def test_batch_after_batch(self):
        shipments = [self.late_in(1) for _number in range(5)]
        with (
            self.at(5),
            patch("odoo.addons.freight_canonical.models.freight_shipment_watch.BATCH", 2),
        ):
            self.watch()
        self.assertTrue(all(self.open_cases(shipment) for shipment in shipments))
