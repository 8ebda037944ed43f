"""How orders become shipments: who pays, by which rule, what travels together, and when.

Pure: no ORM, no clock. Weights are kilograms, moments naive UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytz
from odoo.addons.freight_canonical import time_zones

OUTGOING, INCOMING, DROPSHIP = "outgoing", "incoming", "dropship"

#: Incoterms 2020 by which the seller hands the goods over before the main carriage.
COLLECTED = frozenset({"FCA", "FAS", "FOB"})
EX_WORKS = "EXW"


def terms_of(incoterm, direction):
    """Return (freight terms, whether it is for us to have the goods moved).

    What we sell goes prepaid; FCA, FAS and FOB go collect, since the buyer pays the carriage; EXW
    is fetched by the customer. What we buy under EXW, FCA, FAS and FOB is ours to fetch, collect
    (if the supplier ships straight to our customer: third party, as we are neither end); all
    other terms oblige the supplier to deliver. Without an incoterm the carriage is ours.

    :param incoterm: code of three letters, empty for none
    :return: code of X12 element 146, bool

    >>> terms_of("FOB", OUTGOING), terms_of("DAP", INCOMING), terms_of("EXW", DROPSHIP)
    (('CC', True), ('PP', False), ('TP', True))
    """
    if direction == OUTGOING:
        if incoterm == EX_WORKS:
            return "PU", False
        return ("CC" if incoterm in COLLECTED else "PP"), True
    if not incoterm or incoterm == EX_WORKS or incoterm in COLLECTED:
        return ("TP" if direction == DROPSHIP else "CC"), True
    return "PP", False


@dataclass(frozen=True, slots=True)
class Rule:
    """Which deliveries a rule is for; empty sets and a maximum of zero mean any."""

    key: int
    least: float = 0.0
    most: float = 0.0
    countries: frozenset = frozenset()
    routes: frozenset = frozenset()

    def fits(self, weight, country, routes):
        """Return whether goods of ``weight`` kg to ``country`` by ``routes`` go by this rule."""
        return (
            weight >= self.least
            and (not self.most or weight <= self.most)
            and (not self.countries or country in self.countries)
            and (not self.routes or bool(self.routes & routes))
        )


def first_rule(rules, weight, country, routes):
    """Return the first of ``rules`` that fits, None for none."""
    return next((rule for rule in rules if rule.fits(weight, country, routes)), None)


def day_of(moment, zone):
    """Return the day of ``moment`` as people at the place count it."""
    return _local(moment, zone).date()


def _local(moment, zone):
    return pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).replace(tzinfo=None)


def planned(direction, scheduled, promised, ordered, transit):
    """Return (pickup, delivery) of a transfer.

    What leaves us is ready when it is scheduled, and leaves in time for what is promised, but not
    before it is ordered. What comes to us is scheduled to arrive.
    """
    if direction == OUTGOING:
        delivery = promised or scheduled + transit
        pickup = min(scheduled, delivery - transit)
    else:
        delivery = promised or scheduled
        pickup = delivery - transit
    return max(pickup, min(ordered, delivery)), delivery


def release_moment(cutoff, pickup, now, zone, hour=0.0, hours_before=0.0):
    """Return when a shipment that is planned now is released, at the earliest now.

    :param cutoff: ``at_once``, ``time`` (the next time the clock of ``zone`` shows ``hour``, but
        not after the pickup) or ``before`` (``hours_before`` hours before the pickup)
    """
    if cutoff == "time":
        here = _local(now, zone)
        clock = datetime(here.year, here.month, here.day) + timedelta(minutes=round(hour * 60))
        if clock <= here:
            clock += timedelta(days=1)
        return max(now, min(time_zones.to_utc(clock, zone), pickup))
    if cutoff == "before":
        return max(now, pickup - timedelta(hours=hours_before))
    return now


def merge(basis, wanted, current, is_held):
    """Bring a record up to what its orders say now, without touching what others made of it.

    :param basis: what the orders said before, by field
    :param wanted: what they say now
    :param current: what the record says
    :param is_held: callable(field) -> whether another system is its system of record
    :return: (values to write, names of what changed here and stays otherwise there)

    A value that another system owns is replaced only as long as it is still what the orders said.

    >>> merge({"day": 1, "city": "A"}, {"day": 2, "city": "B"}, {"day": 3, "city": "A"},
    ...       lambda name: True)
    ({'city': 'B'}, ['day'])
    """
    values, kept = {}, []
    for name, value in wanted.items():
        if same(value, basis.get(name)) or same(value, current[name]):
            continue
        if is_held(name) and not same(current[name], basis.get(name)):
            kept.append(name)
        else:
            values[name] = value
    return values, kept


def same(one, other):
    """Return whether two plain values say the same; nothing is nothing."""
    return (one or None) == (other or None)


def plain(value):
    """Return a field's value as JSON keeps it: records as ids, moments as UTC text."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.id if hasattr(value, "_ids") else value
