"""What gives cause for an exception: each rule as an example, and what holds for all of them."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..controls import (
    CODES,
    REPORTED,
    Movement,
    Policy,
    Stop,
    causes,
    findings,
    gone,
    next_look,
)
from ..lifecycle import fold
from ..shipment_state import Plan
from .properties import relaxed
from .test_lifecycle import FIRST, PICKUP, SECOND, at, estimate, event, retraction

POLICY = Policy(
    pickup_grace=timedelta(hours=1),
    delivery_grace=timedelta(hours=1),
    pod_after=timedelta(hours=48),
    reference_after=timedelta(hours=24),
    blameless=frozenset({"weather", "keying_error"}),
)
WEEKS_LATER = at(1000)


def movement(*events, due=None, signed=(), planned=None, **values):
    """Return a shipment of one pickup and two deliveries after ``events``.

    :param due: {stop: hours at which its appointment ends}
    :param signed: the stops whose delivery is proved
    :param planned: {stop: pieces}
    """
    state = fold(events, Plan(deliveries=(FIRST, SECOND)))
    stops = []
    for key, role in ((PICKUP, "pickup"), (FIRST, "delivery"), (SECOND, "delivery")):
        said = state.stop(key)
        stops.append(
            Stop(
                key=key,
                role=role,
                due=at(due[key]) if due and key in due else None,
                arrival=said.arrival,
                departure=said.departure,
                unloaded=said.unloaded,
                estimated=said.estimated_arrival,
                signed=said.unloaded if key in signed else None,
                planned=(planned or {}).get(key, 0.0),
                pieces=said.pieces,
            )
        )
    return Movement(state, tuple(stops), **values)


def found(shipment, hours=0, policy=POLICY):
    """Return {(code, stop): severity} of what should be open at ``hours``."""
    return {
        (one.code, one.stop): one.severity for one in findings(causes(shipment, policy), at(hours))
    }


#: A shipment under way that nobody expects anywhere yet.
UNDER_WAY = (event("released", -9), event("dispatched", -8), event("departed_pickup", -7))


class TestDelay(BaseCase):
    def test_a_reported_delay_lasts_until_the_stop_is_reached(self):
        late = event("delayed", 1, stop=FIRST)
        self.assertEqual(found(movement(*UNDER_WAY, late)), {("delay", FIRST): "warning"})
        came = movement(*UNDER_WAY, late, event("arrived_delivery", 2, stop=FIRST))
        self.assertEqual(found(came), {})
        self.assertEqual(gone("delay", FIRST, came), "reached")

    def test_a_delay_that_was_taken_back_is_none(self):
        late = event("delayed", 1, stop=FIRST)
        withdrawn = movement(*UNDER_WAY, retraction(late), late)
        self.assertEqual(found(withdrawn), {})
        self.assertEqual(gone("delay", FIRST, withdrawn), "in_time")

    def test_a_delay_of_no_stop_ends_with_the_delivery(self):
        late = event("delayed", 1)
        self.assertEqual(found(movement(*UNDER_WAY, late)), {("delay", None): "warning"})
        done = movement(*UNDER_WAY, late, event("delivered", 5), signed=())
        self.assertEqual(found(done), {})
        self.assertEqual(gone("delay", None, done), "ended")

    def test_a_delay_of_no_stop_is_that_of_the_only_delivery(self):
        state = fold([*UNDER_WAY, event("delayed", 1)], Plan(deliveries=(FIRST,)))
        single = Movement(state, (Stop(PICKUP, "pickup"), Stop(FIRST, "delivery")))
        self.assertEqual(found(single), {("delay", FIRST): "warning"})

    def test_an_estimate_beyond_window_and_grace(self):
        for hours, expected in ((10, {}), (11, {}), (11.01, {("delay", FIRST): "warning"})):
            with self.subTest(hours=hours):
                said = estimate("estimated_arrival", hours, 1, stop=FIRST)
                self.assertEqual(found(movement(*UNDER_WAY, said, due={FIRST: 10})), expected)

    def test_the_newest_estimate_counts(self):
        late = estimate("estimated_arrival", 20, 1, stop=FIRST)
        better = estimate("estimated_arrival", 9, 2, stop=FIRST)
        self.assertEqual(found(movement(*UNDER_WAY, better, late, due={FIRST: 10})), {})

    def test_the_clock_notices_a_missed_window(self):
        shipment = movement(*UNDER_WAY, due={FIRST: 10, SECOND: 30})
        self.assertEqual(found(shipment, 10.99), {})
        self.assertEqual(next_look(causes(shipment, POLICY), at(0)), at(11))
        self.assertEqual(found(shipment, 11), {("delay", FIRST): "warning"})
        self.assertEqual(next_look(causes(shipment, POLICY), at(11)), at(31))
        self.assertIn(("delay", SECOND), found(shipment, 31))

    def test_a_missed_pickup(self):
        shipment = movement(event("released"), due={PICKUP: 5})
        self.assertEqual(found(shipment, 6), {("delay", PICKUP): "warning"})
        for came in (event("pickup_arrived", 7, stop=PICKUP), event("departed_pickup", 7)):
            self.assertEqual(found(movement(event("released"), came, due={PICKUP: 5}), 8), {})

    def test_nobody_is_awaited_for_what_is_a_draft_or_over(self):
        due = {PICKUP: 5, FIRST: 6, SECOND: 7}
        self.assertEqual(found(movement(due=due), 1000), {})
        for last in ("cancelled", "returned", "refused"):
            begun = () if last == "cancelled" else UNDER_WAY
            over = movement(event("released", -9), *begun, event(last, 1), due=due)
            codes = {code for code, _stop in found(over, 10)}
            self.assertNotIn("delay", codes, last)

    def test_what_is_no_service_failure_is_information(self):
        for reason, severity in (("weather", "info"), ("breakdown", "warning"), (None, "warning")):
            with self.subTest(reason=reason):
                late = event("delayed", 1, stop=FIRST, reason=reason)
                shipment = movement(*UNDER_WAY, late, due={FIRST: 3})
                self.assertEqual(found(shipment, 2), {("delay", FIRST): severity})
                self.assertEqual(found(shipment, 9), {("delay", FIRST): severity})

    def test_two_late_stops_are_two_cases(self):
        shipment = movement(*UNDER_WAY, due={FIRST: 1, SECOND: 2})
        self.assertEqual(set(found(shipment, 9)), {("delay", FIRST), ("delay", SECOND)})

    def test_the_window_belongs_to_a_reported_delay(self):
        """Who settled the report settled the clock's finding about the same appointment too."""
        late = event("delayed", 1, stop=FIRST)
        shipment = movement(*UNDER_WAY, late, due={FIRST: 3})
        (before,), (after,) = (findings(causes(shipment, POLICY), at(hours)) for hours in (2, 5))
        self.assertEqual(before.tokens, after.tokens)
        moved = movement(*UNDER_WAY, late, due={FIRST: 4})
        (other,) = findings(causes(moved, POLICY), at(2))
        self.assertNotEqual(before.tokens, other.tokens)


class TestIncidents(BaseCase):
    def test_each_report_has_its_kind(self):
        for kind, (code, severity) in REPORTED.items():
            with self.subTest(kind):
                shipment = movement(*UNDER_WAY, event(kind, 1, stop=FIRST))
                self.assertEqual(found(shipment, 2), {(code, FIRST): severity})
                self.assertIn(code, CODES)

    def test_each_is_gone_when_it_is_taken_back(self):
        for kind, (code, _severity) in REPORTED.items():
            with self.subTest(kind):
                said = event(kind, 1, stop=FIRST)
                shipment = movement(*UNDER_WAY, retraction(said), said)
                self.assertEqual(found(shipment, 2), {})
                self.assertIn(gone(code, FIRST, shipment), ("taken_back", "in_time"))

    def test_what_a_delivery_makes_good(self):
        delivered = event("delivered", 3, stop=FIRST)
        for kind, stays in (
            ("delivery_attempted", False),
            ("refused", False),
            ("damaged", True),
            ("short", True),
        ):
            with self.subTest(kind):
                shipment = movement(*UNDER_WAY, event(kind, 1, stop=FIRST), delivered)
                self.assertEqual(bool(found(shipment, 4)), stays)
        attempted = movement(*UNDER_WAY, event("delivery_attempted", 1, stop=FIRST), delivered)
        self.assertEqual(gone("attempt", FIRST, attempted), "delivered")

    def test_a_refusal_in_part_stays_though_the_rest_was_delivered(self):
        refused = event("refused", 1, stop=FIRST, quantity=2)
        shipment = movement(*UNDER_WAY, refused, event("delivered", 3, stop=FIRST))
        self.assertIn(("refusal", FIRST), found(shipment, 4))

    def test_customs_let_the_goods_go(self):
        held, cleared = event("customs_held", 1), event("customs_cleared", 2)
        shipment = movement(*UNDER_WAY, cleared, held)
        self.assertEqual(found(shipment, 3), {})
        self.assertEqual(gone("customs_hold", None, shipment), "cleared")
        again = movement(*UNDER_WAY, held, cleared, event("customs_held", 5))
        self.assertEqual(found(again, 6), {("customs_hold", None): "warning"})

    def test_cancelled_too_late(self):
        unused = movement(event("dispatched"), event("cancelled", 1))
        self.assertEqual(found(unused, 2), {("vehicle_not_used", None): "warning"})
        under_way = movement(*UNDER_WAY, event("cancelled", 1))
        self.assertEqual(found(under_way, 2), {("cancelled_under_way", None): "critical"})


class TestPieces(BaseCase):
    def delivered(self, first, second, loaded=None, **values):
        load = [event("loaded", -7.5, stop=PICKUP, quantity=loaded)] if loaded else []
        return movement(
            *UNDER_WAY,
            *load,
            event("delivered", 1, stop=FIRST, quantity=first),
            event("delivered", 2, stop=SECOND, quantity=second),
            **values,
        )

    def test_against_what_was_planned(self):
        for first, second, expected in (
            (6, 4, {}),
            (6, 3, {("shortage", None): "critical"}),
            (6, 5, {("overage", None): "warning"}),
            (None, None, {}),
        ):
            with self.subTest(first=first, second=second):
                shipment = replace(self.delivered(first, second), planned=10.0)
                self.assertEqual(found(shipment), expected)

    def test_against_what_was_loaded(self):
        shipment = replace(self.delivered(5, 4, loaded=9), planned=10.0)
        self.assertEqual(found(shipment), {}, "what was not loaded cannot come")
        shipment = replace(self.delivered(5, 3, loaded=9), planned=10.0)
        self.assertEqual(found(shipment), {("shortage", None): "critical"})

    def test_stop_by_stop_where_the_goods_name_theirs(self):
        shipment = self.delivered(7, 3, planned={FIRST: 6.0, SECOND: 4.0})
        self.assertEqual(
            found(shipment), {("overage", FIRST): "warning", ("shortage", SECOND): "critical"}
        )

    def test_what_was_refused_is_not_short(self):
        shipment = movement(
            *UNDER_WAY,
            event("refused", 1, stop=FIRST, quantity=1),
            event("delivered", 1.5, stop=FIRST, quantity=5),
            event("delivered", 2, stop=SECOND, quantity=4),
            planned={FIRST: 6.0, SECOND: 4.0},
        )
        self.assertNotIn(("shortage", FIRST), found(shipment))

    def test_before_the_last_delivery_nothing_is_short(self):
        shipment = movement(
            *UNDER_WAY, event("delivered", 1, stop=FIRST, quantity=1), planned={FIRST: 6.0}
        )
        self.assertEqual(found(shipment, 2), {})


class TestPapers(BaseCase):
    def test_a_proof_of_delivery(self):
        done = (*UNDER_WAY, event("delivered", 1, stop=FIRST), event("delivered", 2, stop=SECOND))
        self.assertEqual(found(movement(*done), 48.9), {})
        self.assertEqual(found(movement(*done), 49), {("missing_pod", FIRST): "warning"})
        self.assertEqual(
            set(found(movement(*done), 50)), {("missing_pod", FIRST), ("missing_pod", SECOND)}
        )
        proved = movement(*done, signed=(FIRST, SECOND))
        self.assertEqual(found(proved, 1000), {})
        self.assertEqual(gone("missing_pod", FIRST, proved), "signed")

    def test_a_delivery_of_the_whole(self):
        shipment = movement(*UNDER_WAY, event("delivered", 1))
        self.assertEqual(found(shipment, 49), {("missing_pod", None): "warning"})

    def test_a_carriers_number(self):
        shipment = movement(*UNDER_WAY, carried=True)
        self.assertEqual(found(shipment, 15.9), {})
        self.assertEqual(found(shipment, 16), {("missing_reference", None): "warning"})
        for change in ({"numbered": True}, {"mode": "ftl"}, {"carried": False}):
            with self.subTest(change):
                self.assertEqual(found(replace(shipment, **change), 1000), {})
        self.assertEqual(
            gone("missing_reference", None, replace(shipment, numbered=True)), "numbered"
        )

    def test_what_a_company_does_not_watch(self):
        off = replace(POLICY, pod_after=None, reference_after=None)
        shipment = movement(*UNDER_WAY, event("delivered", 1), carried=True)
        self.assertEqual(found(shipment, 1000, off), {})


_STOPS = st.sampled_from([None, PICKUP, FIRST, SECOND])
_KINDS = st.sampled_from(
    [
        "released", "dispatched", "departed_pickup", "arrived_delivery", "delivered", "cancelled",
        "customs_cleared", "estimated_arrival", *REPORTED,
    ]
)  # fmt: skip
_EVENTS = st.builds(
    lambda kind, hours, stop, quantity, reason: event(
        kind,
        hours,
        stop=stop,
        quantity=quantity,
        reason=reason,
        classifier="estimated" if kind == "estimated_arrival" else "actual",
        source_event_id=f"{kind}:{hours}:{stop}",
    ),
    _KINDS,
    st.integers(-10, 40),
    _STOPS,
    st.sampled_from([None, 1, 4]),
    st.sampled_from([None, "weather", "breakdown"]),
)
_LEDGERS = st.lists(_EVENTS, max_size=9, unique_by=lambda one: one.source_event_id).flatmap(
    lambda events: (
        st.lists(st.sampled_from(events), max_size=2).map(
            lambda taken_back: [*events, *map(retraction, taken_back)]
        )
        if events
        else st.just([])
    )
)
_MOMENTS = st.integers(-20, 120)
_DUE = {PICKUP: 0, FIRST: 10, SECOND: 20}


class TestForEveryLedger(BaseCase):
    @relaxed
    @given(_LEDGERS.flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))), _MOMENTS)
    def test_the_order_of_arrival_does_not_matter(self, orders, hours):
        one, other = (
            findings(causes(movement(*order, due=_DUE, carried=True), POLICY), at(hours))
            for order in orders
        )
        self.assertEqual(one, other)

    @relaxed
    @given(_LEDGERS, _MOMENTS, st.integers(0, 100))
    def test_time_alone_only_adds(self, ledger, hours, more):
        shipment = movement(*ledger, due=_DUE, carried=True)
        self.assertLessEqual(set(found(shipment, hours)), set(found(shipment, hours + more)))

    @relaxed
    @given(_LEDGERS, _MOMENTS)
    def test_nothing_changes_before_the_next_look_and_something_may_then(self, ledger, hours):
        shipment = movement(*ledger, due=_DUE, carried=True)
        said = causes(shipment, POLICY)
        look = next_look(said, at(hours))
        until = (look or WEEKS_LATER) - timedelta(seconds=1)
        if until > at(hours):
            self.assertEqual(findings(said, at(hours)), findings(said, until))
        if look:
            self.assertGreater(look, at(hours))
            self.assertNotEqual(findings(said, at(hours)), findings(said, look))

    @relaxed
    @given(_LEDGERS, _MOMENTS)
    def test_one_finding_for_each_kind_and_stop(self, ledger, hours):
        said = findings(causes(movement(*ledger, due=_DUE, carried=True), POLICY), at(hours))
        places = [(one.code, one.stop) for one in said]
        self.assertEqual(len(places), len(set(places)))
        self.assertLessEqual({code for code, _stop in places}, CODES)
