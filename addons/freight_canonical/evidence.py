"""What counts of what was reported: repeats, twins, retractions and corrections sorted out.

Pure: no ORM, no clock, no order of arrival.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the ledger as the fold sees it.

    ``occurred`` and ``reported`` are UTC. ``source`` with ``source_event_id`` is the identity of
    a report; ``stop`` is any hashable that names the stop, or None for the whole shipment.
    ``quantity`` is in the shipment's pieces, and ``goods`` has it by goods line, as pairs of the
    line's number and its pieces; with ``running`` both are totals up to this report, and not what
    it adds. ``reason`` is the code of the reason given.
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
    reason: str | None = None
    running: bool = False
    goods: tuple[tuple[int, float], ...] = ()

    @property
    def identity(self):
        """What the source calls this report."""
        return (self.source, self.source_event_id)

    @property
    def twin_key(self):
        """What makes two reports of one source the same fact, whatever their ids.

        What is said of other goods lines is another fact, though it happened at the same time.
        """
        lines = tuple(sorted(line for line, _pieces in self.goods))
        return (self.source, self.stop, self.type, self.classifier, self.occurred, lines)


def effective(events: Iterable[Event]) -> list[Event]:
    """Return the events that count, in no particular order.

    Dropped are repeats of an identity, retractions and all they hit (their target and its twins
    from the same source, whether they came before or after), and all but one of a set of twins:
    of twin estimates the last one reported stays, since the newest estimate wins.
    """
    by_identity = {}
    for event in events:
        by_identity.setdefault(event.identity, event)
    tombstones = set()
    for event in by_identity.values():
        target = event.retracts or event.corrects
        if target:
            tombstones.add((event.source, target))
    dead_twins = {by_identity[key].twin_key for key in tombstones if key in by_identity}
    survivors = {}
    for event in sorted(by_identity.values(), key=_preference):
        if event.type == "retraction" or event.identity in tombstones:
            continue
        if event.twin_key in dead_twins and not event.corrects:
            continue
        survivors.setdefault(event.twin_key, event)
    return list(survivors.values())


def _preference(event):
    """Order twins by which of them stays."""
    newest_first = event.classifier != "actual"
    age = datetime.max - event.reported if newest_first else timedelta(0)
    return (age, event.identity)
