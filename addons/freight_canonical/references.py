"""Compare references as people mean them: case, spaces and punctuation do not count."""

import re
from typing import NamedTuple

#: Reference types that name the shipment on the shipper's side and are used for one another.
SHIPPER_SIDE = frozenset({"shipment", "load", "shipper"})

#: Types that a carrier adds to a shipment it was already matched with.
CARRIER_SIDE = frozenset(
    {"pro", "bol", "tracking", "booking", "container", "equipment", "pickup", "appointment",
     "invoice", "pro_forma"}
)  # fmt: skip

#: Types that each carrier counts by itself: two carriers may well use the same number.
CARRIER_ISSUED = frozenset({"pro", "tracking", "invoice", "pro_forma"})

#: Types that many shipments share over time. They name none, but tell those apart that others do.
SUPPORTING = frozenset({"contract", "equipment"})

#: Types that also match what is stored under others; all not listed match their own.
ALSO = {**dict.fromkeys(SHIPPER_SIDE, SHIPPER_SIDE), "equipment": {"equipment", "container"}}

_NOISE = re.compile(r"[^0-9A-Z]+")


class Wanted(NamedTuple):
    """A reference to look for. ``company`` and ``issuer`` are ids, None for any.

    ``issuer`` is the commercial partner whose numbers these are, where that is known.
    """

    type: str
    value: str
    company: int | None = None
    issuer: int | None = None

    def is_named_by(self, stored_type, stored_company, stored_issuer):
        """Return whether a stored reference of the same value is the one looked for."""
        types = comparable_types(self.type)
        if types is not None and stored_type != "other" and stored_type not in types:
            return False
        if self.company is not None and stored_company != self.company:
            return False
        foreign = self.issuer and stored_issuer and stored_issuer != self.issuer
        return not (foreign and stored_type in CARRIER_ISSUED)


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
    return None if kind == "other" else frozenset(ALSO.get(kind, {kind}))


def resolve(candidates, supporting=(), narrow=None):
    """Pick the one shipment on which all references that hit anything agree.

    :param candidates: an iterable of sets of shipment ids, one set for each reference
    :param supporting: sets of shipment ids that tell apart those which all references name
    :param narrow: callable(set) -> the part of it that the sender can mean at all
    :return: a pair (shipment id or None, frozenset of the candidates)
    """
    hits = [frozenset(found) for found in candidates if found]
    if not hits:
        return None, frozenset()
    common = frozenset.intersection(*hits)
    for found in supporting:
        common = common & found or common
    if len(common) > 1 and narrow:
        common = frozenset(narrow(common)) or common
    if len(common) == 1:
        return next(iter(common)), common
    return None, common or frozenset.union(*hits)
