"""Which events of a ledger the world is told of, under which name, and once each.

Pure: no ORM, no clock. What is told is the fact and not the report: repeats, twins and a second
source that confirms it are no news.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from .evidence import Event, effective

#: Event type -> what its announcement is called, where that is not simply a milestone.
NAMES = {
    "tender_sent": "shipment.tendered",
    "tender_accepted": "shipment.tender_accepted",
    "tender_declined": "shipment.tender_declined",
    "dispatched": "shipment.dispatched",
    "delayed": "shipment.delayed",
    "partly_unloaded": "shipment.partially_delivered",
    "delivered": "shipment.partially_delivered",
    "pod_received": "shipment.pod_received",
}
COMPLETED = "shipment.delivered"
MILESTONE = "shipment.milestone"
RETRACTED = "shipment.milestone_retracted"

#: Types of kind exception that say where the goods are all the same.
ALSO_MILESTONES = frozenset({"delivery_attempted", "refused", "returned", "customs_held"})

#: What happens once at a stop: another source that says so too only confirms it.
CONFIRMED = frozenset(
    {
        "dispatched",
        "pickup_arrived",
        "departed_pickup",
        "out_for_delivery",
        "arrived_delivery",
        "delivered",
        "pod_received",
    }
)

#: Transport states in which all deliveries were made.
_DELIVERED = frozenset({"delivered", "closed"})


@dataclass(frozen=True, slots=True)
class Announcement:
    """What partners are told.

    :ivar name: unversioned, such as ``shipment.delivered``
    :ivar subject: what it is about, in words
    :ivar shipment: the ``freight.shipment`` that keeps the order of delivery; may be empty
    :ivar body: callable() -> JSON-serialisable body, called where somebody listens
    :ivar identity: names the fact, so that nobody is told twice; None to tell each time
    :ivar takes_back: the identity of what this takes back; only who was told that hears of it
    :ivar origin_id: id of the ``freight.system`` that said so, and need not be told
    :ivar recipient: the ``res.partner`` whose systems alone are told; None: whoever it concerns
    :ivar party: the ``res.partner`` whose matter it is: no other carrier is told; may be empty
    """

    name: str
    subject: str
    company: object
    shipment: object
    trace_id: str
    body: Callable[[], dict]
    identity: str | None = None
    takes_back: str | None = None
    origin_id: int | None = None
    recipient: object | None = None
    party: object | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """An event to be told of as ``name``; ``key`` names it within its shipment."""

    event: Event
    name: str
    key: str
    takes_back: str | None = None


def facts(
    events: Iterable[Event],
    fresh: Mapping,
    milestones: Collection[str],
    transport_state: str,
) -> list[Fact]:
    """Return what is to be told of the events in ``fresh``, in the order they were recorded.

    :param events: the whole ledger, in the order it was recorded
    :param fresh: identities of the events to look at
    :param milestones: event types that are milestones
    """
    ledger = list(events)
    known = {event.identity: event for event in ledger}
    counting = {event.identity for event in effective(ledger) if event.classifier == "actual"}
    standing = [event for event in ledger if event.identity in counting]
    found = []
    for event in ledger:
        if event.identity not in fresh:
            continue
        target = known.get((event.source, event.retracts or event.corrects))
        if target and _is_gone(target, event, standing) and _name(target, milestones):
            found.append(Fact(target, RETRACTED, f"back:{_key(target)}", _key(target)))
        name = _name(event, milestones)
        if name and event.identity in counting and not _is_confirmation(event, standing):
            if event.type == "delivered" and transport_state in _DELIVERED:
                name = COMPLETED if _completes(event, standing) else name
            found.append(Fact(event, name, _key(event)))
    return found


def _name(event, milestones):
    if event.classifier != "actual":
        return None
    is_milestone = event.type in milestones or event.type in ALSO_MILESTONES
    return NAMES.get(event.type) or (MILESTONE if is_milestone else None)


def _key(event):
    """Name the fact: twins have the same key, a correction one of its own."""
    key = f"{event.type}:{event.stop or 0}:{event.source}:{event.occurred.isoformat()}"
    return f"{key}:{event.source_event_id}" if event.corrects else key


def _same_fact(one, other):
    return (one.type, one.stop) == (other.type, other.stop)


def _is_gone(target, event, standing):
    """Return whether what was said by ``target`` holds no more, and nothing is in its place."""
    if event.corrects and _same_fact(target, event):
        return False
    confirmed = target.type in CONFIRMED and any(_same_fact(target, one) for one in standing)
    return not confirmed


def _is_confirmation(event, standing):
    """Return whether another source said so before."""
    if event.type not in CONFIRMED or event.corrects:
        return False
    first = next(one for one in standing if _same_fact(one, event))
    return first.source != event.source


def _completes(event, standing):
    """Return whether ``event`` is the delivery after which none was left to be told of."""
    told = [
        one for one in standing if one.type == "delivered" and not _is_confirmation(one, standing)
    ]
    return told[-1] is event
