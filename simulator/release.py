"""What the partners read from a released shipment."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

_DEFAULT_TRANSIT = timedelta(days=2)
_SHORTEST_TRANSIT = timedelta(hours=4)


@dataclass(frozen=True)
class Shipment:
    """A shipment to move; ``weight`` in kg, times aware, at least two stops."""

    number: str
    mode: str
    terms: str
    currency: str
    weight: Decimal
    pieces: int
    pickup: datetime
    delivery: datetime
    stops: tuple[dict, ...]
    references: tuple[dict, ...]
    carrier_scac: str | None

    @classmethod
    def from_event(cls, event: dict, now: datetime) -> "Shipment":
        """Read a released-shipment CloudEvent; what is missing gets a plain default.

        :raise ValueError: without a shipment number, or with an unreadable time or number
        """
        data = (event.get("data") or {}).get("shipment") or {}
        number = str(data.get("number") or event.get("subject") or "")
        if not number:
            raise ValueError("the release names no shipment")
        pickup = _read_time(data.get("planned_pickup")) or now
        delivery = _read_time(data.get("planned_delivery")) or pickup + _DEFAULT_TRANSIT
        return cls(
            number=number,
            mode=data.get("mode") or "ltl",
            terms=data.get("freight_terms") or "PP",
            currency=data.get("currency") or "USD",
            weight=_read_number(data.get("weight_kg"), default=100),
            pieces=int(_read_number(data.get("pieces"), default=1)),
            pickup=pickup,
            delivery=max(delivery, pickup + _SHORTEST_TRANSIT),
            stops=_read_stops(data.get("stops") or []),
            references=tuple(data.get("references") or ()),
            carrier_scac=data.get("carrier_scac"),
        )

    def reference(self, kind: str) -> str | None:
        """Return the first reference of a type that the release already carries."""
        return next((r.get("value") for r in self.references if r.get("type") == kind), None)

    def moved(self, by: timedelta) -> "Shipment":
        """Return the same shipment, planned earlier or later."""
        return replace(self, pickup=self.pickup + by, delivery=self.delivery + by)


def _read_time(text: str | None) -> datetime | None:
    """Read ISO 8601; a time without offset is universal time."""
    if not text:
        return None
    moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _read_number(value: object, default: int) -> Decimal:
    try:
        return Decimal(str(value or default))
    except ArithmeticError:
        raise ValueError(f"{value!r} is no number") from None


def _read_stops(stops: list[dict]) -> tuple[dict, ...]:
    """Return the stops in sequence; where fewer than two are given, a pickup and a delivery."""
    ordered = sorted(stops, key=lambda stop: stop.get("sequence") or 0)
    if len(ordered) < 2:
        ordered = [{"sequence": 1, "role": "pickup"}, {"sequence": 2, "role": "delivery"}]
    return tuple(ordered)
