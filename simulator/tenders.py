"""Load tenders: what a carrier is asked, by X12 204 or CloudEvent, and what it answers."""

import threading
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timezone

from .acknowledgements import read_segments
from .release import Shipment

#: What a carrier may answer; ``silent``: nothing at all.
ANSWERS = ("accept", "decline", "counter", "conditional", "silent")
#: What can become of a tender.
OUTCOMES = (*ANSWERS, "cancelled")
#: X12 353, set purpose, and what a CloudEvent calls it.
PURPOSES = {"00": "original", "01": "cancel", "04": "change", "05": "change", "06": "confirmation"}
#: X12 163, stop reason, of stops where goods are loaded.
_LOADING = frozenset({"CL", "LD", "PL", "RT"})
#: X12 432, date qualifiers by what a shipment makes of them.
_PICKUP = frozenset({"10", "37", "38", "69", "70"})
_DELIVERY = frozenset({"02", "53", "54", "68", "71"})
#: X12 623, time codes in hours from universal time; a code that is none of them is universal time.
_OFFSETS = {
    "ET": -5, "ES": -5, "ED": -4, "CT": -6, "CS": -6, "CD": -5,
    "MT": -7, "MS": -7, "MD": -6, "PT": -8, "PS": -8, "PD": -7,
}  # fmt: skip
_POUND = 0.45359237


@dataclass(frozen=True)
class Tender:
    """What a carrier is asked to carry.

    ``number`` names the tender, ``purpose`` is one of ``PURPOSES``' values.
    """

    number: str
    purpose: str
    shipment: Shipment


class Answers:
    """What each carrier answers to tenders: as a rule, and for the next ones."""

    def __init__(self, rules: dict[str, str]):
        self._lock = threading.Lock()
        self._rules = dict(rules)
        self._next: dict[str, deque] = {}

    def plan(self, scac: str, answer: str, count: int | None = None) -> None:
        """Let a carrier answer so, the next ``count`` tenders or, without one, all from now on.

        :raise ValueError: for an answer that is none
        """
        if answer not in ANSWERS:
            raise ValueError(f"no such answer; there are {', '.join(ANSWERS)}")
        with self._lock:
            if count is None:
                self._rules[scac] = answer
            else:
                self._next.setdefault(scac, deque()).extend([answer] * count)

    def take(self, scac: str) -> str:
        """Return the carrier's answer to the tender in hand."""
        with self._lock:
            planned = self._next.get(scac)
            return planned.popleft() if planned else self._rules.get(scac, "accept")


class Tenders:
    """What became of the tenders that each carrier got."""

    def __init__(self):
        self._lock = threading.Lock()
        self._counts: dict[str, Counter] = {}

    def note(self, scac: str, what: str) -> None:
        """Count one tender of a carrier under what happened to it."""
        with self._lock:
            self._counts.setdefault(scac, Counter())[what] += 1

    def counts(self) -> dict[str, Counter]:
        """Return how many tenders of each carrier went which way."""
        with self._lock:
            return {scac: Counter(counts) for scac, counts in self._counts.items()}


def read_group(body: bytes) -> dict:
    """Return what the first group of an interchange is.

    :return: ``set`` (element 143), ``functional`` (479), ``control`` and how many ``sets``
    :raise ValueError: when it has none
    """
    segments = read_segments(body)
    try:
        group = next(one for one in segments if one[0] == "GS")
        kinds = [one[1] for one in segments if one[0] == "ST"]
        return {
            "set": kinds[0],
            "functional": group[1],
            "control": group[6],
            "sets": len(kinds),
        }
    except (IndexError, StopIteration) as error:
        raise ValueError("this interchange has no group with a set") from error


def read_load_tender(body: bytes, now: datetime) -> Tender:
    """Read the first 204 of an interchange.

    :raise ValueError: when it names no shipment, or has an element that cannot be read
    """
    segments = read_segments(body)
    try:
        return Tender(
            number=_tender_number(segments),
            purpose=PURPOSES.get(_element(segments, "B2A", 1) or "00", "original"),
            shipment=Shipment.from_event({"data": {"shipment": _shipment(segments)}}, now),
        )
    except (IndexError, ArithmeticError) as error:
        raise ValueError("this 204 has an element that cannot be read") from error


def read_tender_event(event: dict, now: datetime) -> Tender:
    """Read a ``tender.*`` CloudEvent.

    :raise ValueError: when it names no shipment
    """
    tender = (event.get("data") or {}).get("tender") or {}
    return Tender(
        number=str(tender.get("number") or ""),
        purpose=str(tender.get("purpose") or "original"),
        shipment=Shipment.from_event(event, now),
    )


def _shipment(segments: list[list[str]]) -> dict:
    """Return the shipment of a 204, in the shape of a release."""
    stops = _stops(segments)
    pickups = [stop["from"] for stop in stops if stop["role"] == "pickup" and stop["from"]]
    deliveries = [stop["to"] for stop in stops if stop["role"] == "delivery" and stop["to"]]
    return {
        "number": _element(segments, "B2", 4),
        "mode": "ltl",
        "freight_terms": _element(segments, "B2", 6) or "PP",
        "currency": _element(segments, "C3", 1) or "USD",
        "planned_pickup": min(pickups).isoformat() if pickups else None,
        "planned_delivery": max(deliveries).isoformat() if deliveries else None,
        **_measures(segments),
        "references": [
            {"type": kind.lower(), "value": value}
            for name, value, kind, *_rest in (one for one in segments if len(one) > 2)
            if name == "L11"
        ],
        "stops": stops,
    }


def _tender_number(segments: list[list[str]]) -> str:
    """Return the number of the tender: its reference CR, else that of the shipment."""
    named = (one[1] for one in segments if one[0] == "L11" and one[2:3] == ["CR"])
    return next(named, _element(segments, "B2", 4))


def _stops(segments: list[list[str]]) -> list[dict]:
    stops: list[dict] = []
    for name, *elements in segments:
        if name == "S5":
            role = "pickup" if elements[1] in _LOADING else "delivery"
            stops.append({"sequence": int(elements[0]), "role": role, "from": None, "to": None})
        elif stops:
            _read_into(stops[-1], name, elements)
    return stops


def _read_into(stop: dict, name: str, elements: list[str]) -> None:
    """Take what a segment says of a stop."""
    if name == "N1":
        stop["name"] = elements[1]
    elif name == "N4":
        city, state, postcode, country, *_rest = [*elements, "", "", "", ""]
        stop |= {"city": city, "state": state, "zip": postcode, "country": country or "US"}
    elif name == "G62" and elements[0] in _PICKUP | _DELIVERY:
        moment = _moment(*[*elements[1:], "", "", ""][:4])
        stop["from"] = stop["from"] or moment
        stop["to"] = moment


def _moment(date: str, _qualifier: str, clock: str, zone: str) -> datetime:
    """Return date and time of a G62 as universal time, near enough for a story."""
    moment = datetime.strptime(date + (clock[:4] or "1200"), "%Y%m%d%H%M")
    offset = _OFFSETS.get(zone, 0)
    return datetime.fromtimestamp(
        moment.replace(tzinfo=timezone.utc).timestamp() - offset * 3600, timezone.utc
    )


def _measures(segments: list[list[str]]) -> dict:
    """Return weight and pieces: of the totals (L3), else of the first stop (AT8)."""
    for name, weight_at, unit_at, pieces_at in (("L3", 0, 11, 10), ("AT8", 2, 1, 3)):
        found = next((one[1:] for one in segments if one[0] == name), None)
        if found and found[weight_at]:
            padded = [*found, *[""] * 12]
            factor = _POUND if padded[unit_at] == "L" else 1
            weight = f"{float(padded[weight_at]) * factor:.3f}"
            return {"weight_kg": weight, "pieces": padded[pieces_at] or "1"}
    return {"weight_kg": None, "pieces": None}


def _element(segments: list[list[str]], name: str, place: int) -> str:
    found = next((one for one in segments if one[0] == name), [])
    return found[place] if len(found) > place else ""
