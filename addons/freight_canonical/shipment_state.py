"""What is to be done with a shipment, and what its ledger knows of it.

Pure: no ORM. All times are UTC, all quantities are the shipment's pieces.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .quantities import Pieces


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, against which the ledger is read.

    ``deliveries`` names the stops to be delivered and ``transfers`` those where goods change
    vehicles; ``pieces`` has the planned pieces by stop, under None those of the shipment;
    ``lines`` has the numbers of the goods lines by the stop they go to.
    """

    deliveries: tuple = ()
    transfers: frozenset = frozenset()
    pieces: Mapping = field(default_factory=dict)
    lines: Mapping = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Incident:
    """A counting report of one of :data:`~.lifecycle.INCIDENTS`; ``reason`` is a code."""

    type: str
    source: int
    source_event_id: str
    occurred: datetime
    reason: str | None
    stop: int | None
    quantity: float | None


@dataclass(slots=True)
class StopState:
    """What the ledger knows of one stop. All times UTC."""

    arrival: datetime | None = None
    departure: datetime | None = None
    estimated_arrival: datetime | None = None
    planned_arrival: datetime | None = None
    appointment_start: datetime | None = None
    appointment_end: datetime | None = None
    unloaded: datetime | None = None
    pieces: Pieces = field(default_factory=Pieces)

    @property
    def quantity(self):
        """The pieces handled here: unloaded at a delivery, loaded at a pickup."""
        return self.pieces.of("delivered") or self.pieces.of("loaded")

    @property
    def refused(self):
        """The pieces that were refused here."""
        return self.pieces.of("refused")


@dataclass(slots=True)
class State:
    """The projection of a ledger.

    ``acceptance`` is the identity of the tender acceptance in force; ``implied`` lists the
    milestones that delivery implies and nobody reported; ``cancelled_after_dispatch`` makes the
    vehicle one that was ordered and not used, and ``cancelled_under_way`` is a cancellation that
    came too late for anything. ``whole`` is what was said of no stop in particular, ``lines`` the
    pieces by goods line number. ``counting`` has the stop of each report that counts by identity.
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
    cancelled_under_way: datetime | None = None
    implied: tuple[str, ...] = ()
    incidents: tuple[Incident, ...] = ()
    stops: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)
    whole: StopState = field(default_factory=StopState)
    counting: dict = field(default_factory=dict)

    def stop(self, key):
        """Return the state of the stop named ``key``, made at first sight; of None, the whole."""
        return self.whole if key is None else self.stops.setdefault(key, StopState())

    def line(self, number):
        """Return the :class:`~.quantities.Pieces` of goods line ``number``."""
        return self.lines.setdefault(number, Pieces())

    def pieces(self, kind):
        """Return how many pieces of the shipment are ``kind``, told by stop or of the whole."""
        by_stop = sum(stop.pieces.of(kind) for stop in self.stops.values())
        return max(by_stop, self.whole.pieces.of(kind))
