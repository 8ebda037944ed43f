"""Compare references as people mean them: case, spaces and punctuation do not count."""

import re

#: Reference types that name the shipment on the shipper's side and are used for one another.
SHIPPER_SIDE = frozenset({"shipment", "load", "shipper"})

#: Types that a carrier adds to a shipment it was already matched with.
CARRIER_SIDE = frozenset({"pro", "bol", "tracking", "booking", "container"})

_NOISE = re.compile(r"[^0-9A-Z]+")


def normalise(value):
    """Return ``value`` upper-case without anything but letters and digits.

    >>> normalise(' shp/2026-00012 ')
    'SHP202600012'
    """
    return _NOISE.sub("", (value or "").upper())


def comparable_types(kind):
    """Return the stored reference types that a reference of type ``kind`` may match.

    None stands for every type: a sender that does not say what its number is.
    """
    if kind == "other":
        return None
    return SHIPPER_SIDE if kind in SHIPPER_SIDE else frozenset({kind})


def resolve(candidates):
    """Pick the one shipment on which all references that hit anything agree.

    :param candidates: an iterable of sets of shipment ids, one set for each reference
    :return: a pair (shipment id or None, frozenset of the candidates)
    """
    hits = [frozenset(found) for found in candidates if found]
    if not hits:
        return None, frozenset()
    common = frozenset.intersection(*hits)
    if len(common) == 1:
        return next(iter(common)), common
    return None, common or frozenset.union(*hits)
