"""Goods under way get another destination; whoever hears of it, and whenever."""

from itertools import permutations

from .common import CanonicalCase

TULSA = {"city": "Tulsa", "state": "OK", "zip": "74103", "country": "US"}
AUSTIN = {"city": "Austin", "zip": "78701"}
DALLAS = {"city": "Dallas", "zip": "75201"}


class TestReconsignment(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment()
        self.report(self.document(self.shipment, "departed_pickup", 1))

    @property
    def destinations(self):
        return self.shipment.stop_ids.filtered(lambda stop: stop.role == "delivery")

    def test_the_new_destination_takes_the_place_of_the_old(self):
        self.report(self.document(self.shipment, "reconsigned", 5, place=TULSA))
        dallas, tulsa = self.destinations
        self.assertEqual((tulsa.city, tulsa.replaces_id), ("Tulsa", dallas))
        self.assertEqual(self.shipment.transport_state, "reconsigned")
        self.report(self.document(self.shipment, "delivered", 20))
        self.assertEqual(self.shipment.transport_state, "delivered")
        self.assertTrue(tulsa.unloaded)
        self.assertFalse(dallas.unloaded)

    def test_any_order_gives_the_same_shipment(self):
        reports = (
            {"kind": "reconsigned", "hours": 5, "place": TULSA},
            {"kind": "out_for_delivery", "hours": 18},
            {"kind": "arrived_delivery", "hours": 19},
            {"kind": "delivered", "hours": 20},
        )
        seen = set()
        for order in permutations(reports):
            with self.env.cr.savepoint() as savepoint:
                for one in order:
                    self.report(self.document(self.shipment, **one))
                seen.add(
                    (
                        self.shipment.transport_state,
                        self.shipment.actual_delivery,
                        tuple(
                            (stop.city, stop.arrival, stop.unloaded) for stop in self.destinations
                        ),
                    )
                )
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(len(seen), 1)
        self.assertEqual(next(iter(seen))[0], "delivered")

    def test_one_that_is_taken_back_leaves_the_old_destination(self):
        self.report(self.document(self.shipment, "reconsigned", 5, place=TULSA, id="wrong"))
        self.report(self.document(self.shipment, "delivered", 20))
        self.report(self.document(self.shipment, "retraction", 21, id="no", retracts="wrong"))
        dallas, tulsa = self.destinations
        self.assertEqual(self.shipment.transport_state, "delivered")
        self.assertTrue(dallas.unloaded)
        self.assertFalse(tulsa.unloaded)

    def test_it_may_happen_again(self):
        self.report(self.document(self.shipment, "reconsigned", 5, place=TULSA))
        self.report(self.document(self.shipment, "reconsigned", 6, place=AUSTIN))
        self.report(self.document(self.shipment, "delivered", 20))
        self.assertEqual(
            self.destinations.mapped(lambda stop: (stop.city, bool(stop.unloaded))),
            [("Dallas", False), ("Tulsa", False), ("Austin", True)],
        )
        self.assertEqual(self.shipment.transport_state, "delivered")

    def test_the_same_place_is_no_new_destination(self):
        for place in (None, {}, DALLAS):
            self.report(self.document(self.shipment, "reconsigned", 5, place=place or {}))
        self.assertEqual(len(self.destinations), 1)

    def assert_any_order(self, *reports):
        """Return what all orders of ``reports`` and a delivery at last agree on: where it was."""
        reports += ({"kind": "delivered", "hours": 20},)
        seen = set()
        for order in permutations(reports):
            with self.env.cr.savepoint() as savepoint:
                for one in order:
                    self.report(self.document(self.shipment, **one))
                told = self.destinations.filtered(lambda stop: stop.arrival or stop.unloaded)
                places = sorted((one.city, bool(one.unloaded)) for one in told)
                seen.add((self.shipment.transport_state, *places))
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(len(seen), 1, seen)
        return seen.pop()

    def moved(self, hours, place, **data):
        return {"kind": "reconsigned", "hours": hours, "place": place, **data}

    def test_what_happened_before_stays_at_the_old_destination(self):
        early = {"kind": "arrived_delivery", "hours": 3}
        seen = self.assert_any_order(early, self.moved(5, TULSA))
        self.assertEqual(seen, ("delivered", ("Dallas", False), ("Tulsa", True)))

    def test_the_last_of_several_decides_whichever_came_first(self):
        seen = self.assert_any_order(self.moved(5, TULSA), self.moved(6, AUSTIN))
        self.assertEqual(seen, ("delivered", ("Austin", True)))

    def test_the_goods_may_go_back_to_the_first_destination(self):
        seen = self.assert_any_order(self.moved(5, TULSA), self.moved(6, DALLAS))
        self.assertEqual(seen, ("delivered", ("Dallas", True)))

    def test_the_same_told_twice_moves_the_goods_once(self):
        seen = self.assert_any_order(self.moved(5, TULSA, id="b"), self.moved(5, TULSA, id="a"))
        self.assertEqual(seen, ("delivered", ("Tulsa", True)))

    def test_one_source_taking_it_back_leaves_what_the_other_said(self):
        seen = self.assert_any_order(
            self.moved(5, TULSA, id="b"),
            self.moved(5, TULSA, system=self.tms),
            {"kind": "retraction", "hours": 7, "id": "no", "retracts": "b"},
        )
        self.assertEqual(seen, ("delivered", ("Tulsa", True)))

    def test_after_one_that_was_taken_back_another_may_follow(self):
        seen = self.assert_any_order(
            self.moved(5, TULSA, id="b"),
            {"kind": "retraction", "hours": 6, "id": "no", "retracts": "b"},
            self.moved(7, AUSTIN),
        )
        self.assertEqual(seen, ("delivered", ("Austin", True)))

    def test_one_of_two_destinations_is_found_by_its_new_place(self):
        self.shipment = self.make_shipment(deliveries=2)
        self.report(
            self.document(self.shipment, "reconsigned", 5, place=AUSTIN, stop={"sequence": 2}),
            self.document(self.shipment, "delivered", 8, place=AUSTIN),
            self.document(self.shipment, "delivered", 9, place=TULSA),
        )
        self.assertEqual(self.shipment.transport_state, "delivered")
        self.assertEqual(self.destinations.filtered("unloaded").mapped("city"), ["Tulsa", "Austin"])

    def test_the_goods_go_along(self):
        self.report(self.document(self.shipment, "reconsigned", 5, place=TULSA))
        tulsa = self.destinations[1]
        self.assertEqual(tulsa.planned_quantity, 10)
        self.report(self.document(self.shipment, "delivered", 20, quantity="9"))
        self.assertEqual(self.shipment.line_ids.delivered, 9)
        self.assertEqual(self.shipment.line_ids.under_delivered, 1)
