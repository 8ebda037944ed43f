"""Who wants to hear of what: pure, so that it can be read and tested alone.

A subscription names kinds of events, and maybe carriers, lanes or a mode. What it names, all of it
must fit; of several carriers or lanes one is enough. A filter asks for something that is known: a
fact without a lane reaches no subscription to certain lanes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

#: What a pattern may be made of: the names of events, and ``*`` for anything.
_PATTERN = re.compile(r"[a-z0-9_.*]+")
_SEPARATORS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a subscription asks for. Ids are of records.

    :ivar patterns: names of events, ``*`` stands for anything
    :ivar carriers: ids of commercial partners, empty for all
    :ivar lanes: ids of lanes, empty for all
    :ivar mode: mode of transport, None for all
    :ivar held: whether what is written for it waits until the subscription goes on
    """

    subscription: int
    endpoint: int
    patterns: tuple[str, ...]
    carriers: frozenset = frozenset()
    lanes: frozenset = frozenset()
    mode: str | None = None
    held: bool = False

    @property
    def is_filtered(self):
        """Whether it asks for more than a kind of event."""
        return bool(self.carriers or self.lanes or self.mode)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Of which carriers, lane and mode a fact is; see :class:`Wish`."""

    carriers: frozenset = frozenset()
    lane: int | None = None
    mode: str | None = None


def patterns(text: str | None) -> tuple[str, ...]:
    """Return the patterns that people typed, between spaces, commas or on lines of their own.

    >>> patterns("shipment.*, tender.sent")
    ('shipment.*', 'tender.sent')

    :raise ValueError: with the first one that is none
    """
    found = tuple(dict.fromkeys(filter(None, _SEPARATORS.split(text or ""))))
    for one in found:
        if not _PATTERN.fullmatch(one):
            raise ValueError(one)
    return found


def names(wish: Wish, event_type: str) -> bool:
    """Return whether ``wish`` asks for events of this type."""
    return any(fnmatchcase(event_type, pattern) for pattern in wish.patterns)


def fits(wish: Wish, fact: Circumstances) -> bool:
    """Return whether a fact of a type that ``wish`` names is among those it asks for."""
    if wish.carriers and not wish.carriers & fact.carriers:
        return False
    if wish.lanes and fact.lane not in wish.lanes:
        return False
    return not wish.mode or wish.mode == fact.mode


def chosen(wishes: Iterable[Wish], fact: Circumstances) -> dict[int, Wish]:
    """Return {endpoint id: the wish that decides} of those ``wishes`` that ``fact`` fits.

    Whoever subscribed twice is told once, and at once if any of the two goes on.
    """
    found = {}
    for wish in sorted(wishes, key=lambda one: (one.held, one.subscription)):
        if wish.endpoint not in found and fits(wish, fact):
            found[wish.endpoint] = wish
    return found


def strangers(wanted: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return those patterns that fit no known type of event: maybe misspelt, maybe yet to come."""
    types = list(known)
    return [one for one in wanted if not any(fnmatchcase(name, one) for name in types)]
