"""What was planned at the stops of a shipment, as the fold and the controls need it. Pure."""

from datetime import datetime
from typing import NamedTuple


class PlannedStop(NamedTuple):
    """A stop: ids of records, times UTC, None for nothing."""

    id: int
    shipment_id: int
    role: str
    sequence: int
    replaces_id: int | None
    tz: str | None
    window_start: datetime | None
    window_end: datetime | None
    pod_time: datetime | None


def are_rerouted(stops):
    """Return whether any of ``stops`` stands for another one, since a reconsignment."""
    return any(stop.replaces_id for stop in stops)


def awaited(stops, journeys):
    """Return ``stops`` without those that goods on ``journeys`` do not go to in the end.

    :param journeys: {stop id: :class:`~.evidence.Journey`}
    """
    return [stop for stop in stops if stop.id not in journeys or journeys[stop.id].last == stop.id]
