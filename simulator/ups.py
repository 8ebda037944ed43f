"""UPS: tracking numbers, and the pushes of the Track Alert API."""

import json
from datetime import datetime, timedelta

# X12 status code -> activity type, code, description, description code.
ACTIVITIES = {
    "AF": ("I", "PU", "Pickup Scan", "038"),
    "X6": ("I", "DP", "Departed from Facility", "005"),
    "SD": ("X", "DJ", "Adverse weather conditions may cause delay", "048"),
    "X1": ("I", "OT", "Out for Delivery", "021"),
    "D1": ("D", "FS", "Delivered", "011"),
}
# Standard time; enough for the local time on a label.
_OFFSETS = {
    -6: "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI",
    -7: "AZ CO ID MT NM UT WY",
    -8: "CA NV OR WA",
}
_OFFSET_BY_STATE = {state: hours for hours, states in _OFFSETS.items() for state in states.split()}
_EASTERN = -5


def tracking_number(serial: int) -> str:
    """Return a 1Z number: shipper, service, a serial of seven digits and the check digit."""
    body = f"A12B3403{serial % 10**7:07d}"
    values = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in body]
    total = sum(values[0::2]) + 2 * sum(values[1::2])
    return f"1Z{body}{-total % 10}"


def track_alert(tracking: str, status: dict, due: datetime) -> bytes:
    """Return the push for one status.

    :param status: ``code`` (a key of ``ACTIVITIES``), ``time`` (aware), ``place``
    :param due: when it is scheduled to be delivered
    """
    kind, code, description, description_code = ACTIVITIES[status["code"]]
    place, universal = status["place"], status["time"]
    local = universal + timedelta(hours=_OFFSET_BY_STATE.get(place.get("state"), _EASTERN))
    push = {
        "trackingNumber": tracking,
        "localActivityDate": _date(local),
        "localActivityTime": _time(local),
        "activityLocation": {
            "city": place.get("city") or "",
            "stateProvince": place.get("state") or "",
            "postalCode": place.get("zip") or "",
            "country": place.get("country") or "US",
        },
        "activityStatus": {
            "type": kind,
            "code": code,
            "description": description,
            "descriptionCode": description_code,
        },
        "scheduledDeliveryDate": _date(due),
        "gmtActivityDate": _date(universal),
        "gmtActivityTime": _time(universal),
    }
    if kind == "D":
        push |= {
            "actualDeliveryDate": _date(local),
            "actualDeliveryTime": _time(local),
            "receivedBy": "RECEIVING",
        }
    return json.dumps(push).encode()


def _date(moment: datetime) -> str:
    return moment.strftime("%Y%m%d")


def _time(moment: datetime) -> str:
    return moment.strftime("%H%M%S")
