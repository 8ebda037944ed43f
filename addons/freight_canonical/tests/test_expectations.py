"""Estimates and appointments: what is pushed again, what is news, and what holds."""

from datetime import timedelta

from ..documents import APPLIED, DUPLICATE, FILTERED
from .common import NOON, CanonicalCase


class TestEstimates(CanonicalCase):
    def estimate(self, shipment, hours, **data):
        return self.document(shipment, "estimated_delivery", hours, classifier="estimated", **data)

    def test_the_same_estimate_pushed_again_is_a_duplicate(self):
        shipment = self.make_shipment()
        pushes = [self.estimate(shipment, 30), self.estimate(shipment, 30)]
        statuses = [self.report(push)[0].status for push in pushes]
        self.assertEqual(statuses, [APPLIED, DUPLICATE])
        together = [outcome.status for outcome in self.report(*pushes)]
        self.assertEqual(together, [DUPLICATE, DUPLICATE])

    def test_an_estimate_that_returns_is_news(self):
        shipment = self.make_shipment()
        for day, hours in enumerate((30, 40, 30)):
            push = self.estimate(shipment, hours, received=NOON + timedelta(days=day))
            self.assertEqual(self.report(push)[0].status, APPLIED)
        self.assertEqual(shipment.estimated_delivery, NOON + timedelta(hours=30))

    def test_the_newest_word_holds_whatever_came_last(self):
        shipment = self.make_shipment()
        said = {3: 40, 5: 35, 4: 50}
        for reported, hours in said.items():
            moment = f"{(NOON + timedelta(hours=reported)).isoformat()}Z"
            self.report(self.estimate(shipment, hours, reported=moment))
        self.assertEqual(shipment.estimated_delivery, NOON + timedelta(hours=35))

    def test_an_appointment_goes_to_its_stop(self):
        shipment = self.make_shipment()
        delivery = shipment.stop_ids[1]
        for kind, hours, said in (
            ("not_after", 33, 3),
            ("not_before", 28, 2),
            ("appointment", 30, 1),
        ):
            self.report(
                self.document(
                    shipment,
                    kind,
                    hours,
                    classifier="planned",
                    stop={"role": "delivery"},
                    received=NOON + timedelta(hours=said),
                )
            )
        self.assertEqual(delivery.appointment_start, NOON + timedelta(hours=28))
        self.assertEqual(delivery.appointment_end, NOON + timedelta(hours=33))
        self.assertEqual(shipment.transport_state, "released")


class TestPings(CanonicalCase):
    def ping(self, shipment, minutes):
        return self.document(shipment, "position", minutes / 60, place={"city": f"M{minutes}"})

    def statuses(self, *documents):
        return [outcome.status for outcome in self.report(*documents)]

    def filtered(self):
        return sum(self.env["freight.ping.tally"].search([]).mapped("filtered"))

    def test_all_are_kept_where_nobody_says_otherwise(self):
        shipment = self.make_shipment()
        self.report(self.document(shipment, "departed_pickup", 0))
        pings = [self.ping(shipment, minutes) for minutes in range(1, 6)]
        self.assertEqual(self.statuses(*pings), [APPLIED] * 5)

    def test_the_newest_of_an_interval_is_kept(self):
        self.source.write({"ping_filter": "newest", "ping_interval": 15})
        shipment = self.make_shipment()
        self.report(self.document(shipment, "departed_pickup", 0))
        pings = [self.ping(shipment, minutes) for minutes in (1, 5, 9, 30)]
        self.assertEqual(self.statuses(*pings), [FILTERED, FILTERED, APPLIED, APPLIED])
        self.assertEqual(shipment.last_place, "M30")
        self.assertEqual(self.statuses(self.ping(shipment, 40)), [FILTERED])
        self.assertEqual(self.statuses(self.ping(shipment, 45)), [APPLIED])
        self.assertEqual(self.filtered(), 3)

    def test_the_first_movement_is_never_filtered(self):
        self.source.ping_filter = "drop"
        shipment = self.make_shipment()
        self.report(self.document(shipment, "dispatched", 0))
        self.assertEqual(self.statuses(self.ping(shipment, 1)), [APPLIED])
        self.assertEqual(shipment.transport_state, "in_transit")
        self.assertEqual(self.statuses(self.ping(shipment, 2)), [FILTERED])

    def test_a_ping_before_the_dispatch_is_heard_of_is_kept(self):
        self.source.ping_filter = "drop"
        shipment = self.make_shipment()
        self.assertEqual(self.statuses(self.ping(shipment, 5)), [APPLIED])
        self.report(self.document(shipment, "dispatched", 0))
        self.assertEqual(shipment.transport_state, "in_transit")

    def test_milestones_are_no_pings(self):
        self.source.ping_filter = "drop"
        shipment = self.make_shipment()
        reports = [
            self.document(shipment, kind, hours)
            for hours, kind in enumerate(("departed_pickup", "arrived_terminal", "delivered"))
        ]
        self.assertEqual(self.statuses(*reports), [APPLIED] * 3)
        self.assertEqual(self.filtered(), 0)
