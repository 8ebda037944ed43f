"""Turn a released shipment into what its partners send back.

All times come from the planned pickup and delivery of the release, and nothing happens in the
future: a shipment released today stays in transit, one of last month plays to its end.
"""

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property, partial

from . import ups, x12
from .carriers import Carrier, choose_carrier
from .client import Channel
from .release import Shipment
from .scenarios import SCENARIOS, Scenario, choose, stable_number
from .tenders import Tender

X12_TYPE = "application/edi-x12"
JSON_TYPE = "application/json"
EVENT_TYPE = "application/cloudevents+json"

_CENT = Decimal("0.01")
_DAY = timedelta(days=1)
_WAIT_AT_DOCK = timedelta(minutes=45)
#: Answer to a tender: X12 558, remarks, X12 1651 reason.
RESPONSES = {
    "accept": ("A", "", ""),
    "decline": ("D", "NO TRAILER THAT DAY", "T3"),
    "counter": ("C", "AT TEN PERCENT MORE", ""),
    "conditional": ("B", "PICKUP TWO HOURS LATER", ""),
}
#: Where goods go that are sent on.
_ELSEWHERE = {"city": "Indianapolis", "state": "IN", "country": "US"}


@dataclass(frozen=True)
class Step:
    """One message to Odoo; written when it is sent, so that control numbers count what is sent."""

    kind: str
    party: str
    shipment: str
    scac: str
    channel: Channel
    content_type: str
    write: Callable[[], bytes]

    @cached_property
    def body(self) -> bytes:
        """What is sent; the same bytes each time."""
        return self.write()


@dataclass(frozen=True)
class Story:
    """A shipment, the carrier that moves it, and the course that things take."""

    shipment: Shipment
    carrier: Carrier
    scenario: Scenario
    tms: Channel
    now: datetime
    tender: Tender | None = None

    def steps(self) -> list[Step]:
        """Return all messages, in the order in which they are sent."""
        statuses = self.statuses()
        reports = self._track_alerts if self.carrier.format == "ups" else self._status_messages
        acceptance = self.response("accept") if self.tender else self._acceptance()
        steps = [acceptance, *self._arrange(reports(statuses))]
        steps += steps[-1:] * (self.scenario.repeats - 1)
        if self.scenario.broken_event:
            steps.append(self._broken_event())
        if self._is_over(statuses):
            steps += self._bills(delivered=statuses[-1]["time"])
        return steps

    def statuses(self) -> list[dict]:
        """Return what has happened until now, as it happened: code, time, place, stop, reason."""
        happened = [status for status in self._planned() if status["time"] <= self.now]
        return sorted(happened, key=lambda status: status["time"])

    @property
    def is_plain(self) -> bool:
        """Whether everything went as planned and is over, so that a trouble can befall it."""
        return self.scenario is SCENARIOS[0] and self._is_over(self.statuses())

    def hastened(self) -> "Story":
        """Return the story moved into the past, so that the delivery has just taken place."""
        end = self.shipment.delivery + self.scenario.lateness
        ahead = end - self.now + timedelta(minutes=1)
        return replace(self, shipment=self.shipment.moved(-max(ahead, timedelta(0))))

    @property
    def pro(self) -> str:
        """The carrier's own number for the shipment."""
        return self.shipment.reference("pro") or f"{self._serial % 10**9:09d}"

    @property
    def tracking(self) -> str:
        """The tracking number that a parcel carrier's pushes name."""
        return self.shipment.reference("tracking") or ups.tracking_number(self._serial)

    @property
    def tendered(self) -> dict[str, Decimal]:
        """The charges on which TMS and carrier agreed, by X12 element 150."""
        linehaul = self.carrier.linehaul(self.shipment)
        return {"LHS": linehaul, "405": self.carrier.fuel(linehaul)}

    @property
    def _serial(self) -> int:
        return stable_number(f"{self.carrier.scac}:{self.shipment.number}")

    def _is_over(self, statuses: list[dict]) -> bool:
        """Whether there is something to bill: a delivery, or a truck that came for nothing."""
        code = statuses[-1]["code"] if statuses else None
        return code == "CA" or (code == "D1" and len(statuses) == len(self._planned()))

    # What happens on the road

    def _planned(self) -> list[dict]:
        shipment, scenario = self.shipment, self.scenario
        first, *others = shipment.stops
        transit = shipment.delivery - shipment.pickup
        if scenario.ending == "cancelled":
            arrived, _left = _at_pickup(first, shipment.pickup)
            return [arrived, _status("CA", shipment.pickup, first)]
        statuses = [
            *_at_pickup(first, shipment.pickup),
            _status("X6", shipment.pickup + transit / 8, first, on_the_way=True),
        ]
        if scenario.ending == "moving":
            return statuses
        if scenario.weather:
            statuses.append(
                _status("SD", shipment.pickup + transit / 6, first, "AO", on_the_way=True)
            )
        for position, stop in enumerate(others[:-1], start=1):
            done = shipment.pickup + transit * (position / len(others)) + scenario.lateness
            visit = _at_pickup if stop.get("role") == "pickup" else _at_delivery
            statuses += visit(stop, done)
        return statuses + self._ending(others[-1], shipment.delivery + scenario.lateness)

    def _ending(self, stop: dict, done: datetime) -> list[dict]:
        """Return what happens at the last stop, which is left at ``done``."""
        pieces, ending = self.shipment.pieces, self.scenario.ending
        arrived, delivered = _at_delivery(stop, done)
        before = done - _WAIT_AT_DOCK / 3
        if self.scenario.partial and pieces > 1:
            part = {**_status("D2", before, stop), "pieces": pieces // 2}
            return [arrived, part, {**delivered, "pieces": pieces - pieces // 2}]
        if ending == "short" and pieces > 1:
            return [arrived, {**delivered, "pieces": max(pieces - 2, 1)}]
        if ending == "damaged":
            return [arrived, _status("A9", before, stop), delivered]
        if ending == "refused_some" and pieces > 1:
            refused = {**_status("A7", before, stop, "BS"), "pieces": 1}
            return [arrived, refused, {**delivered, "pieces": pieces - 1}]
        if ending == "returned":
            back = _status("A3", done + _DAY, self.shipment.stops[0], on_the_way=True)
            return [arrived, _status("A7", done, stop, "BS"), back]
        if ending == "reconsigned":
            turned = _status("AI", done - _DAY / 4, _ELSEWHERE, "AG", on_the_way=True)
            return [turned, *_at_delivery(_ELSEWHERE, done)]
        return [arrived, {**delivered, "code": self.scenario.delivered_code}]

    # What is sent about it

    def _step(
        self, kind: str, channel: Channel, content_type: str, write: Callable[[], bytes]
    ) -> Step:
        party = "TMS" if channel is self.tms else self.carrier.name
        number, scac = self.shipment.number, self.carrier.scac
        return Step(kind, party, number, scac, channel, content_type, write)

    def _arrange(self, steps: list[Step]) -> list[Step]:
        if self.scenario.backwards:
            return [step for step in reversed(steps) for _copy in range(2)]
        return steps

    def _acceptance(self) -> Step:
        occurred = min(self.now, self.shipment.pickup - _DAY).isoformat(timespec="seconds")
        identifier = f"tender-{stable_number(self.shipment.number):x}-accepted"
        document = self._accepted_document(identifier, occurred)
        return self._event("tender accepted", "tender.accepted", occurred, document)

    def response(self, answer: str) -> Step:
        """Return the 990 by which the carrier answers the tender.

        :param answer: ``accept``, ``decline``, ``counter`` or ``conditional``
        """
        code, remarks, reason = RESPONSES[answer]
        said = {
            "number": self.shipment.number,
            "tender": self.tender.number,
            "code": code,
            "remarks": remarks,
            "reason": reason,
            "pro": self.pro,
        }

        def write() -> bytes:
            return x12.tender_response(
                self.carrier.scac, next(self.carrier.controls), self.now, said
            )

        return self._step(f"990 {code}", self.carrier.edi_channel, X12_TYPE, write)

    def acknowledgement(self, group: dict) -> Step:
        """Return the 997 by which the carrier says that it could read the tender."""

        def write() -> bytes:
            number = next(self.carrier.controls)
            return x12.functional_acknowledgement(self.carrier.scac, number, self.now, group)

        return self._step(f"997 {group['control']}", self.carrier.edi_channel, X12_TYPE, write)

    def _broken_event(self) -> Step:
        """Return an estimate of the TMS whose time is none."""
        sent = self.now.isoformat(timespec="seconds")
        document = {
            "kind": "event",
            "id": f"eta-{stable_number(self.shipment.number):x}",
            "shipment": {"references": [{"type": "shipment", "value": self.shipment.number}]},
            "type": "estimated_delivery",
            "raw_code": "ETA",
            "classifier": "estimated",
            "occurred": "end of business",
        }
        return self._event("estimate without a time", "shipment.estimated", sent, document)

    def _event(self, kind: str, event_type: str, sent: str, document: dict) -> Step:
        event = {
            "specversion": "1.0",
            "id": document["id"],
            "source": f"/{self.tms.source}",
            "type": f"com.freight.{event_type}.v1",
            "subject": self.shipment.number,
            "time": sent,
            "datacontenttype": "application/json",
            "data": document,
        }
        return self._step(kind, self.tms, EVENT_TYPE, json.dumps(event).encode)

    def _accepted_document(self, identifier: str, occurred: str) -> dict:
        references = {"shipment": self.shipment.number, "pro": self.pro}
        if self.carrier.format == "ups":
            references["tracking"] = self.tracking
        return {
            "kind": "event",
            "id": identifier,
            "shipment": {
                "references": [{"type": t, "value": value} for t, value in references.items()],
                "scac": self.carrier.scac,
            },
            "type": "tender_accepted",
            "raw_code": "A",
            "classifier": "actual",
            "occurred": occurred,
            "carrier": {"scac": self.carrier.scac, "name": self.carrier.name},
            "charges": [
                {"code": code, "amount": str(amount), "currency": self.shipment.currency}
                for code, amount in self.tendered.items()
            ],
        }

    def _track_alerts(self, statuses: list[dict]) -> list[Step]:
        return [
            self._step(
                f"UPS push {status['code']}",
                self.carrier.channel,
                JSON_TYPE,
                partial(ups.track_alert, self.tracking, status, self.shipment.delivery),
            )
            for status in statuses
            if status["code"] in ups.ACTIVITIES
        ]

    def _status_messages(self, statuses: list[dict]) -> list[Step]:
        """Put what happens in a row at one stop into one 214, what happens between into another."""
        visits = itertools.groupby(statuses, key=lambda s: (s["sequence"], s["reason"]))
        gathered = [list(visit) for _key, visit in visits]
        if self.scenario.damaged_set:
            return [self._status_message(gathered, damaged=1)]
        return [self._status_message([visit]) for visit in gathered]

    def _status_message(self, visits: list[list[dict]], damaged: int | None = None) -> Step:
        kind = "214 " + " ".join(status["code"] for visit in visits for status in visit)

        def write() -> bytes:
            number = next(self.carrier.controls)
            load = self._load()
            return x12.status_message(self.carrier.scac, number, self.now, load, visits, damaged)

        return self._step(kind, self.carrier.channel, X12_TYPE, write)

    def _load(self) -> dict:
        shipment = self.shipment
        return {
            "number": shipment.number,
            "pro": self.pro,
            "weight": int(shipment.weight),
            "pieces": shipment.pieces,
        }

    def _bills(self, delivered: datetime) -> list[Step]:
        if not self.carrier.edi_channel:
            return []
        invoice = f"{self.carrier.scac}{self._serial % 10**8:08d}"
        bills = [{"invoice": invoice}] * self.scenario.bills
        if self.scenario.stray_bill:
            stray = f"{self._serial % 10**7:07d}"
            bills.append({"invoice": f"{invoice}X", "number": f"LD{stray}", "pro": f"9{stray}"})
        return [self._bill({**self._billed(delivered), **bill}) for bill in bills]

    def _bill(self, bill: dict) -> Step:
        def write() -> bytes:
            number = next(self.carrier.controls)
            return x12.freight_bill(self.carrier.scac, number, self.now, bill)

        return self._step(f"210 {bill['invoice']}", self.carrier.edi_channel, X12_TYPE, write)

    def _billed(self, delivered: datetime) -> dict:
        shipment = self.shipment
        return {
            **self._load(),
            "terms": shipment.terms,
            "currency": shipment.currency,
            "date": min(self.now, delivered + _DAY),
            "picked_up": shipment.pickup,
            "delivered": delivered,
            "parties": [("SH", shipment.stops[0]), ("CN", shipment.stops[-1])],
            "lines": self._billed_lines(),
        }

    def _billed_lines(self) -> list[tuple[str, str, Decimal]]:
        tendered, scenario = self.tendered, self.scenario
        if scenario.ending == "cancelled":
            return [("VOR", "TRUCK ORDERED NOT USED", Decimal("150.00"))]
        linehaul = tendered["LHS"] * scenario.bill_factor + scenario.bill_extra
        lines = [
            ("LHS", "LINEHAUL", linehaul.quantize(_CENT)),
            ("405", "FUEL SURCHARGE", tendered["405"]),
        ]
        return [*lines, scenario.accessorial] if scenario.accessorial else lines


def tell(
    event: dict, carriers: Sequence[Carrier], tms: Channel, now: datetime, seed: int = 0
) -> Story:
    """Return the story of a released-shipment CloudEvent.

    :raise ValueError: when the release cannot be read
    """
    shipment = Shipment.from_event(event, now)
    carrier = choose_carrier(shipment, carriers, seed)
    scenario = choose(shipment.number, seed)
    if carrier.format == "ups" and scenario.ending == "cancelled":
        scenario = SCENARIOS[0]  # No truck is ordered for a parcel.
    return Story(shipment, carrier, scenario, tms, now)


def tell_of_tender(
    tender: Tender, carrier: Carrier, tms: Channel, now: datetime, seed: int = 0
) -> Story:
    """Return the story of a tender that this very carrier got."""
    return Story(tender.shipment, carrier, choose(tender.shipment.number, seed), tms, now, tender)


def _status(
    code: str, time: datetime, place: dict, reason: str = "NS", on_the_way: bool = False
) -> dict:
    sequence = None if on_the_way else place.get("sequence")
    return {"code": code, "time": time, "place": place, "reason": reason, "sequence": sequence}


def _at_pickup(stop: dict, done: datetime) -> list[dict]:
    return [_status("X3", done - _WAIT_AT_DOCK, stop), _status("AF", done, stop)]


def _at_delivery(stop: dict, done: datetime) -> list[dict]:
    return [_status("X1", done - _WAIT_AT_DOCK, stop), _status("D1", done, stop)]
