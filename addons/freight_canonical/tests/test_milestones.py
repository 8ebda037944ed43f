from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from odoo.exceptions import AccessError
from odoo.tests import BaseCase, HttpCase, tagged

from ..evidence import Event
from ..milestones import StopPlan, assemble
from .common import NOON, CanonicalCase
from .properties import relaxed

T0 = datetime(2026, 11, 2, 12)
PICKUP = StopPlan(1, "pickup", T0, T0 + timedelta(hours=2))
TRANSFER = StopPlan(2, "transfer")
DALLAS = StopPlan(3, "delivery", T0 + timedelta(hours=20), T0 + timedelta(hours=24))
TULSA = StopPlan(4, "delivery", T0 + timedelta(hours=30), T0 + timedelta(hours=34))


def event(kind, hours, stop=None, classifier="actual", identity=None, **values):
    moment = T0 + timedelta(hours=hours)
    identity = identity or f"{kind}:{stop}:{hours}"
    return Event(1, identity, kind, classifier, moment, values.pop("reported", moment), stop,
                 **values)  # fmt: skip


def lined_up(events, stops=(PICKUP, DALLAS), state="in_transit", hours=3):
    """Return {(code, stop): milestone}, in order, as of ``hours`` after the beginning."""
    found = assemble(events, stops, state, T0 + timedelta(hours=hours))
    return {(one.code, one.stop): one for one in found}


@tagged("post_install", "-at_install")
class TestMilestones(BaseCase):
    def test_they_stand_in_the_order_of_the_route(self):
        codes = [*lined_up([], (PICKUP, TRANSFER, DALLAS), "draft")]
        self.assertEqual(
            codes,
            [("released", None), ("tender_sent", None), ("tender_accepted", None),
             ("dispatched", None), ("pickup_arrived", 1), ("departed_pickup", 1),
             ("arrived_terminal", 2), ("departed_terminal", 2), ("arrived_delivery", 3),
             ("delivered", 3), ("pod_received", 3)],
        )  # fmt: skip

    def test_the_first_open_one_is_next(self):
        found = lined_up([event("dispatched", 0), event("departed_pickup", 1, 1)])
        nexts = [key for key, one in found.items() if one.status == "next"]
        self.assertEqual(nexts, [("arrived_delivery", 3)])
        self.assertEqual(found["tender_accepted", None].status, "unreported")
        self.assertEqual(found["pickup_arrived", 1].status, "unreported")

    def test_a_delivery_implies_what_came_before_and_invents_no_time(self):
        found = lined_up([event("delivered", 20, 3)], state="delivered", hours=21)
        for key in (("dispatched", None), ("departed_pickup", 1), ("arrived_delivery", 3)):
            self.assertEqual((found[key].status, found[key].actual), ("implied", None), key)
        self.assertEqual(found["pod_received", 3].status, "next")

    def test_one_of_two_deliveries_implies_nothing_of_the_other(self):
        found = lined_up(
            [event("delivered", 20, 4)], (PICKUP, DALLAS, TULSA), "partially_delivered", 21
        )
        self.assertEqual(found["arrived_delivery", 4].status, "implied")
        self.assertEqual(found["arrived_delivery", 3].status, "next")
        self.assertEqual(found["departed_pickup", 1].status, "implied")

    def test_of_two_reports_the_first_arrival_and_the_last_departure_stand(self):
        events = [event("pickup_arrived", 1, 1), event("pickup_arrived", 2, 1),
                  event("departed_pickup", 3, 1), event("departed_pickup", 4, 1)]  # fmt: skip
        found = lined_up(events)
        self.assertEqual(found["pickup_arrived", 1].actual, T0 + timedelta(hours=1))
        self.assertEqual(found["departed_pickup", 1].actual, T0 + timedelta(hours=4))

    def test_the_newest_estimate_stands_and_may_be_late(self):
        events = [
            event("estimated_arrival", 40, 3, "estimated", reported=T0 + timedelta(hours=1)),
            event("estimated_arrival", 22, 3, "estimated", reported=T0),
        ]
        arrival = lined_up(events)["arrived_delivery", 3]
        self.assertEqual(arrival.estimated, T0 + timedelta(hours=40))
        self.assertEqual((arrival.actual, arrival.lateness), (None, "expected"))

    def test_late_is_judged_by_the_arrival(self):
        self.assertEqual(lined_up([], hours=25)["arrived_delivery", 3].lateness, "late")
        in_time = lined_up([event("arrived_delivery", 23, 3), event("delivered", 26, 3)], hours=27)
        self.assertEqual(in_time["arrived_delivery", 3].lateness, None)
        self.assertEqual(in_time["delivered", 3].lateness, None)
        unknown = lined_up([event("delivered", 26, 3)], hours=27)
        self.assertEqual(unknown["delivered", 3].lateness, "late")

    def test_out_for_delivery_shows_where_it_was_reported(self):
        self.assertNotIn(("out_for_delivery", 3), lined_up([]))
        found = lined_up([event("out_for_delivery", 19, 3)])
        self.assertEqual(found["out_for_delivery", 3].status, "done")

    def test_a_refusal_stands_where_it_happened_and_voids_the_stop(self):
        events = [event("arrived_delivery", 20, 3), event("refused", 21, 3)]
        found = lined_up(events, (PICKUP, DALLAS, TULSA), "in_transit", 22)
        codes = [code for code, stop in found if stop == 3]
        self.assertEqual(codes, ["arrived_delivery", "refused", "delivered", "pod_received"])
        self.assertEqual(found["refused", 3].status, "deviation")
        self.assertEqual(found["delivered", 3].status, "void")
        self.assertEqual(found["arrived_delivery", 4].status, "next")

    def test_nothing_is_awaited_where_another_stop_took_its_place(self):
        gone = StopPlan(3, "delivery", gone=True)
        found = lined_up([event("departed_pickup", 1, 1)], (PICKUP, gone, TULSA))
        self.assertEqual(found["delivered", 3].status, "void")
        self.assertEqual(found["arrived_delivery", 4].status, "next")

    def test_a_cancelled_shipment_awaits_nothing(self):
        found = lined_up([event("released", 0), event("cancelled", 1)], state="cancelled", hours=99)
        statuses = {one.status for one in found.values()}
        self.assertEqual(statuses, {"done", "deviation", "void"})
        self.assertFalse([one for one in found.values() if one.lateness])

    def test_what_was_retracted_is_not_done(self):
        events = [event("departed_pickup", 1, 1, identity="a"),
                  event("retraction", 2, identity="b", retracts="a")]  # fmt: skip
        self.assertNotEqual(lined_up(events)["departed_pickup", 1].status, "done")

    def test_arrivals_at_a_transfer_are_alike(self):
        events = [event("arrived_delivery", 5, 2), event("departed_pickup", 6, 2)]
        found = lined_up(events, (PICKUP, TRANSFER, DALLAS))
        self.assertEqual(found["arrived_terminal", 2].status, "done")
        self.assertEqual(found["arrived_delivery", 3].status, "next")

    def test_a_delivery_of_the_whole_is_one_of_each_stop(self):
        found = lined_up([event("delivered", 20)], (PICKUP, DALLAS, TULSA), "delivered", 21)
        self.assertEqual(found["delivered", 3].status, "done")
        self.assertEqual(found["delivered", 4].status, "done")

    @relaxed
    @given(st.permutations(
        [event("dispatched", 0), event("departed_pickup", 1, 1), event("delivered", 20, 3),
         event("refused", 21, 4), event("estimated_arrival", 30, 4, "estimated"),
         event("arrived_delivery", 19, 3), event("arrived_delivery", 18, 3)]
    ))  # fmt: skip
    def test_any_order_of_arrival_lines_up_the_same(self, events):
        stops = (PICKUP, DALLAS, TULSA)
        expected = lined_up(sorted(events, key=lambda one: one.identity), stops)
        self.assertEqual(lined_up(events, stops), expected)


@tagged("post_install", "-at_install")
class TestShipmentMilestones(CanonicalCase):
    def test_the_bar_names_places_zones_and_utc_times(self):
        shipment = self.make_shipment(deliveries=2)
        self.report(self.document(shipment, "departed_pickup", 2))
        bar = shipment.get_milestones()
        self.assertEqual((bar["id"], bar["state"]), (shipment.id, "in_transit"))
        self.assertEqual(
            [(group["title"], group["tz"]) for group in bar["groups"][1:]],
            [(city, "America/Chicago") for city in ("Chicago", "Dallas", "Tulsa")],
        )
        departed = bar["groups"][1]["milestones"][-1]
        self.assertEqual(departed["label"], "Departed pickup")
        self.assertEqual(departed["actual"], "2026-11-02T14:00:00Z")
        keys = [one["key"] for group in bar["groups"] for one in group["milestones"]]
        self.assertEqual(len(keys), len(set(keys)))

    def test_the_dates_of_the_shipment_stand_in_for_appointments(self):
        shipment = self.make_shipment(planned_pickup=NOON, planned_delivery=NOON)
        groups = shipment.get_milestones()["groups"]
        planned = [groups[at]["milestones"][0]["planned"] for at in (1, 2)]
        self.assertEqual(planned, ["2026-11-02T12:00:00Z"] * 2)

    def test_a_new_shipment_without_stops_has_its_tender(self):
        shipment = self.env["freight.shipment"].create({})
        self.assertEqual(len(shipment.get_milestones()["groups"]), 1)

    def test_who_may_not_read_the_shipment_sees_no_milestones(self):
        shipment = self.make_shipment()
        employee = self.make_user("milestone_employee", "base.group_user")
        with self.assertRaises(AccessError):
            shipment.with_user(employee).get_milestones()
        reader = self.make_user("milestone_reader", "auditor")
        self.assertTrue(shipment.with_user(reader).get_milestones()["groups"])


@tagged("post_install", "-at_install")
class TestShipmentSummary(CanonicalCase):
    def test_a_card_says_where_it_goes_and_how_far_it_is(self):
        shipment = self.make_shipment(deliveries=2)
        self.assertEqual(shipment.route, "Chicago → Tulsa +1")
        self.assertEqual(shipment.next_stop_id, shipment.stop_ids[0])
        before = shipment.progress
        self.report(self.document(shipment, "departed_pickup", 2))
        self.assertEqual(shipment.next_stop_id, shipment.stop_ids[1])
        self.assertGreater(shipment.progress, before)

    def test_a_shipment_is_late_or_expected_to_be(self):
        shipment = self.make_shipment(planned_delivery=NOON + timedelta(days=9000))
        self.assertFalse(shipment.lateness)
        late = (NOON + timedelta(days=9001)).isoformat() + "Z"
        self.report(
            self.document(shipment, "estimated_delivery", 1, classifier="estimated", occurred=late)
        )
        self.assertEqual(shipment.lateness, "expected")
        shipment.planned_delivery = NOON - timedelta(days=9000)
        self.assertEqual(shipment.lateness, "late")
        self.report(self.document(shipment, "delivered", 3))
        self.assertFalse(shipment.lateness)

    def test_a_board_has_its_columns_in_the_order_of_the_life_cycle(self):
        shipments = self.make_shipment() + self.make_shipment(release=False)
        groups = shipments.web_read_group(
            [("id", "in", shipments.ids)], ["__count"], ["transport_state"]
        )["groups"]
        states = [group["transport_state"] for group in groups]
        self.assertEqual(
            states, ["draft", "released", "accepted", "dispatched", "in_transit", "delivered"]
        )


@tagged("post_install", "-at_install")
class TestMilestoneBar(CanonicalCase, HttpCase):
    registry_test_mode = False  # CanonicalCase entered it already

    def test_the_bar_shows_what_is_done_next_and_late(self):
        shipment = self.make_shipment(planned_delivery=NOON - timedelta(days=9000))
        self.report(self.document(shipment, "departed_pickup", 2))
        url = f"/web#id={shipment.id}&model=freight.shipment&view_type=form"
        self.start_tour(url, "freight_milestone_bar", login="admin")
