"""In which zone does a place lie? The most specific entry decides.

Pure: built once from all entries, then asked for any number of places. A UN/LOCODE goes before a
postal code, that before a state, that before a country; of postal codes the narrower range wins.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import combinations

#: Later than anything that can follow in a postal code.
_LAST = "\uffff"
_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: More signs than any postal code has.
_LONGEST = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: ISO 3166 country, state, postal code and UN/LOCODE, as far as known."""

    country: str = ""
    state: str = ""
    zip: str = ""
    locode: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of the ``zone`` (any sortable key) that it belongs to; ``id`` is the entry's own.

    ``kind`` is ``locode``, ``zip``, ``state`` or ``country``. ``low`` is the code; a ZIP entry
    covers all codes that begin with ``low`` or with what lies between it and ``high``, which has
    as many signs.
    """

    zone: int
    id: int
    kind: str
    country: str
    low: str = ""
    high: str = ""

    @property
    def end(self):
        """Where the range of postal codes ends, this point not included."""
        return (self.high or self.low) + _LAST

    @property
    def rank(self):
        """Order of ZIP entries by how narrow they are, the narrowest first."""
        codes = _number(self.high or self.low) - _number(self.low) + 1
        return (codes * 36 ** (_LONGEST - len(self.low)), -len(self.low), self.zone, self.id)


def normalise_zip(code, country=""):
    """Return a postal code as it is compared: capitals and digits, in the US without its +4.

    >>> normalise_zip("60601-1234", "US"), normalise_zip(" sw1a 1aa", "GB")
    ('60601', 'SW1A1AA')
    """
    code = re.sub(r"[^0-9A-Z]+", "", (code or "").upper())
    return code[:5] if country == "US" else code


class Zones:
    """All entries, ready to be asked."""

    def __init__(self, entries):
        self._exact = {}
        ranges = defaultdict(list)
        for entry in sorted(entries, key=lambda entry: (entry.zone, entry.id)):
            if entry.kind == "zip":
                ranges[entry.country].append(entry)
            else:
                self._exact.setdefault((entry.kind, entry.country, entry.low), entry)
        self._ranges = {country: _segments(found) for country, found in ranges.items()}

    def match(self, place):
        """Return the most specific :class:`Entry` that covers ``place``, None for none."""
        locode = place.locode.strip().upper()
        country = place.country.upper() or locode[:2]
        state = place.state.strip().upper()
        return (
            self._exact.get(("locode", locode[:2], locode))
            or self._match_zip(country, normalise_zip(place.zip, country))
            or (state and self._exact.get(("state", country, state)))
            or self._exact.get(("country", country, ""))
        )

    def _match_zip(self, country, code):
        if not code or country not in self._ranges:
            return None
        starts, winners = self._ranges[country]
        position = bisect_right(starts, code) - 1
        return winners[position] if position >= 0 else None


def conflicts(entries):
    """Return pairs of entries of two zones of which neither is the more specific one.

    They name the same place, or ranges of postal codes that overlap without one lying in the
    other.
    """
    named, ranges = defaultdict(list), defaultdict(list)
    for entry in entries:
        if entry.kind == "zip":
            ranges[entry.country].append(entry)
        else:
            named[entry.kind, entry.country, entry.low].append(entry)
    pairs = [pair for same in named.values() for pair in combinations(same, 2)]
    for found in ranges.values():
        pairs += _overlaps(found)
    return [(one, other) for one, other in pairs if one.zone != other.zone]


def _segments(entries):
    """Return where the answer changes along the postal codes, and the answer from there on."""
    waiting = sorted(entries, key=lambda entry: entry.low, reverse=True)
    starts = sorted({point for entry in entries for point in (entry.low, entry.end)})
    winners, active = [], []
    for start in starts:
        while waiting and waiting[-1].low <= start:
            entry = waiting.pop()
            heappush(active, (entry.rank, entry.end, entry))
        while active and active[0][1] <= start:
            heappop(active)
        winners.append(active[0][2] if active else None)
    return starts, winners


def _overlaps(entries):
    """Return pairs of ranges that are the same or cross."""
    entries = sorted(entries, key=lambda entry: entry.end, reverse=True)
    entries.sort(key=lambda entry: entry.low)
    active, pairs = [], []
    for entry in entries:
        active = [other for other in active if other.end > entry.low]
        for other in active:
            same = (other.low, other.end) == (entry.low, entry.end)
            if same or other.end < entry.end:
                pairs.append((other, entry))
        active.append(entry)
    return pairs


def _number(code):
    """Return ``code`` as a number to the base of 36."""
    total = 0
    for sign in code:
        total = total * 36 + _SIGNS.index(sign)
    return total
