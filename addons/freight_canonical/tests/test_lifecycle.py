"""The fold: the rules of the canonical model as examples, and what holds for every ledger."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, permutations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import lifecycle
from ..evidence import Event, effective
from ..lifecycle import fold
from ..shipment_state import Plan
from .properties import relaxed

NOON = datetime(2026, 11, 2, 12)
PICKUP, FIRST, SECOND = 1, 2, 3
ONE, BOTH = Plan((FIRST,)), Plan((FIRST, SECOND))
CARRIER, TMS = 7, 8
_numbers = count(1)


def at(hours):
    """Return the moment ``hours`` after noon of the first day."""
    return NOON + timedelta(hours=hours)


def event(kind, hours=0, **values):
    """Return an actual event of the carrier with an identity of its own."""
    values.setdefault("source_event_id", f"e{next(_numbers)}")
    values.setdefault("reported", at(hours))
    return Event(
        **{"source": CARRIER, "type": kind, "classifier": "actual", "occurred": at(hours), **values}
    )


def estimate(kind, hours, reported, **values):
    """Return an estimate of ``hours`` that was reported at ``reported`` hours."""
    return event(kind, hours, classifier="estimated", reported=at(reported), **values)


def history(*kinds):
    """Return one event of each of ``kinds``, an hour apart."""
    return [event(kind, hours) for hours, kind in enumerate(kinds)]


def retraction(target, **values):
    """Return what takes ``target`` back."""
    values.setdefault("source", target.source)
    return event("retraction", 99, retracts=target.source_event_id, **values)


#: Shortest histories that lead to each state.
TO = {
    "draft": (),
    "released": ("released",),
    "tendered": ("released", "tender_sent"),
    "declined": ("released", "tender_sent", "tender_declined"),
    "accepted": ("released", "tender_sent", "tender_accepted"),
    "dispatched": ("released", "tender_accepted", "dispatched"),
    "in_transit": ("dispatched", "departed_pickup"),
    "refused": ("dispatched", "arrived_delivery", "refused"),
    "returned": ("dispatched", "departed_pickup", "returned"),
    "reconsigned": ("dispatched", "departed_pickup", "reconsigned"),
    "arrived": ("dispatched", "departed_pickup", "arrived_delivery"),
    "partially_delivered": ("dispatched", "arrived_delivery", "partly_unloaded"),
    "delivered": ("dispatched", "departed_pickup", "delivered"),
    "cancelled": ("released", "cancelled"),
    "closed": ("dispatched", "departed_pickup", "delivered", "closed"),
}

#: Where each event leads from each state, where it leads anywhere.
TRANSITIONS = [
    ("draft", "released", "released"),
    ("draft", "cancelled", "cancelled"),
    ("released", "tender_sent", "tendered"),
    ("released", "tender_accepted", "accepted"),
    ("released", "tender_declined", "declined"),
    ("released", "dispatched", "dispatched"),
    ("released", "cancelled", "cancelled"),
    ("tendered", "tender_declined", "declined"),
    ("tendered", "tender_accepted", "accepted"),
    ("tendered", "cancelled", "cancelled"),
    ("declined", "tender_sent", "tendered"),
    ("declined", "tender_accepted", "accepted"),
    ("declined", "cancelled", "cancelled"),
    ("accepted", "tender_declined", "declined"),
    ("accepted", "dispatched", "dispatched"),
    ("accepted", "pickup_arrived", "dispatched"),
    ("accepted", "departed_pickup", "in_transit"),
    ("accepted", "cancelled", "cancelled"),
    ("dispatched", "en_route", "in_transit"),
    ("dispatched", "position", "in_transit"),
    ("dispatched", "departed_pickup", "in_transit"),
    ("dispatched", "gate_out", "in_transit"),
    ("dispatched", "refused", "refused"),
    ("dispatched", "returned", "returned"),
    ("dispatched", "delivered", "delivered"),
    ("dispatched", "cancelled", "closed"),
    ("in_transit", "out_for_delivery", "in_transit"),
    ("in_transit", "arrived_delivery", "arrived"),
    ("in_transit", "delivery_attempted", "arrived"),
    ("in_transit", "reconsigned", "reconsigned"),
    ("in_transit", "returned", "returned"),
    ("in_transit", "delivered", "delivered"),
    ("arrived", "partly_unloaded", "partially_delivered"),
    ("arrived", "refused", "refused"),
    ("arrived", "returned", "returned"),
    ("arrived", "reconsigned", "reconsigned"),
    ("arrived", "delivered", "delivered"),
    ("partially_delivered", "delivered", "delivered"),
    ("partially_delivered", "refused", "refused"),
    ("partially_delivered", "returned", "returned"),
    ("partially_delivered", "closed", "closed"),
    ("refused", "returned", "returned"),
    ("refused", "reconsigned", "reconsigned"),
    ("refused", "departed_terminal", "in_transit"),
    ("refused", "delivered", "delivered"),
    ("refused", "closed", "closed"),
    ("reconsigned", "departed_terminal", "in_transit"),
    ("reconsigned", "arrived_delivery", "arrived"),
    ("returned", "delivered", "delivered"),
    ("returned", "closed", "closed"),
    ("delivered", "closed", "closed"),
]
EVENT_TYPES = sorted({*lifecycle.PROGRESS, *lifecycle.DEVIATIONS, *lifecycle.PINGS})


class TestTransitions(BaseCase):
    def state_after(self, *kinds):
        return fold(history(*kinds)).transport_state

    def test_each_state_is_reached(self):
        for state, kinds in TO.items():
            with self.subTest(state):
                self.assertEqual(self.state_after(*kinds), state)

    def test_where_events_lead(self):
        for state, kind, target in TRANSITIONS:
            with self.subTest(state=state, event=kind):
                self.assertEqual(self.state_after(*TO[state], kind), target)

    def test_nothing_leads_back(self):
        """Whatever the table does not name leaves a state alone or takes it forward."""
        named = {(state, kind) for state, kind, _target in TRANSITIONS}
        for state, kinds in TO.items():
            for kind in EVENT_TYPES:
                with self.subTest(state=state, event=kind):
                    after = self.state_after(*kinds, kind)
                    if (state, kind) not in named:
                        self.assertGreaterEqual(lifecycle.RANK[after], lifecycle.RANK[state])

    def test_delivered_cancelled_and_closed_are_ends(self):
        for state in ("delivered", "cancelled", "closed"):
            for kind in EVENT_TYPES:
                with self.subTest(state=state, event=kind):
                    end = "closed" if (state, kind) == ("delivered", "closed") else state
                    self.assertEqual(self.state_after(*TO[state], kind), end)

    def test_cancelled_only_before_dispatch(self):
        for state, kinds in TO.items():
            with self.subTest(state):
                cancelled = self.state_after(*kinds, "cancelled") == "cancelled"
                before = lifecycle.RANK[state] < lifecycle.RANK["dispatched"]
                self.assertEqual(cancelled, before or state == "cancelled")

    def test_a_cancellation_after_dispatch_is_a_vehicle_not_used(self):
        state = fold([*history(*TO["dispatched"]), event("cancelled", 20)])
        self.assertEqual(state.transport_state, "closed")
        self.assertEqual(state.cancelled_after_dispatch, at(20))
        for before in ("released", "in_transit", "delivered", "cancelled"):
            after = fold([*history(*TO[before]), event("cancelled", 20)])
            self.assertIsNone(after.cancelled_after_dispatch, before)

    def test_a_cancellation_of_moving_goods_is_only_noted(self):
        for state in ("in_transit", "arrived", "refused", "reconsigned", "partially_delivered"):
            with self.subTest(state):
                after = fold([*history(*TO[state]), event("cancelled", 20)])
                self.assertEqual(after.transport_state, state)
                self.assertEqual(after.cancelled_under_way, at(20))
        self.assertIsNone(
            fold([*history(*TO["delivered"]), event("cancelled", 20)]).cancelled_under_way
        )

    def test_an_unknown_type_changes_no_state(self):
        for state, kinds in TO.items():
            with self.subTest(state):
                self.assertEqual(self.state_after(*kinds, "unknown:ZZ"), state)

    def test_the_tables_name_states_that_have_a_rank(self):
        named = set(lifecycle.PROGRESS.values())
        for leads in lifecycle.DEVIATIONS.values():
            named |= {*leads, *leads.values()}
        self.assertEqual(named | {"draft"}, set(lifecycle.RANK))


class TestDocumentation(BaseCase):
    """The page about the life cycle says what the tables say."""

    def rows(self, columns):
        page = (Path(lifecycle.__file__).parent / "doc" / "life_cycle.rst").read_text("utf-8")
        cells = [re.split(r"  +", line) for line in page.splitlines() if line.startswith("``")]
        return [(row[0].strip("`"), *row[1:]) for row in cells if len(row) == columns]

    def test_progress(self):
        self.assertEqual(self.rows(2), list(lifecycle.PROGRESS.items()))

    def test_deviations(self):
        written = {
            (kind, state): target
            for kind, states, target in self.rows(3)
            for state in states.split(", ")
        }
        tables = {
            (kind, state): target
            for kind, leads in lifecycle.DEVIATIONS.items()
            for state, target in leads.items()
        }
        self.assertEqual(written, tables)


class TestRules(BaseCase):
    """The rules of "Folding events", one by one."""

    def test_1_every_permutation_gives_the_same_state(self):
        delivered = event("delivered", 30, stop=SECOND, quantity=4)
        events = [
            event("dispatched", 1),
            event("departed_pickup", 2, stop=PICKUP),
            estimate("estimated_delivery", 40, reported=3),
            event("delivered", 20, stop=FIRST, quantity=6),
            delivered,
            retraction(delivered),
            event("damaged", 30, stop=SECOND, quantity=1),
            event("delivered", 31, stop=SECOND, quantity=4),
        ]
        expected = fold(events, BOTH)
        self.assertEqual(expected.transport_state, "delivered")
        self.assertEqual(expected.actual_delivery, at(31))
        for order in permutations(events):
            self.assertEqual(fold(order, BOTH), expected)

    def test_1_what_occurred_in_one_minute_follows_the_life_cycle(self):
        minute = [event(kind, 5) for kind in ("refused", "arrived_delivery", "departed_pickup")]
        events = [event("dispatched", 0), *minute]
        self.assertEqual(fold(events).transport_state, "refused")
        self.assertEqual(fold(reversed(events)).transport_state, "refused")

    def test_2_an_estimate_never_overrides_an_actual(self):
        events = [event("dispatched"), event("delivered", 10, stop=FIRST)]
        before = fold(events, ONE)
        after = fold([*events, estimate("delivered", 50, reported=20, stop=FIRST)], ONE)
        self.assertEqual(after.transport_state, "delivered")
        self.assertEqual(after.actual_delivery, before.actual_delivery)
        self.assertEqual(after.stops[FIRST].unloaded, at(10))

    def test_2_the_newest_estimate_wins(self):
        newer = estimate("estimated_delivery", 30, reported=5)
        older = estimate("estimated_delivery", 40, reported=4)
        for order in ([newer, older], [older, newer]):
            self.assertEqual(fold(order).estimated_delivery, at(30))

    def test_2_an_estimate_that_returns_to_an_earlier_one_is_the_newest(self):
        events = [
            estimate("estimated_delivery", 30, reported=1, source_event_id="a"),
            estimate("estimated_delivery", 40, reported=2, source_event_id="b"),
            estimate("estimated_delivery", 30, reported=3, source_event_id="c"),
        ]
        for order in permutations(events):
            self.assertEqual(fold(order).estimated_delivery, at(30))

    def test_2_a_plan_changes_nothing(self):
        state = fold([event("delivered", 3, classifier="planned")])
        state.counting.clear()
        self.assertEqual(state, fold([]))

    def test_2_an_estimate_of_a_departure_is_no_arrival(self):
        state = fold([estimate("departed_pickup", 9, reported=1, stop=PICKUP)], ONE)
        self.assertEqual(state.estimated_pickup, at(9))
        self.assertNotIn(PICKUP, state.stops)

    def test_2_an_estimated_arrival_at_the_pickup_is_no_delivery(self):
        state = fold([estimate("estimated_arrival", 9, reported=1, stop=PICKUP)], ONE)
        self.assertIsNone(state.estimated_delivery)
        self.assertEqual(state.stops[PICKUP].estimated_arrival, at(9))

    def test_3_a_repeated_identity_counts_once(self):
        once = event("partly_unloaded", 5, stop=FIRST, quantity=3)
        self.assertEqual(fold([once, once, once]).stops[FIRST].quantity, 3)

    def test_3_twins_count_once_whatever_their_ids(self):
        one = event("partly_unloaded", 5, stop=FIRST, quantity=3)
        twin = replace(one, source_event_id="another")
        self.assertEqual(fold([one, twin]).stops[FIRST].quantity, 3)
        self.assertEqual(len(effective([one, twin])), 1)

    def test_3_what_differs_in_anything_is_no_twin(self):
        one = event("partly_unloaded", 5, stop=FIRST, quantity=3)
        for difference in (
            {"occurred": at(6)},
            {"stop": SECOND},
            {"type": "delivered"},
            {"classifier": "estimated"},
            {"source": TMS},
        ):
            with self.subTest(difference):
                other = replace(one, source_event_id="another", **difference)
                self.assertEqual(len(effective([one, other])), 2)

    def test_3_two_sources_that_confirm_the_same_pieces_do_not_add_up(self):
        carrier = event("delivered", 5, stop=FIRST, quantity=10)
        tms = replace(carrier, source=TMS)
        self.assertEqual(fold([carrier, tms], ONE).stops[FIRST].quantity, 10)

    def test_4_a_retraction_takes_its_target_back_whichever_comes_first(self):
        dispatched, delivered = history("dispatched", "delivered")
        for order in permutations([dispatched, delivered, retraction(delivered)]):
            state = fold(order)
            self.assertEqual(state.transport_state, "dispatched")
            self.assertIsNone(state.actual_delivery)

    def test_4_a_retraction_takes_twins_along(self):
        delivered = event("delivered", 9)
        twin = replace(delivered, source_event_id="another id")
        for order in permutations([delivered, retraction(delivered), twin]):
            self.assertEqual(fold(order).transport_state, "draft")

    def test_4_a_retraction_of_what_never_came_hits_nothing_else(self):
        never = event("delivered", 9)
        other = event("delivered", 9)
        self.assertEqual(fold([retraction(never), other]).transport_state, "delivered")

    def test_4_a_retraction_never_hits_another_sources_report(self):
        carrier = event("delivered", 9, source_event_id="same")
        tms = replace(carrier, source=TMS)
        self.assertEqual(fold([carrier, tms, retraction(carrier)]).transport_state, "delivered")
        self.assertEqual(
            fold([carrier, retraction(carrier, source=TMS)]).transport_state, "delivered"
        )

    def test_4_a_correction_takes_the_place_of_its_target(self):
        wrong = event("delivered", 9)
        twin = replace(wrong, source_event_id="pushed again")
        right = event("delivered", 8, corrects=wrong.source_event_id)
        for order in permutations([wrong, twin, right]):
            self.assertEqual(fold(order).actual_delivery, at(8))

    def test_4_corrections_of_corrections(self):
        first = event("delivered", 9)
        second = event("delivered", 8, corrects=first.source_event_id)
        back = event("delivered", 9, corrects=second.source_event_id)
        for order in permutations([first, second, back]):
            self.assertEqual(fold(order).actual_delivery, at(9))

    def test_4_a_correction_that_is_taken_back_does_not_revive_its_target(self):
        wrong = event("delivered", 9)
        right = event("delivered", 8, corrects=wrong.source_event_id)
        self.assertEqual(fold([wrong, right, retraction(right)]).transport_state, "draft")

    def test_4_a_correction_goes_with_its_twins_when_it_is_taken_back(self):
        wrong = event("delivered", 9)
        right = event("delivered", 8, corrects=wrong.source_event_id)
        pushed_again = replace(right, source_event_id="pushed again")
        for order in permutations([wrong, right, pushed_again, retraction(right)]):
            self.assertEqual(fold(order).transport_state, "draft")

    def test_4_a_correction_may_say_the_same_of_the_same_moment(self):
        wrong = event("delivered", 9, stop=FIRST, quantity=4)
        right = replace(wrong, source_event_id="r", corrects=wrong.source_event_id, quantity=5)
        again = replace(right, source_event_id="s", corrects="r", quantity=6)
        for order in permutations([wrong, right, again]):
            self.assertEqual(fold(order).stops[FIRST].quantity, 6)

    def test_5_a_delivery_implies_what_nobody_reported_and_invents_no_times(self):
        state = fold([event("delivered", 9, stop=FIRST)], ONE)
        self.assertEqual(
            state.implied, ("tender_accepted", "dispatched", "departed_pickup", "arrived_delivery")
        )
        self.assertIsNone(state.dispatched)
        self.assertIsNone(state.actual_pickup)
        self.assertIsNone(state.stops[FIRST].arrival)

    def test_5_a_late_report_fills_the_gap(self):
        state = fold([event("delivered", 9), event("departed_pickup", 2)])
        self.assertEqual(state.implied, ("tender_accepted", "dispatched", "arrived_delivery"))
        self.assertEqual(state.actual_pickup, at(2))

    def test_5_an_earlier_milestone_after_delivery_does_not_regress(self):
        state = fold([event("delivered", 5), event("out_for_delivery", 6)])
        self.assertEqual(state.transport_state, "delivered")
        self.assertEqual(state.actual_delivery, at(5))

    def test_6_the_first_ping_after_dispatch_is_movement(self):
        self.assertEqual(fold(history("dispatched", "position")).transport_state, "in_transit")

    def test_6_other_pings_change_no_state_but_the_last_place(self):
        for state in ("accepted", "arrived", "delivered"):
            with self.subTest(state):
                ping = event("position", 50, place="Tulsa, OK")
                after = fold([*history(*TO[state]), ping])
                self.assertEqual(after.transport_state, state)
                self.assertEqual(after.last_place, "Tulsa, OK")

    def test_6_the_last_place_is_the_latest_and_not_the_last_heard(self):
        events = [event("position", 9, place="Dallas"), event("position", 3, place="Tulsa")]
        self.assertEqual(fold(events).last_place, "Dallas")

    def test_7_two_unknown_codes_at_once_are_two_facts(self):
        events = [event("unknown:ZZ", 5), event("unknown:QQ", 5)]
        self.assertEqual(len(effective(events)), 2)

    def test_8_the_first_arrival_and_the_last_departure_count(self):
        events = [
            event("arrived_delivery", 5, stop=FIRST),
            event("departed_delivery", 6, stop=FIRST),
            event("arrived_delivery", 8, stop=FIRST),
            event("departed_delivery", 9, stop=FIRST),
        ]
        stop = fold(events, ONE).stops[FIRST]
        self.assertEqual((stop.arrival, stop.departure), (at(5), at(9)))

    def test_a_shipment_is_delivered_with_its_last_stop(self):
        first = event("delivered", 5, stop=FIRST)
        second = event("delivered", 9, stop=SECOND)
        state = fold([first], BOTH)
        self.assertEqual(state.transport_state, "partially_delivered")
        self.assertIsNone(state.actual_delivery, "it is not delivered yet")
        self.assertEqual(state.stops[FIRST].unloaded, at(5))
        state = fold([first, second], BOTH)
        self.assertEqual((state.transport_state, state.actual_delivery), ("delivered", at(9)))

    def test_a_delivery_of_the_whole_needs_no_stops(self):
        state = fold([event("delivered", 5)], BOTH)
        self.assertEqual((state.transport_state, state.actual_delivery), ("delivered", at(5)))

    def test_a_stop_that_refuses_leaves_the_others_to_be_delivered(self):
        refused = event("refused", 5, stop=FIRST)
        on_the_way = [*history("dispatched", "departed_pickup"), refused]
        self.assertEqual(fold(on_the_way, BOTH).transport_state, "in_transit")
        delivered = event("delivered", 9, stop=SECOND)
        state = fold([*on_the_way, delivered], BOTH)
        self.assertEqual(state.transport_state, "partially_delivered")
        again = event("delivered", 12, stop=FIRST)
        state = fold([*on_the_way, delivered, again], BOTH)
        self.assertEqual((state.transport_state, state.actual_delivery), ("delivered", at(12)))
        both = [*on_the_way, event("refused", 9, stop=SECOND)]
        self.assertEqual(fold(both, BOTH).transport_state, "refused")

    def test_a_refusal_of_some_pieces_is_no_refusal_of_the_goods(self):
        plan = Plan((FIRST,), pieces={None: 10, FIRST: 10})
        for stop in (None, FIRST):
            with self.subTest(stop=stop):
                some = event("refused", 5, stop=stop, quantity=3)
                rest = event("refused", 6, stop=stop, quantity=7)
                arrived = history("dispatched", "arrived_delivery")
                self.assertEqual(fold([*arrived, some], plan).transport_state, "arrived")
                self.assertEqual(fold([*arrived, some, rest], plan).transport_state, "refused")
        delivered = event("delivered", 7, stop=FIRST, quantity=7)
        state = fold([event("refused", 5, stop=FIRST, quantity=3), delivered], plan)
        self.assertEqual(state.transport_state, "delivered")
        self.assertEqual((state.stops[FIRST].quantity, state.stops[FIRST].refused), (7, 3))

    def test_what_is_delivered_to_a_transfer_is_still_in_transit(self):
        plan = Plan((SECOND,), transfers=frozenset({FIRST}))
        events = [
            event("departed_pickup", 1, stop=PICKUP),
            event("delivered", 5, stop=FIRST),
            event("departed_pickup", 8, stop=FIRST),
        ]
        state = fold(events, plan)
        self.assertEqual((state.transport_state, state.actual_pickup), ("in_transit", at(1)))
        self.assertEqual(
            (state.stops[FIRST].unloaded, state.stops[FIRST].departure), (at(5), at(8))
        )
        state = fold([*events, event("delivered", 20, stop=SECOND)], plan)
        self.assertEqual(state.transport_state, "delivered")

    def test_parts_add_up_and_totals_do_not(self):
        def confirmed(running):
            parts = [
                event("partly_unloaded", 5, stop=FIRST, quantity=6, running=running),
                event("delivered", 6, stop=FIRST, quantity=10, running=running),
            ]
            return fold(parts, ONE).stops[FIRST].quantity

        self.assertEqual((confirmed(False), confirmed(True)), (16, 10))

    def test_a_truck_that_is_reported_loaded_again_is_not_loaded_again(self):
        events = [event("loaded", hours, stop=PICKUP, quantity=10) for hours in (1, 2)]
        self.assertEqual(fold(events).stops[PICKUP].quantity, 10)

    def test_pieces_are_kept_by_goods_line(self):
        plan = Plan((FIRST, SECOND), lines={FIRST: (1, 2), SECOND: (3,)})
        events = [
            event("delivered", 5, stop=FIRST, goods=((1, 4), (2, 6))),
            event("damaged", 5, stop=FIRST, goods=((2, 1),)),
            event("delivered", 9, stop=SECOND, quantity=8),
        ]
        state = fold(events, plan)
        self.assertEqual([state.line(number).of("delivered") for number in (1, 2, 3)], [4, 6, 8])
        self.assertEqual(state.line(2).of("damaged"), 1)
        self.assertEqual((state.stops[FIRST].quantity, state.pieces("delivered")), (10, 18))

    def test_what_is_said_of_other_goods_at_once_is_no_twin(self):
        events = [event("delivered", 5, stop=FIRST, goods=((line, 2),)) for line in (1, 2, 2)]
        self.assertEqual(len(effective(events)), 2)
        self.assertEqual(fold(events, ONE).stops[FIRST].quantity, 4)

    def test_the_newest_appointment_holds(self):
        def plan(kind, hours, reported):
            said = {"classifier": "planned", "reported": at(reported), "stop": FIRST}
            return event(kind, hours, **said)

        made, moved = plan("appointment", 20, 1), plan("appointment", 30, 2)
        opens, closes = plan("not_before", 28, 3), plan("not_after", 33, 4)
        for order in permutations([made, moved, opens, closes]):
            stop = fold(order, ONE).stops[FIRST]
            self.assertEqual((stop.appointment_start, stop.appointment_end), (at(28), at(33)))
        stop = fold([made, moved, retraction(moved)], ONE).stops[FIRST]
        self.assertEqual((stop.appointment_start, stop.appointment_end), (at(20), at(20)))

    def test_incidents_are_the_reports_that_count(self):
        delayed, damaged = event("delayed", 3, reason="weather"), event("damaged", 4, stop=FIRST)
        guess = event("damaged", 9, classifier="estimated")
        incidents = fold([damaged, delayed, guess, retraction(damaged)]).incidents
        self.assertEqual([(one.type, one.reason) for one in incidents], [("delayed", "weather")])

    def test_a_closed_shipment_opens_when_its_delivery_is_taken_back(self):
        delivered = event("delivered", 5)
        closed = [*history("dispatched", "departed_pickup"), delivered, event("closed", 50)]
        self.assertEqual(fold(closed).transport_state, "closed")
        self.assertEqual(fold(closed).actual_delivery, at(5))
        self.assertEqual(fold([*closed, retraction(delivered)]).transport_state, "in_transit")

    def test_the_acceptance_in_force_is_the_last_that_was_not_declined(self):
        accepted = event("tender_accepted", 1)
        declined = event("tender_declined", 2)
        again = event("tender_accepted", 3, source=TMS)
        self.assertEqual(fold([accepted]).acceptance, (CARRIER, accepted.source_event_id))
        self.assertIsNone(fold([accepted, declined]).acceptance)
        self.assertEqual(fold([again, declined, accepted]).acceptance, (TMS, again.source_event_id))


# Every ledger ----------------------------------------------------------------------------------

facts = st.builds(
    Event,
    source=st.sampled_from([CARRIER, TMS]),
    source_event_id=st.sampled_from([f"id{number}" for number in range(12)]),
    type=st.sampled_from([*EVENT_TYPES, "estimated_delivery", "estimated_arrival", "delayed"]),
    classifier=st.sampled_from(["actual", "actual", "estimated", "planned"]),
    occurred=st.integers(0, 6).map(at),
    reported=st.integers(0, 6).map(at),
    stop=st.sampled_from([None, PICKUP, FIRST, SECOND]),
    quantity=st.sampled_from([None, 1.0, 5.0]),
    place=st.sampled_from([None, "Dallas", "Tulsa"]),
)
ids = st.sampled_from([None, None, *(f"id{number}" for number in range(12))])
any_event = st.builds(
    lambda fact, retracts, corrects: replace(fact, retracts=retracts, corrects=corrects),
    facts, ids, ids,
)  # fmt: skip


def ledgers(events):
    """Lists in which an identity stands for one report, as the ledger's constraint has it."""
    return st.lists(events, max_size=10, unique_by=lambda one: (one.source, one.source_event_id))


def projection(events):
    """Return the state without the name of the acceptance: twins may change which one it is."""
    state = fold(events, BOTH)
    state.acceptance = bool(state.acceptance)
    return state


class TestEveryLedger(BaseCase):
    @relaxed
    @given(ledgers(any_event), st.data())
    def test_order_and_repetition_do_not_matter(self, events, data):
        repeated = [
            *events,
            *data.draw(st.lists(st.sampled_from(events)) if events else st.just([])),
        ]
        shuffled = data.draw(st.permutations(repeated))
        self.assertEqual(fold(shuffled, BOTH), fold(events, BOTH))
        self.assertEqual(effective(shuffled), effective(events))

    @relaxed
    @given(ledgers(any_event), facts)
    def test_an_estimate_touches_nothing_actual(self, events, fact):
        new = replace(fact, classifier="estimated", source_event_id="new")
        before, after = projection(events), projection([*events, new])
        for name in (
            "transport_state",
            "actual_pickup",
            "actual_delivery",
            "last_place",
            "implied",
        ):
            self.assertEqual(getattr(after, name), getattr(before, name))
        for key, stop in before.stops.items():
            self.assertEqual(after.stops[key].arrival, stop.arrival)
            self.assertEqual(after.stops[key].pieces, stop.pieces)

    @relaxed
    @given(ledgers(facts), facts)
    def test_a_twin_of_an_actual_adds_nothing(self, events, fact):
        original = replace(fact, classifier="actual", source_event_id="original")
        twin = replace(original, source_event_id="twin")
        others = [one for one in events if one.twin_key != twin.twin_key]
        once, twice = [*others, original], [*others, original, twin]
        self.assertEqual(projection(twice), projection(once))

    @relaxed
    @given(ledgers(facts), facts)
    def test_a_retraction_is_as_if_nothing_had_been_said(self, events, fact):
        target = replace(fact, source_event_id="target")
        without = [one for one in events if one.twin_key != target.twin_key]
        self.assertEqual(projection([*events, target, retraction(target)]), projection(without))

    @relaxed
    @given(ledgers(facts), facts, facts)
    def test_a_correction_is_a_retraction_and_a_new_event(self, events, wrong, right):
        wrong = replace(wrong, source_event_id="wrong")
        right = replace(right, source_event_id="right", source=wrong.source)
        events = [one for one in events if one.twin_key != right.twin_key]
        without = [one for one in events if one.twin_key != wrong.twin_key]
        corrected = [*events, wrong, replace(right, corrects="wrong")]
        self.assertEqual(projection(corrected), projection([*without, right]))

    @relaxed
    @given(ledgers(facts))
    def test_more_news_but_a_cancellation_never_takes_a_delivery_back(self, events):
        events = [one for one in events if one.type not in ("cancelled", "closed")]
        for length in range(len(events)):
            if fold(events[:length]).transport_state == "delivered":
                self.assertEqual(fold(events).transport_state, "delivered")

    @relaxed
    @given(ledgers(any_event))
    def test_what_counts_is_a_part_of_what_came(self, events):
        counting = effective(events)
        self.assertLessEqual(set(counting), set(events))
        self.assertEqual(len({one.twin_key for one in counting}), len(counting))
