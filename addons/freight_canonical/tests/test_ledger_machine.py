"""Any history of reports, told in any way, against a model that hears the truth once, in order."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from odoo.tests import BaseCase

from ..evidence import Event
from ..lifecycle import fold
from ..shipment_state import Plan

NOON = datetime(2026, 11, 2, 12)
PICKUP, FIRST, SECOND = 1, 2, 3
PLAN = Plan((FIRST, SECOND))
#: What the model knows: how far each milestone brings a shipment, written down independently.
STEPS = ["draft", "accepted", "dispatched", "in_transit", "arrived"]
MILESTONES = {
    "tender_accepted": "accepted",
    "dispatched": "dispatched",
    "loaded": "dispatched",
    "departed_pickup": "in_transit",
    "arrived_terminal": "in_transit",
    "arrived_delivery": "arrived",
}


class SequentialModel:
    """Knows what is true, each fact once, and walks through it in the order it happened."""

    def __init__(self):
        self.truth = {}

    def state(self):
        """Return (transport state, actual pickup, actual delivery, pieces by stop)."""
        step, pickup, delivered, pieces = 0, None, {}, {FIRST: 0, SECOND: 0}
        for fact in sorted(self.truth.values(), key=lambda one: (one.occurred, one.type)):
            if fact.type == "delivered":
                delivered[fact.stop] = fact.occurred
                pieces[fact.stop] += fact.quantity
            else:
                step = max(step, STEPS.index(MILESTONES[fact.type]))
            if fact.type == "departed_pickup":
                pickup = pickup or fact.occurred
        if not delivered:
            return (STEPS[step], pickup, None, pieces)
        # The shipment is delivered with whichever stop came last, and stays it.
        if len(delivered) < 2:
            return ("partially_delivered", pickup, None, pieces)
        return ("delivered", pickup, max(delivered.values()), pieces)


class LedgerMachine(RuleBasedStateMachine):
    """Reports arrive in parts, again, late, wrong, and are taken back and corrected."""

    reports = Bundle("reports")

    def __init__(self):
        super().__init__()
        self.model = SequentialModel()
        self.ledger = []
        self.count = 0

    def _report(self, kind, hour, stop, **values):
        self.count += 1
        moment = NOON + timedelta(hours=hour)
        quantity = 1.0 + hour if kind == "delivered" else None
        return Event(
            source=7,
            source_event_id=f"e{self.count}",
            type=kind,
            classifier="actual",
            occurred=moment,
            reported=NOON + timedelta(days=1, minutes=self.count),
            stop=stop if kind == "delivered" else None,
            quantity=quantity,
            **values,
        )

    def _arrives(self, report):
        self.ledger.append(report)
        self.model.truth.setdefault(report.twin_key, report)
        return report

    kinds = st.sampled_from([*MILESTONES, "delivered", "delivered"])
    hours = st.integers(0, 40)
    stops = st.sampled_from([FIRST, SECOND])

    @rule(target=reports, kind=kinds, hour=hours, stop=stops)
    def deliver(self, kind, hour, stop):
        """A report arrives, whenever it happened."""
        fact = self._report(kind, hour, stop)
        if fact.twin_key in self._dead():
            fact = replace(fact, occurred=fact.occurred + timedelta(seconds=self.count))
        return self._arrives(fact)

    @rule(report=reports)
    def duplicate(self, report):
        """The same report arrives again."""
        self.ledger.append(report)

    @rule(report=reports)
    def push_again(self, report):
        """The same fact arrives again under another id: a twin, dead if its fact is."""
        self.count += 1
        self.ledger.append(replace(report, source_event_id=f"e{self.count}"))

    @rule(report=consumes(reports))
    def retract(self, report):
        """A report is taken back, and its twins with it."""
        self.count += 1
        self.ledger.append(
            replace(
                report,
                source_event_id=f"e{self.count}",
                type="retraction",
                retracts=report.source_event_id,
                occurred=NOON + timedelta(days=3),
                quantity=None,
            )
        )
        self.model.truth.pop(report.twin_key, None)

    @rule(target=reports, report=consumes(reports), hour=hours)
    def correct(self, report, hour):
        """A report is replaced: what it said goes, what the new one says comes."""
        right = self._report(report.type, hour, report.stop, corrects=report.source_event_id)
        right = replace(right, occurred=right.occurred + timedelta(seconds=self.count))
        self.model.truth.pop(report.twin_key, None)
        return self._arrives(right)

    @rule(seed=st.integers(0, 1000))
    def reorder(self, seed):
        """The ledger was written in another order."""
        Random(seed).shuffle(self.ledger)

    @rule()
    def replay(self):
        """Everything arrives once more."""
        self.ledger += self.ledger[:50]

    @invariant()
    def is_what_the_model_says(self):
        """The fold equals the model, in this order and backwards."""
        state = fold(self.ledger, PLAN)
        pieces = {key: state.stop(key).pieces.of("delivered") for key in (FIRST, SECOND)}
        said = (state.transport_state, state.actual_pickup, state.actual_delivery, pieces)
        assert said == self.model.state()
        assert fold(reversed(self.ledger), PLAN).transport_state == state.transport_state

    def _dead(self):
        gone = {one.retracts or one.corrects for one in self.ledger} - {None}
        return {one.twin_key for one in self.ledger if one.source_event_id in gone}


class TestLedgerMachine(BaseCase):
    def test_every_telling_of_a_history_is_the_history(self):
        machine = LedgerMachine.TestCase()
        machine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
        machine.runTest()
