"""Fold a shipment's event ledger into its state.

Pure: no ORM, no clock, no order of arrival. The same set of events gives the same state in
whatever order, and however often, it is presented.

The tables :data:`PROGRESS` and :data:`DEVIATIONS` are the one place where the transport life
cycle is written down.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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

#: Event type -> (state it leads to, states in which it counts). A later milestone leads out again.
DEVIATIONS = {
    "tender_declined": ("declined", {"draft", "released", "tendered", "accepted"}),
    "refused": ("refused", {"dispatched", "in_transit", "arrived", "partially_delivered"}),
    "returned": (
        "returned",
        {"dispatched", "in_transit", "arrived", "partially_delivered", "refused", "reconsigned"},
    ),
    "reconsigned": ("reconsigned", {"dispatched", "in_transit", "arrived", "refused"}),
    "cancelled": ("cancelled", {"draft", "released", "tendered", "declined", "accepted"}),
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

ARRIVALS = frozenset({"pickup_arrived", "arrived_delivery"})
DEPARTURES = frozenset({"departed_pickup", "departed_delivery"})
UNLOADED = frozenset({"delivered", "partly_unloaded"})

#: What an estimate must be about to move a planned date.
PICKUP_ESTIMATES = frozenset({"pickup_arrived", "departed_pickup"})
DELIVERY_ESTIMATES = frozenset(
    {"estimated_delivery", "estimated_arrival", "arrived_delivery", "delivered"}
)
ARRIVAL_ESTIMATES = DELIVERY_ESTIMATES | {"pickup_arrived"}


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the ledger as the fold sees it.

    ``occurred`` and ``reported`` are UTC. ``source`` with ``source_event_id`` is the identity of
    a report; ``stop`` is any hashable that names the stop, or None for the whole shipment.
    ``quantity`` is what a delivery confirmed, in the shipment's pieces.
    """

    source: int
    source_event_id: str
    type: str
    classifier: str
    occurred: datetime
    reported: datetime
    stop: int | None = None
    retracts: str | None = None
    corrects: str | None = None
    quantity: float | None = None
    place: str | None = None

    @property
    def twin_key(self):
        """What makes two reports of one source the same fact, whatever their ids."""
        return (self.source, self.stop, self.type, self.classifier, self.occurred)

    @property
    def fold_order(self):
        """Order of the fold: by occurrence, then along the life cycle, then by identity.

        Of what is reported for one minute, what went wrong comes after what it happened to.
        """
        rank = RANK.get(PROGRESS.get(self.type, "draft"), 0)
        deviates = self.type in DEVIATIONS
        return (self.occurred, deviates, rank, self.type, self.source, self.source_event_id)


@dataclass(slots=True)
class StopState:
    """What the ledger knows of one stop. All times UTC. ``confirmed`` has pieces by source."""

    arrival: datetime | None = None
    departure: datetime | None = None
    estimated_arrival: datetime | None = None
    unloaded: datetime | None = None
    confirmed: dict = field(default_factory=dict)

    @property
    def quantity(self):
        """The pieces confirmed; two sources that confirm the same ones do not add up."""
        return max(self.confirmed.values(), default=0.0)


@dataclass(slots=True)
class State:
    """The projection of a ledger.

    ``acceptance`` is the identity of the tender acceptance in force; ``implied`` lists the
    milestones that delivery implies and nobody reported.
    """

    transport_state: str = "draft"
    actual_pickup: datetime | None = None
    actual_delivery: datetime | None = None
    estimated_pickup: datetime | None = None
    estimated_delivery: datetime | None = None
    dispatched: datetime | None = None
    last_place: str | None = None
    acceptance: tuple[int, str] | None = None
    cancelled_after_dispatch: datetime | None = None
    implied: tuple[str, ...] = ()
    stops: dict = field(default_factory=dict)

    def stop(self, key):
        """Return the state of the stop named ``key``, made at first sight."""
        return self.stops.setdefault(key, StopState())


def effective(events: Iterable[Event]) -> list[Event]:
    """Return the events that count, in the order of the fold.

    Dropped are repeats of an identity, retractions and all they hit (their target and its twins
    from the same source, whether they came before or after), and all but one of a set of twins:
    of twin estimates the last one reported stays, since the newest estimate wins.
    """
    by_identity = {}
    for event in events:
        by_identity.setdefault((event.source, event.source_event_id), event)
    tombstones = set()
    for event in by_identity.values():
        target = event.retracts or event.corrects
        if target:
            tombstones.add((event.source, target))
    dead_twins = {by_identity[key].twin_key for key in tombstones if key in by_identity}
    survivors = {}
    for identity, event in sorted(by_identity.items(), key=_preference):
        if event.type == "retraction" or identity in tombstones:
            continue
        if event.twin_key in dead_twins and not event.corrects:
            continue
        survivors.setdefault(event.twin_key, event)
    return sorted(survivors.values(), key=lambda event: event.fold_order)


def _preference(entry):
    """Order twins by which of them stays."""
    identity, event = entry
    age = datetime.max - event.reported if event.classifier == "estimated" else timedelta(0)
    return (age, identity)


def fold(events: Iterable[Event], delivery_stops: Collection[int] = ()) -> State:
    """Fold ``events`` into a :class:`State`; ``delivery_stops`` names all stops to be delivered.

    A shipment is delivered when each of them is, or when a delivery is reported for the shipment
    as a whole.
    """
    state = State()
    open_stops = set(delivery_stops)
    counting = effective(events)
    for event in counting:
        if event.classifier == "actual":
            _apply_actual(state, event, open_stops)
    _apply_estimates(state, counting, delivery_stops)
    _imply(state, counting)
    return state


def _apply_actual(state, event, open_stops):
    state.transport_state = _next_state(state, event, open_stops)
    if event.place:
        state.last_place = event.place
    _note_times(state, event)
    if event.type == "tender_accepted":
        state.acceptance = (event.source, event.source_event_id)
    elif event.type == "tender_declined":
        state.acceptance = None
    if event.type == "cancelled" and state.transport_state != "cancelled":
        state.cancelled_after_dispatch = event.occurred


def _next_state(state, event, open_stops):
    """Return the transport state after ``event``; the rules of the module's tables."""
    current = state.transport_state
    if event.type in PINGS:
        return "in_transit" if current == "dispatched" else current
    if event.type in DEVIATIONS:
        target, allowed = DEVIATIONS[event.type]
        return target if current in allowed else current
    target = PROGRESS.get(event.type)
    if target is None or current == "cancelled":
        return current
    if target == "delivered" and event.stop is not None:
        open_stops.discard(event.stop)
        target = "partially_delivered" if open_stops else "delivered"
    return target if RANK[target] >= RANK[current] else current


def _note_times(state, event):
    stop = state.stop(event.stop) if event.stop is not None else StopState()
    if event.type in ARRIVALS:
        stop.arrival = stop.arrival or event.occurred
    if event.type in DEPARTURES:
        stop.departure = event.occurred
    if event.type in UNLOADED:
        stop.unloaded = event.occurred
        confirmed = stop.confirmed.get(event.source, 0.0)
        stop.confirmed[event.source] = confirmed + (event.quantity or 0.0)
    if event.type == "dispatched":
        state.dispatched = event.occurred
    if event.type == "departed_pickup":
        state.actual_pickup = state.actual_pickup or event.occurred
    if event.type == "delivered" and state.transport_state == "delivered":
        state.actual_delivery = event.occurred


def _apply_estimates(state, events, delivery_stops):
    """The newest estimate wins; it stands beside what actually happened, never in its place."""
    newest = sorted(
        (event for event in events if event.classifier == "estimated"),
        key=lambda event: (event.reported, event.fold_order),
    )
    for event in newest:
        if event.type in PICKUP_ESTIMATES:
            state.estimated_pickup = event.occurred
        if event.type in DELIVERY_ESTIMATES and event.stop in (None, *delivery_stops):
            state.estimated_delivery = event.occurred
        if event.type in ARRIVAL_ESTIMATES and event.stop is not None:
            state.stop(event.stop).estimated_arrival = event.occurred


def _imply(state, events):
    if state.transport_state == "delivered":
        reported = {event.type for event in events if event.classifier == "actual"}
        state.implied = tuple(kind for kind in IMPLIED_BY_DELIVERY if kind not in reported)
