"""Line up the milestones of a shipment: what was planned, is expected and happened, in order.

Pure: no ORM, no clock. All times are UTC.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .evidence import Event, effective
from .lifecycle import ARRIVALS, DEPARTURES, DEVIATIONS, fold_order

#: What happens before the goods move, in its order.
BEFORE = ("released", "tender_sent", "tender_accepted", "dispatched")

#: What happens at a stop of a role, in its order.
AT_STOP = {
    "pickup": ("pickup_arrived", "departed_pickup"),
    "transfer": ("arrived_terminal", "departed_terminal"),
    "delivery": ("out_for_delivery", "arrived_delivery", "delivered", "pod_received"),
}

#: Shown only where somebody spoke of it.
OPTIONAL = frozenset({"out_for_delivery"})

#: What estimates are called -> the milestone they are about.
ESTIMATES = {"estimated_arrival": "arrived_delivery", "estimated_delivery": "delivered"}

#: What went otherwise than planned and is shown where it happened.
OTHERWISE = frozenset(DEVIATIONS) - {"closed"} | {"partly_unloaded", "delivery_attempted"}

#: Deviations that belong to the time before the goods moved.
_OF_TENDER = frozenset({"tender_declined", "cancelled"})

#: What leaves a stop without a delivery.
_BACK = frozenset({"refused", "returned"})

#: What the appointment of a stop is about. A departure has no appointment.
_BY_APPOINTMENT = frozenset({"pickup_arrived", "arrived_terminal", "arrived_delivery", "delivered"})

#: Transport states in which nothing more is to come but a proof of delivery.
OVER = frozenset({"cancelled", "refused", "returned", "closed"})


@dataclass(frozen=True, slots=True)
class StopPlan:
    """What is planned at a stop.

    ``planned`` is when the goods or the truck are awaited, ``due`` the end of the appointment;
    ``signed`` is when a proof of delivery was signed; nothing goes to a stop any more that is
    ``gone``, because another came in its place.
    """

    key: int
    role: str
    planned: datetime | None = None
    due: datetime | None = None
    signed: datetime | None = None
    gone: bool = False


@dataclass(slots=True)
class Milestone:
    """One step of a shipment.

    ``status`` is ``done``; ``implied``, by a delivery, without a time; ``unreported``, where
    something later was; ``next``, ``open``, or ``void`` for what will not happen any more; or
    ``deviation`` for what went otherwise than planned. ``lateness`` is None, ``late`` or
    ``expected``.
    """

    code: str
    stop: int | None = None
    planned: datetime | None = None
    due: datetime | None = None
    estimated: datetime | None = None
    actual: datetime | None = None
    status: str = "open"
    lateness: str | None = None


def assemble(
    events: Iterable[Event], stops: Sequence[StopPlan], transport_state: str, now: datetime
) -> list[Milestone]:
    """Return the milestones of a shipment in order: before it moves, then stop by stop.

    :param events: the ledger; retracted reports and repeats are sorted out here
    :param stops: in the order of the route
    """
    told = _told(sorted(effective(events), key=fold_order), stops)
    groups = [_before(told)] + [_at_stop(told, stop) for stop in stops]
    _judge_progress(groups)
    _judge_rest(groups, transport_state, _left_out(told, stops))
    for group in groups:
        _judge_lateness(group, now)
    for deviation in _deviations(told):
        _insert(groups, deviation, stops)
    return [milestone for group in groups for milestone in group]


def _told(events, stops):
    """Return {(classifier, code, stop): moment}; what is said of no stop finds its stops."""
    told = {}
    for event in sorted(events, key=lambda one: (one.classifier != "actual", one.reported)):
        code = _code(event, stops)
        for stop in _stops_of(event, code, stops):
            key = (event.classifier, code, stop)
            if event.classifier == "actual" and key in told:
                keep = min if code in ARRIVALS else max
                told[key] = keep(told[key], event.occurred)
            else:
                told[key] = event.occurred
    return told


def _code(event, stops):
    """Return the milestone an event is about: at a transfer, all arrivals are alike."""
    code = ESTIMATES.get(event.type, event.type)
    if any(stop.key == event.stop and stop.role == "transfer" for stop in stops):
        if code in ARRIVALS:
            return "arrived_terminal"
        if code in DEPARTURES:
            return "departed_terminal"
    return code


def _stops_of(event, code, stops):
    """Return the stops that an event is about; the first pickup, and all deliveries, at None."""
    if event.stop is not None:
        return [event.stop]
    if code in AT_STOP["pickup"]:
        return [stop.key for stop in stops if stop.role == "pickup"][:1]
    if code in AT_STOP["delivery"]:
        return [stop.key for stop in stops if stop.role == "delivery"]
    return [None]


def _before(told):
    return [_milestone(told, code, None) for code in BEFORE]


def _at_stop(told, stop):
    group = []
    for code in AT_STOP[stop.role]:
        milestone = _milestone(told, code, stop.key)
        if code in _BY_APPOINTMENT:
            milestone.planned = milestone.planned or stop.planned
            milestone.due = stop.due
        if code == "pod_received":
            milestone.actual = milestone.actual or stop.signed
        if code not in OPTIONAL or milestone.actual or milestone.estimated:
            group.append(milestone)
    return group


def _milestone(told, code, stop):
    planned, estimated, actual = (
        told.get((classifier, code, stop)) for classifier in ("planned", "estimated", "actual")
    )
    return Milestone(code, stop, planned=planned, estimated=estimated, actual=actual)


def _judge_progress(groups):
    """Tell what is done, and of what comes before it that it must have been."""
    delivered = any(one.code == "delivered" and one.actual for group in groups for one in group)
    moved = False
    for group in reversed(groups):
        of_delivery = any(one.code == "delivered" for one in group)
        _judge_group(group, moved and not of_delivery, delivered)
        moved = moved or any(one.actual for one in group)


def _judge_group(group, passed, delivered):
    """Judge one group from its end: what is before something done has happened, told or not."""
    for milestone in reversed(group):
        if milestone.actual:
            milestone.status = "done"
        elif passed and milestone.code != "pod_received":
            milestone.status = "implied" if delivered else "unreported"
        passed = passed or bool(milestone.actual)


def _judge_rest(groups, transport_state, left_out):
    """Tell what comes next, and what does not come any more but for a proof of delivery."""
    for group in groups:
        delivered = any(one.code == "delivered" and one.actual for one in group)
        over = transport_state in OVER or (group[0].stop in left_out and not delivered)
        for milestone in group:
            if over and milestone.status == "open" and not delivered:
                milestone.status = "void"
    waiting = [one for group in groups for one in group if one.status == "open"]
    upcoming = [one for one in waiting if one.code != "pod_received"] or waiting
    if upcoming:
        upcoming[0].status = "next"


def _left_out(told, stops):
    """Return the stops that sent goods back, and those that others came in place of."""
    sent_back = {
        stop for classifier, code, stop in told if classifier == "actual" and code in _BACK
    }
    return sent_back | {stop.key for stop in stops if stop.gone}


def _judge_lateness(group, now):
    """Judge an arrival; a delivery only where nobody reported the arrival."""
    arrived = any(one.code == "arrived_delivery" and one.actual for one in group)
    for milestone in group:
        if not milestone.due or (milestone.code == "delivered" and arrived):
            continue
        if milestone.status == "done":
            milestone.lateness = "late" if milestone.actual > milestone.due else None
        elif milestone.status in ("open", "next"):
            expected = milestone.estimated and milestone.estimated > milestone.due
            milestone.lateness = "late" if now > milestone.due else expected and "expected" or None


def _deviations(told):
    """Return what went otherwise than planned, in the order of time."""
    found = [
        Milestone(code, stop, actual=moment, status="deviation")
        for (classifier, code, stop), moment in told.items()
        if classifier == "actual" and code in OTHERWISE
    ]
    return sorted(found, key=lambda one: (one.actual, one.code))


def _insert(groups, deviation, stops):
    """Put a deviation after what had happened before it, at its stop."""
    places = defaultdict(lambda: -1, {stop.key: at for at, stop in enumerate(stops, start=1)})
    group = groups[0 if deviation.code in _OF_TENDER else places[deviation.stop]]
    before = [at for at, one in enumerate(group) if one.actual and one.actual <= deviation.actual]
    group.insert(before[-1] + 1 if before else 0, deviation)
