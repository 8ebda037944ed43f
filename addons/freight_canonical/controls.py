"""Which exceptions a shipment gives cause for, as its ledger, its appointments and the clock say.

Pure: no ORM, no clock of its own. Control is target minus open: :func:`findings` says which cases
should be open now; whoever holds the cases opens what is missing and closes what is no longer
found. So any order of arrival, repeats, retractions and corrections leave the same cases, and a
second look finds nothing to do.

All times are UTC, quantities the shipment's pieces.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .lifecycle import RANK
from .quantities import Pieces
from .shipment_state import State

SEVERITIES = ("info", "warning", "critical")

#: Kinds of exception that controls open and close.
CODES = frozenset(
    {
        "delay",
        "damage",
        "shortage",
        "overage",
        "refusal",
        "return",
        "attempt",
        "customs_hold",
        "vehicle_not_used",
        "cancelled_under_way",
        "missing_pod",
        "missing_reference",
    }
)

#: Type of a reported incident -> (kind of exception, its severity).
REPORTED = {
    "delayed": ("delay", "warning"),
    "damaged": ("damage", "critical"),
    "short": ("shortage", "critical"),
    "refused": ("refusal", "critical"),
    "returned": ("return", "warning"),
    "delivery_attempted": ("attempt", "warning"),
    "customs_held": ("customs_hold", "warning"),
}

#: States in which nothing is awaited at a stop any more.
_ENDED = frozenset({"delivered", "refused", "returned", "cancelled", "closed"})

#: States in which what was delivered is all there will be.
_COUNTED = frozenset({"delivered", "closed"})

#: Modes that run under the shipper's own numbers: no carrier's number is expected.
UNNUMBERED_MODES = frozenset({"ftl"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What a company tolerates. None for a time: not watched.

    ``blameless`` has the codes of the reasons that are no service failure.
    """

    pickup_grace: timedelta = timedelta(0)
    delivery_grace: timedelta = timedelta(0)
    pod_after: timedelta | None = None
    reference_after: timedelta | None = None
    blameless: frozenset = frozenset()


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop with its appointment and what became of it; ``due`` is the end of the appointment."""

    key: int
    role: str
    due: datetime | None = None
    arrival: datetime | None = None
    departure: datetime | None = None
    unloaded: datetime | None = None
    estimated: datetime | None = None
    signed: datetime | None = None
    planned: float = 0.0
    pieces: Pieces = field(default_factory=Pieces)

    @property
    def came(self):
        """When somebody is first known to have been here."""
        return self.arrival or self.unloaded or self.departure


@dataclass(frozen=True, slots=True)
class Movement:
    """A shipment as controls see it; ``stops`` in their order.

    ``carried`` tells whether a carrier is known, ``numbered`` whether one of its numbers is.
    """

    state: State
    stops: tuple[Stop, ...] = ()
    mode: str = "ltl"
    carried: bool = False
    numbered: bool = False
    planned: float = 0.0

    def stop(self, key):
        """Return the :class:`Stop` named ``key``, or None."""
        return next((stop for stop in self.stops if stop.key == key), None)

    def only_delivery(self):
        """Return the key of the one stop that is delivered to, None where there are several."""
        deliveries = [stop.key for stop in self.stops if stop.role == "delivery"]
        return deliveries[0] if len(deliveries) == 1 else None

    def passed(self, stop):
        """Return whether ``stop`` was reached. Goods that came further were picked up."""
        if stop.came or stop.role != "pickup":
            return bool(stop.came)
        position = self.stops.index(stop)
        first = all(other.role != "pickup" for other in self.stops[:position])
        under_way = RANK[self.state.transport_state] > RANK["dispatched"]
        return (first and under_way) or any(other.came for other in self.stops[position + 1 :])

    @property
    def over(self):
        """Whether nothing is awaited at any stop any more."""
        return self.state.transport_state in _ENDED


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason for a case of kind ``code`` at ``stop``; None for the shipment as a whole.

    ``token`` tells causes of one kind and stop apart: who settled a case settled its causes, and
    only another one opens a new case. ``since`` is when the cause sets in, None for at once.
    ``rule`` and ``facts`` make the sentence for people.
    """

    code: str
    stop: int | None
    rule: str
    token: str
    severity: str = "warning"
    since: datetime | None = None
    reason: str | None = None
    facts: Mapping = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that should be open, with its causes in a fixed order."""

    code: str
    stop: int | None
    causes: tuple[Cause, ...]

    @property
    def severity(self):
        """The gravest of the causes."""
        return max((cause.severity for cause in self.causes), key=SEVERITIES.index)

    @property
    def reason(self):
        """The code of the reason given last, or None."""
        return next((cause.reason for cause in reversed(self.causes) if cause.reason), None)

    @property
    def was_reported(self):
        """Whether something that was said gives cause for it, and not the passing of time alone."""
        return any(cause.since is None for cause in self.causes)

    @property
    def tokens(self):
        """What the case is about, without repeats."""
        return tuple(sorted({cause.token for cause in self.causes}))


def causes(movement: Movement, policy: Policy) -> list[Cause]:
    """Return all causes that ``movement`` gives, those included that set in later."""
    return [cause for rule in _RULES for cause in rule(movement, policy)]


def findings(found: list[Cause], now: datetime) -> list[Finding]:
    """Return what should be open at ``now``, one finding for each kind and stop."""
    grouped = defaultdict(list)
    for cause in found:
        if cause.since is None or cause.since <= now:
            grouped[cause.code, cause.stop].append(cause)
    return [Finding(*key, tuple(same)) for key, same in grouped.items()]


def next_look(found: list[Cause], now: datetime) -> datetime | None:
    """Return when the clock alone next changes what :func:`findings` says, or None."""
    return min((one.since for one in found if one.since and one.since > now), default=None)


def gone(code: str, stop_key: int | None, movement: Movement) -> str:
    """Return why a case of kind ``code`` is no longer found: the name of a sentence."""
    stop = movement.stop(stop_key)
    settled = {
        "delay": _delay_gone,
        "attempt": _delivery_came,
        "refusal": _delivery_came,
        "missing_pod": lambda _movement, at: "signed" if at and at.signed else "taken_back",
        "missing_reference": lambda all_of_it, _at: "numbered" if all_of_it.numbered else "ended",
        "overage": lambda _movement, _at: "counted",
        "customs_hold": lambda all_of_it, _at: (
            "cleared" if _cleared(all_of_it.state) else "taken_back"
        ),
    }
    return settled.get(code, lambda _movement, _at: "taken_back")(movement, stop)


def _delay_gone(movement, stop):
    if stop and movement.passed(stop):
        return "reached"
    return "ended" if movement.over else "in_time"


def _delivery_came(movement, stop):
    unloaded = stop.unloaded if stop else movement.state.actual_delivery
    return "delivered" if unloaded else "taken_back"


# Rules ------------------------------------------------------------------------------------------


def _late(movement: Movement, policy: Policy) -> Iterator[Cause]:
    """Whoever is awaited and does not come, or is not expected, in time for the appointment."""
    if movement.over or movement.state.transport_state == "draft":
        return
    excused = _excused(movement, policy)
    for stop in movement.stops:
        if not stop.due or movement.passed(stop):
            continue
        severity = "info" if stop.key in excused else "warning"
        grace = policy.pickup_grace if stop.role == "pickup" else policy.delivery_grace
        limit, token = stop.due + grace, f"window:{stop.due.isoformat()}"
        if stop.estimated and stop.estimated > limit:
            facts = {"time": stop.estimated, "due": stop.due}
            yield Cause("delay", stop.key, "expected_late", token, severity, facts=facts)
        facts = {"due": stop.due}
        yield Cause("delay", stop.key, "window_missed", token, severity, limit, facts=facts)


def _excused(movement, policy):
    """Return the stops whose delay was last put down to something that is no service failure."""
    reasons = {
        _place(movement, one): one.reason
        for one in movement.state.incidents
        if one.type == "delayed"
    }
    return {stop for stop, reason in reasons.items() if reason in policy.blameless}


def _reported(movement: Movement, policy: Policy) -> Iterator[Cause]:
    """What somebody reported and nothing has made good since."""
    for incident in movement.state.incidents:
        code, severity = REPORTED.get(incident.type, (None, None))
        if code is None or _made_good(movement, incident):
            continue
        if code == "delay" and incident.reason in policy.blameless:
            severity = "info"
        yield Cause(
            code,
            _place(movement, incident),
            incident.type,
            f"event:{incident.source}:{incident.source_event_id}",
            severity,
            reason=incident.reason,
            facts={"time": incident.occurred, "quantity": incident.quantity or 0},
        )
        if code == "delay":
            yield from _window_of(movement, incident, severity)


def _window_of(movement, incident, severity):
    """A reported delay is also about the appointment: who settles it settles that too."""
    stop = movement.stop(_place(movement, incident))
    if stop and stop.due:
        yield Cause(
            "delay",
            stop.key,
            "appointment",
            f"window:{stop.due.isoformat()}",
            severity,
            facts={"due": stop.due},
        )


def _place(movement, incident):
    """Return the stop of an incident; a delay of no stop in particular is that of the delivery."""
    if incident.stop is None and incident.type == "delayed":
        return movement.only_delivery()
    return incident.stop


def _made_good(movement, incident):
    """Return whether what happened since has taken the incident's cause away."""
    stop = movement.stop(_place(movement, incident))
    if incident.type == "delayed":
        return movement.over or bool(stop and movement.passed(stop))
    if incident.type == "delivery_attempted" or (
        incident.type == "refused" and not incident.quantity
    ):
        unloaded = stop.unloaded if stop else movement.state.actual_delivery
        return bool(unloaded and unloaded >= incident.occurred)
    if incident.type == "customs_held":
        cleared = _cleared(movement.state)
        return movement.over or bool(cleared and cleared >= incident.occurred)
    return False


def _cleared(state):
    """Return when customs last let the goods go, or None."""
    return max(
        (one.occurred for one in state.incidents if one.type == "customs_cleared"), default=None
    )


def _miscounted(movement: Movement, policy: Policy) -> Iterator[Cause]:
    """Pieces that do not add up once all is delivered, where somebody counted them."""
    if movement.state.transport_state not in _COUNTED:
        return
    by_stop = [stop for stop in movement.stops if stop.planned and stop.role == "delivery"]
    if len(by_stop) > 1:
        for stop in by_stop:
            told = [stop.pieces.of(kind) for kind in ("delivered", "refused")]
            yield from _count(stop.key, stop.planned, stop.planned, *told)
        return
    pieces = movement.state.pieces
    loaded = pieces("loaded") or movement.planned
    stop = movement.only_delivery()
    yield from _count(stop, movement.planned, loaded, pieces("delivered"), pieces("refused"))


def _count(stop, planned, loaded, delivered, refused):
    """Compare what came with what was loaded and with what was planned."""
    if not delivered:
        return
    came = delivered + refused
    facts = {"planned": planned, "loaded": loaded, "came": came}
    token = f"pieces:{loaded:g}:{came:g}"
    if came < loaded:
        yield Cause("shortage", stop, "pieces_missing", token, "critical", facts=facts)
    if planned and came > planned:
        yield Cause("overage", stop, "pieces_over", token, facts=facts)


def _cancelled(movement: Movement, policy: Policy) -> Iterator[Cause]:
    """A cancellation that came after the vehicle was on its way, or the goods were."""
    unused, too_late = (
        movement.state.cancelled_after_dispatch,
        movement.state.cancelled_under_way,
    )
    if unused:
        token, facts = f"cancelled:{unused.isoformat()}", {"time": unused}
        yield Cause("vehicle_not_used", None, "vehicle_not_used", token, facts=facts)
    if too_late:
        token, facts = f"cancelled:{too_late.isoformat()}", {"time": too_late}
        yield Cause(
            "cancelled_under_way", None, "cancelled_under_way", token, "critical", facts=facts
        )


def _unsigned(movement: Movement, policy: Policy) -> Iterator[Cause]:
    """A delivery that nobody has proved in time."""
    if policy.pod_after is None:
        return
    delivered = [stop for stop in movement.stops if stop.role == "delivery" and stop.unloaded]
    for stop in delivered:
        if not stop.signed:
            yield _no_proof(stop.key, stop.unloaded, policy)
    whole = movement.state.actual_delivery
    if whole and not delivered and not any(stop.signed for stop in movement.stops):
        yield _no_proof(None, whole, policy)


def _no_proof(stop, delivered, policy):
    since = delivered + policy.pod_after
    return Cause("missing_pod", stop, "no_proof", "pod", since=since, facts={"time": delivered})


def _unnumbered(movement: Movement, policy: Policy) -> Iterator[Cause]:
    """A carrier that is on its way and has not said under which number.

    Counted from dispatch: a tender is often accepted days before a number exists.
    """
    begun = movement.state.dispatched or movement.state.actual_pickup
    expected = movement.carried and movement.mode not in UNNUMBERED_MODES
    ended = movement.state.transport_state in ("cancelled", "closed")
    if policy.reference_after is None or not begun or not expected or ended or movement.numbered:
        return
    yield Cause(
        "missing_reference",
        None,
        "no_number",
        "number",
        since=begun + policy.reference_after,
        facts={"time": begun},
    )


_RULES = (_late, _reported, _miscounted, _cancelled, _unsigned, _unnumbered)
