"""What counts of what was reported: repeats, twins, retractions and corrections sorted out.

Pure: no ORM, no clock, no order of arrival.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
    tombstones = _tombstones(by_identity.values())
    dead = defaultdict(set)
    for identity in tombstones & by_identity.keys():
        dead[by_identity[identity].twin_key].add(identity)
    survivors = {}
    for event in sorted(by_identity.values(), key=_preference):
        if event.type == "retraction" or event.identity in tombstones:
            continue
        if dead[event.twin_key] <= _corrected_by(event, by_identity):
            survivors.setdefault(event.twin_key, event)
    return list(survivors.values())


def _tombstones(events):
    """Return the identities that were taken back, of reports that came and that did not yet."""
    targets = ((event.source, event.retracts or event.corrects) for event in events)
    return {(source, target) for source, target in targets if target}


def _corrected_by(event, by_identity):
    """Return what ``event`` corrects, and what that corrected: their end is not its own.

    So a correction may say again what its target said, in everything that makes a twin.
    """
    corrected = set()
    while event and event.corrects:
        identity = (event.source, event.corrects)
        if identity in corrected:
            break
        corrected.add(identity)
        event = by_identity.get(identity)
    return corrected


def standing(events: Iterable[Event]) -> set:
    """Return the identities of the events that count."""
    return {event.identity for event in effective(events)}


def _preference(event):
    """Order twins by which of them stays."""
    newest_first = event.classifier != "actual"
    age = datetime.max - event.reported if newest_first else timedelta(0)
    return (age, event.identity)


@dataclass(frozen=True, slots=True)
class Journey:
    """Where goods were to go: ``first``, and from each moment of ``legs`` on to another stop.

    ``legs`` are pairs (moment, stop) in the order of moments.
    """

    first: int
    legs: tuple[tuple[datetime, int], ...] = ()

    @property
    def last(self):
        """The stop that the goods go to in the end."""
        return self.legs[-1][1] if self.legs else self.first

    def at(self, moment, named):
        """Return the stop that stands at ``moment`` for the one ``named``."""
        passed = [stop for since, stop in self.legs if since <= moment]
        if passed:
            return passed[-1]
        return named if any(stop == named for _since, stop in self.legs) else self.first


def redirect(events: Iterable[Event], journeys: Mapping[int, Journey]) -> list[Event]:
    """Return ``events`` at the stops that stand for theirs since the goods were reconsigned.

    :param journeys: the journey of each stop that is on one
    """
    return [
        replace(event, stop=journeys[event.stop].at(event.occurred, event.stop))
        if event.stop in journeys
        else event
        for event in events
    ]
