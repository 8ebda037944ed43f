"""Fold a shipment's event ledger into its state.

Pure: no ORM, no clock, no order of arrival. The same set of events gives the same state in
whatever order, and however often, it is presented.

The tables :data:`PROGRESS` and :data:`DEVIATIONS` are the one place where the transport life
cycle is written down.
"""

from collections.abc import Iterable

from .evidence import Event, effective
from .quantities import KINDS
from .shipment_state import Incident, Plan, State

#: Event type -> transport state that it brings the shipment to. States only move forward along
#: :data:`RANK`; a repeated earlier milestone never brings a shipment back.
PROGRESS = {
    "released": "released",
    "tender_sent": "tendered",
    "tender_accepted": "accepted",
    "dispatched": "dispatched",
    "pickup_arrived": "dispatched",
    "loading": "dispatched",
    "loaded": "dispatched",
    "departed_pickup": "in_transit",
    "departed_terminal": "in_transit",
    "arrived_terminal": "in_transit",
    "gate_in": "in_transit",
    "gate_out": "in_transit",
    "at_customs": "in_transit",
    "customs_cleared": "in_transit",
    "customs_held": "in_transit",
    "discharged": "in_transit",
    "out_for_delivery": "in_transit",
    "arrived_delivery": "arrived",
    "delivery_attempted": "arrived",
    "partly_unloaded": "partially_delivered",
    "delivered": "delivered",
}

_BEFORE_DISPATCH = ("draft", "released", "tendered", "declined", "accepted")

#: Event type -> {state in which it counts: state it leads to}. A later milestone leads out again.
#: A cancellation after dispatch ends the shipment too, but not for nothing: the vehicle was
#: ordered and is not used. Once goods move, a cancellation is a wish and changes nothing.
DEVIATIONS = {
    "tender_declined": dict.fromkeys(("draft", "released", "tendered", "accepted"), "declined"),
    "refused": dict.fromkeys(
        ("dispatched", "in_transit", "arrived", "partially_delivered"), "refused"
    ),
    "returned": dict.fromkeys(
        ("dispatched", "in_transit", "arrived", "partially_delivered", "refused", "reconsigned"),
        "returned",
    ),
    "reconsigned": dict.fromkeys(("dispatched", "in_transit", "arrived", "refused"), "reconsigned"),
    "cancelled": {**dict.fromkeys(_BEFORE_DISPATCH, "cancelled"), "dispatched": "closed"},
    "closed": dict.fromkeys(("partially_delivered", "delivered", "refused", "returned"), "closed"),
}

#: How far along a state is. States of one rank follow each other freely.
RANK = {
    "draft": 0,
    "released": 1,
    "tendered": 2,
    "declined": 2,
    "accepted": 3,
    "dispatched": 4,
    "in_transit": 5,
    "refused": 5,
    "returned": 5,
    "reconsigned": 5,
    "arrived": 6,
    "partially_delivered": 7,
    "delivered": 8,
    "cancelled": 9,
    "closed": 10,
}

#: Pings move a dispatched shipment into transit and change no other state.
PINGS = frozenset({"en_route", "position"})

#: The milestones that a delivery implies when nobody reported them, in their order.
IMPLIED_BY_DELIVERY = ("tender_accepted", "dispatched", "departed_pickup", "arrived_delivery")

#: What went otherwise than planned and concerns people, whatever the state.
INCIDENTS = frozenset(
    {
        "delayed",
        "delivery_attempted",
        "damaged",
        "short",
        "refused",
        "returned",
        "reconsigned",
        "customs_held",
        "customs_cleared",
    }
)

ARRIVALS = frozenset({"pickup_arrived", "arrived_terminal", "arrived_delivery"})
DEPARTURES = frozenset({"departed_pickup", "departed_terminal", "departed_delivery"})
UNLOADED = frozenset({"delivered", "partly_unloaded"})

#: What an estimate must be about to move a planned date.
PICKUP_ESTIMATES = frozenset({"pickup_arrived", "departed_pickup"})
DELIVERY_ESTIMATES = frozenset(
    {"estimated_delivery", "estimated_arrival", "arrived_delivery", "delivered"}
)
ARRIVAL_ESTIMATES = DELIVERY_ESTIMATES | {"pickup_arrived", "arrived_terminal"}

#: Event type -> ends of the appointment that it sets. An appointment is made by a plan.
APPOINTMENTS = {
    "appointment": ("appointment_start", "appointment_end"),
    "not_before": ("appointment_start",),
    "not_after": ("appointment_end",),
}


def fold_order(event):
    """Return the place of an event in the fold: by occurrence, along the life cycle, by identity.

    Of what is reported for one minute, what went wrong comes after what it happened to.
    """
    rank = RANK.get(PROGRESS.get(event.type, "draft"), 0)
    return (event.occurred, event.type in DEVIATIONS, rank, event.type, *event.identity)


def fold(events: Iterable[Event], plan: Plan = Plan()) -> State:  # noqa: B008 (it is frozen)
    """Fold ``events`` into a :class:`State`.

    A shipment is delivered when each of the plan's stops is, or when a delivery is reported for
    the shipment as a whole. Stops that turned the goods away leave it partially delivered.
    """
    counting = sorted(effective(events), key=fold_order)
    actual = [event for event in counting if event.classifier == "actual"]
    state = State(counting={event.identity: event.stop for event in counting})
    course = _Course(state, plan)
    for event in actual:
        course.follow(event)
    _apply_plans(state, counting)
    _apply_estimates(state, counting, plan)
    _imply(state, actual)
    state.incidents = tuple(map(_incident, (one for one in actual if one.type in INCIDENTS)))
    return state


class _Course:
    """Takes a state along its actual events, one by one, in the order of the fold."""

    def __init__(self, state, plan):
        self.state = state
        self.plan = plan
        self.open = set(plan.deliveries)
        self.turned_away = set()

    def follow(self, event):
        """Let ``event`` act on the state."""
        state = self.state
        self._note_pieces(event)
        before, state.transport_state = state.transport_state, self._next_state(event)
        state.last_place = event.place or state.last_place
        self._note_times(event)
        if event.type == "tender_accepted":
            state.acceptance = event.identity
        elif event.type == "tender_declined":
            state.acceptance = None
        elif event.type == "cancelled":
            self._note_cancellation(event, before)

    def _next_state(self, event):
        """Return the transport state after ``event``; the rules of the module's tables."""
        current = self.state.transport_state
        if event.type in PINGS:
            return "in_transit" if current == "dispatched" else current
        if event.type in DEVIATIONS:
            return self._deviate(event, current)
        target = PROGRESS.get(event.type)
        if target is None or current == "cancelled":
            return current
        if event.stop in self.plan.transfers:
            target = min(target, "in_transit", key=RANK.get)
        elif target == "delivered":
            target = self._deliver(event.stop)
        return target if RANK[target] >= RANK[current] else current

    def _deviate(self, event, current):
        target = DEVIATIONS[event.type].get(current)
        if target is None:
            return current
        if event.type in ("refused", "returned"):
            return self._turn_away(event, current, target)
        return target

    def _deliver(self, stop):
        """Return the state after a delivery at ``stop``; at None, of the whole."""
        if stop is None:
            return "delivered"
        self.open.discard(stop)
        self.turned_away.discard(stop)
        return "partially_delivered" if self.open or self.turned_away else "delivered"

    def _turn_away(self, event, current, target):
        """Return the state after goods were refused or returned: in part, at a stop, or all."""
        planned = self.plan.pieces.get(event.stop)
        if event.quantity and planned:
            if self.state.stop(event.stop).pieces.of(KINDS[event.type]) < planned:
                return current
        if event.stop not in self.plan.deliveries:
            return target
        self.open.discard(event.stop)
        self.turned_away.add(event.stop)
        if self.turned_away == set(self.plan.deliveries):
            return target
        return current if self.open else "partially_delivered"

    def _note_pieces(self, event):
        kind = KINDS.get(event.type)
        if kind is None:
            return
        quantity = event.quantity or sum(pieces for _line, pieces in event.goods)
        self.state.stop(event.stop).pieces.note(kind, event.source, quantity, event.running)
        for line, pieces in event.goods or self._only_line(event):
            self.state.line(line).note(kind, event.source, pieces, event.running)

    def _only_line(self, event):
        """What is said of a stop that one goods line goes to is said of that line."""
        lines = self.plan.lines.get(event.stop, ())
        return [(lines[0], event.quantity)] if len(lines) == 1 else []

    def _note_times(self, event):
        state, stop = self.state, self.state.stop(event.stop)
        at_transfer = event.stop in self.plan.transfers
        if event.type in ARRIVALS:
            stop.arrival = stop.arrival or event.occurred
        if event.type in DEPARTURES:
            stop.departure = event.occurred
        if event.type in UNLOADED:
            stop.unloaded = event.occurred
        if event.type == "dispatched":
            state.dispatched = event.occurred
        if event.type == "departed_pickup" and not at_transfer:
            state.actual_pickup = state.actual_pickup or event.occurred
        if event.type == "delivered" and state.transport_state == "delivered":
            state.actual_delivery = event.occurred

    def _note_cancellation(self, event, before):
        if before == "dispatched":
            self.state.cancelled_after_dispatch = event.occurred
        elif RANK["dispatched"] < RANK[before] < RANK["delivered"]:
            self.state.cancelled_under_way = event.occurred


def _newest_last(events, classifier):
    """The newest word wins: order what was planned or estimated by when it was said."""
    said = [event for event in events if event.classifier == classifier]
    return sorted(said, key=lambda event: (event.reported, fold_order(event)))


def _apply_plans(state, events):
    """Take in appointments and planned arrivals; a plan never changes the transport state."""
    for event in _newest_last(events, "planned"):
        if event.stop is None:
            continue
        for name in APPOINTMENTS.get(event.type, ()):
            setattr(state.stop(event.stop), name, event.occurred)
        if event.type in ARRIVAL_ESTIMATES:
            state.stop(event.stop).planned_arrival = event.occurred


def _apply_estimates(state, events, plan):
    """The newest estimate wins; it stands beside what actually happened, never in its place."""
    for event in _newest_last(events, "estimated"):
        if event.type in PICKUP_ESTIMATES and event.stop not in plan.transfers:
            state.estimated_pickup = event.occurred
        if event.type in DELIVERY_ESTIMATES and event.stop in (None, *plan.deliveries):
            state.estimated_delivery = event.occurred
        if event.type in ARRIVAL_ESTIMATES and event.stop is not None:
            state.stop(event.stop).estimated_arrival = event.occurred


def _imply(state, actual):
    if state.actual_delivery:
        reported = {event.type for event in actual}
        state.implied = tuple(kind for kind in IMPLIED_BY_DELIVERY if kind not in reported)


def _incident(event):
    return Incident(
        event.type,
        event.source,
        event.source_event_id,
        event.occurred,
        event.reason,
        event.stop,
        event.quantity,
    )
