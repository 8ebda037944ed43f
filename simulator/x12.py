"""X12 004010 interchanges as a carrier writes them: 214 shipment status and 210 invoice."""

import unicodedata
from datetime import datetime
from decimal import Decimal

ELEMENT, COMPONENT, SEGMENT = "*", ">", "~\n"
RECEIVER = "SHIPPER"
_RESERVED = str.maketrans(dict.fromkeys("*>~:^\r\n", " "))


def clean(value: object, size: int = 30) -> str:
    """Return a value as an element: plain ASCII, no delimiter, no longer than ``size``."""
    text = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode()
    return text.translate(_RESERVED).strip().upper()[:size]


def cents(amount: Decimal) -> str:
    """Write an amount with two implied decimals (element type N2)."""
    return str(int((amount * 100).to_integral_value()))


def status_message(
    scac: str,
    control: int,
    sent: datetime,
    shipment: dict,
    visits: list[list[dict]],
    damaged: int | None = None,
) -> bytes:
    """Return an interchange with a 214 for each visit.

    :param shipment: ``number``, ``pro``, ``weight`` (kg), ``pieces``
    :param damaged: the position of the visit whose set is broken on its way, from 0
    :param visits: lists of statuses: ``code`` (element 1650), ``reason`` (1651), ``time``
        (aware), ``place`` (``city``, ``state``, ``country``), ``sequence`` of the stop, ``pieces``
        where it is not about all of them
    """
    bodies = [_status_body(scac, shipment, statuses) for statuses in visits]
    return _interchange("QM", "214", scac, control, sent, bodies, damaged)


def _status_body(scac: str, shipment: dict, statuses: list[dict]) -> list[list[str]]:
    body = [
        ["B10", clean(shipment["pro"]), clean(shipment["number"]), scac],
        ["L11", clean(shipment["number"]), "SI"],
        ["L11", clean(shipment["pro"]), "CN"],
    ]
    for position, status in enumerate(statuses, start=1):
        body += _status_loop(position, status, shipment)
    return body


def _status_loop(position: int, status: dict, shipment: dict) -> list[list[str]]:
    place, moment = status["place"], status["time"]
    loop = [
        ["LX", str(position)],
        # Time code UT: universal time. Without a code it would be local time of the place.
        ["AT7", status["code"], status["reason"], "", "", _date(moment), _time(moment), "UT"],
        [
            "MS1",
            clean(place.get("city", "")),
            clean(place.get("state", ""), 2),
            clean(place.get("country", "US"), 3),
        ],
    ]
    if status["sequence"]:
        loop.append(["L11", str(status["sequence"]), "QN"])
    pieces = status.get("pieces", shipment["pieces"])
    loop.append(["AT8", "G", "K", str(shipment["weight"]), str(pieces)])
    return loop


def freight_bill(scac: str, control: int, sent: datetime, bill: dict) -> bytes:
    """Return a 210.

    :param bill: ``invoice``, ``number`` of the shipment, ``pro``, ``terms``, ``date``,
        ``picked_up``, ``delivered`` (aware datetimes), ``currency``, ``weight`` (kg), ``pieces``,
        ``parties`` (list of (element 98, stop)), ``lines`` (list of (element 150, description,
        amount))
    """
    total = sum(amount for _code, _description, amount in bill["lines"])
    body = [
        [
            "B3",
            "",
            clean(bill["invoice"], 22),
            clean(bill["number"]),
            clean(bill["terms"], 2),
            "",
            _date(bill["date"]),
            cents(total),
            "",
            _date(bill["delivered"]),
            "035",
            scac,
            _date(bill["date"]),
        ],
        ["C3", clean(bill["currency"], 3)],
        ["N9", "CN", clean(bill["pro"])],
        ["N9", "SI", clean(bill["number"])],
        ["G62", "86", _date(bill["picked_up"])],
    ]
    for role, stop in bill["parties"]:
        body += _party(role, stop)
    for position, line in enumerate(bill["lines"], start=1):
        body += _bill_line(position, line, bill)
    body.append(
        [
            "L3",
            str(bill["weight"]),
            "G",
            "",
            "",
            cents(total),
            "",
            "",
            "",
            "",
            "",
            str(bill["pieces"]),
            "K",
        ]
    )
    return _interchange("IM", "210", scac, control, sent, [body])


def tender_response(scac: str, control: int, sent: datetime, response: dict) -> bytes:
    """Return a 990.

    :param response: ``number`` of the shipment, ``tender``, ``code`` (element 558: A accepted,
        B accepted on conditions, C countered, D declined), ``remarks``, ``pro``, ``reason``
        (element 1651, of what is declined)
    """
    code, pro = response["code"], response["pro"]
    body = [["B1", scac, clean(response["number"]), _date(sent), code, "", response["reason"]]]
    if response["tender"]:
        body.append(["N9", "CR", clean(response["tender"])])
    if code == "A":
        body.append(["N9", "CN", clean(pro)])
    if response["remarks"]:
        body.append(["K1", clean(response["remarks"])])
    return _interchange("GF", "990", scac, control, sent, [body])


def functional_acknowledgement(scac: str, control: int, sent: datetime, group: dict) -> bytes:
    """Return a 997 that accepts a group.

    :param group: ``functional`` (element 479), ``control`` and how many ``sets`` it had
    """
    sets = str(group["sets"])
    body = [
        ["AK1", group["functional"], group["control"]],
        ["AK9", "A", sets, sets, sets],
    ]
    return _interchange("FA", "997", scac, control, sent, [body])


def _party(role: str, stop: dict) -> list[list[str]]:
    city, state, postcode = (clean(stop.get(key) or "") for key in ("city", "state", "zip"))
    return [
        ["N1", role, clean(stop.get("name") or role, 60)],
        ["N4", city, state[:2], postcode[:15], clean(stop.get("country") or "US", 3)],
    ]


def _bill_line(position: int, line: tuple[str, str, Decimal], bill: dict) -> list[list[str]]:
    code, description, amount = line
    segments = [["LX", str(position)], ["L5", str(position), clean(description, 50)]]
    if position == 1:
        segments.append(
            [
                "L0",
                "1",
                "",
                "",
                str(bill["weight"]),
                "G",
                "",
                "",
                str(bill["pieces"]),
                "PCS",
                "",
                "K",
            ]
        )
    segments.append(["L1", str(position), str(amount), "FR", cents(amount), "", "", "", code])
    return segments


def _interchange(
    group: str,
    message: str,
    scac: str,
    control: int,
    sent: datetime,
    bodies: list[list[list[str]]],
    damaged: int | None = None,
) -> bytes:
    interchange = f"{control:09d}"
    stamp, clock = _date(sent), _time(sent)
    segments = [
        [
            "ISA",
            "00",
            " " * 10,
            "00",
            " " * 10,
            "02",
            f"{scac:15}",
            "ZZ",
            f"{RECEIVER:15}",
            stamp[2:],
            clock,
            "U",
            "00401",
            interchange,
            "0",
            "P",
            COMPONENT,
        ],
        ["GS", group, scac, RECEIVER, stamp, clock, str(control), "X", "004010"],
        *(
            segment
            for position, body in enumerate(bodies)
            for segment in _set(message, f"{position + 1:04d}", body, position == damaged)
        ),
        ["GE", str(len(bodies)), str(control)],
        ["IEA", "1", interchange],
    ]
    return "".join(_segment(elements) + SEGMENT for elements in segments).encode("ascii")


def _set(message: str, control: str, body: list[list[str]], damaged: bool) -> list[list[str]]:
    """Put ST and SE around a body; of a damaged one the last segment got lost on the way."""
    arrived = body[:-1] if damaged else body
    return [["ST", message, control], *arrived, ["SE", str(len(body) + 2), control]]


def _segment(elements: list[str]) -> str:
    """Join the elements without the empty ones at the end; the ISA has none to drop."""
    return ELEMENT.join(elements).rstrip(ELEMENT)


def _date(moment: datetime) -> str:
    return moment.strftime("%Y%m%d")


def _time(moment: datetime) -> str:
    return moment.strftime("%H%M")
