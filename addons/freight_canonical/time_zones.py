"""What time it is at a place, and what a local time is in UTC.

Pure: pytz and nothing else. A local time that a change of the clocks makes ambiguous or skips is
read as RFC 5545 (3.3.5) reads it: of two the first, and one that never was is moved forward by
what the clocks were.
"""

from datetime import datetime, time, timedelta

import pytz

#: Country -> time zone -> its states (the second part of ISO 3166-2). A state that lies in
#: several zones stands under the one most of its people live in: US-AK, FL, ID, IN, KS, KY, MI,
#: ND, NE, OR, SD, TN, TX; CA-BC, NL, NU, ON, QC, SK; BR-AM; MX-BCS, CHH, NAY, TAM among them.
STATES = {
    "US": {
        "America/New_York": "CT DC DE FL GA KY MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
        "America/Detroit": "MI",
        "America/Indiana/Indianapolis": "IN",
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO MT NM UT WY",
        "America/Boise": "ID",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR VI",
        "Pacific/Guam": "GU MP",
        "Pacific/Pago_Pago": "AS",
    },
    "CA": {
        "America/St_Johns": "NL",
        "America/Halifax": "NS PE",
        "America/Moncton": "NB",
        "America/Toronto": "ON QC",
        "America/Winnipeg": "MB",
        "America/Regina": "SK",
        "America/Edmonton": "AB NT",
        "America/Iqaluit": "NU",
        "America/Vancouver": "BC",
        "America/Whitehorse": "YT",
    },
    "AU": {
        "Australia/Sydney": "NSW ACT",
        "Australia/Melbourne": "VIC",
        "Australia/Brisbane": "QLD",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Perth": "WA",
        "Australia/Hobart": "TAS",
    },
    "BR": {
        "America/Sao_Paulo": "DF ES GO MG PR RJ RS SC SP",
        "America/Bahia": "BA",
        "America/Maceio": "AL SE",
        "America/Recife": "PE",
        "America/Fortaleza": "CE MA PB PI RN",
        "America/Belem": "AP PA",
        "America/Araguaina": "TO",
        "America/Campo_Grande": "MS",
        "America/Cuiaba": "MT",
        "America/Manaus": "AM",
        "America/Porto_Velho": "RO",
        "America/Boa_Vista": "RR",
        "America/Rio_Branco": "AC",
    },
    "MX": {
        "America/Mexico_City": "AGU CHP CMX COL DIF GRO GUA HID JAL MEX MIC MOR NAY OAX PUE QUE"
        " SLP TAB TLA VER ZAC",
        "America/Merida": "CAM YUC",
        "America/Cancun": "ROO",
        "America/Monterrey": "COA DUR NLE TAM",
        "America/Chihuahua": "CHH",
        "America/Hermosillo": "SON",
        "America/Mazatlan": "BCS SIN",
        "America/Tijuana": "BCN",
    },
}
_ZONE_OF_STATE = {
    (country, state): zone
    for country, zones in STATES.items()
    for zone, states in zones.items()
    for state in states.split()
}


def zone_of(country, state=None):
    """Return the name of the time zone of a place, None where country and state do not say.

    :param country: ISO 3166 alpha-2
    :param state: the second part of ISO 3166-2, such as ``IL``

    >>> zone_of("US", "IL"), zone_of("FR"), zone_of("US")
    ('America/Chicago', 'Europe/Paris', None)
    """
    found = _ZONE_OF_STATE.get((country, (state or "").strip().upper()))
    zones = pytz.country_timezones.get(country or "", [])
    return found or (zones[0] if len(zones) == 1 else None)


def to_utc(moment, zone):
    """Return the local ``moment`` (naive) of the time zone named ``zone`` as naive UTC."""
    zone = pytz.timezone(zone)
    try:
        return zone.localize(moment, is_dst=None).astimezone(pytz.utc).replace(tzinfo=None)
    except pytz.InvalidTimeError:
        return _read_at_change(moment, zone)


def _read_at_change(moment, zone):
    """Return in UTC a local ``moment`` that the clocks of ``zone`` show twice, or never."""
    readings = [zone.localize(moment, is_dst=dst).astimezone(pytz.utc) for dst in (True, False)]
    real = [one for one in readings if one.astimezone(zone).replace(tzinfo=None) == moment]
    return (min(real) if real else max(readings)).replace(tzinfo=None)


def start_of_day(day, zone):
    """Return as naive UTC when ``day`` (a date) begins in the time zone named ``zone``."""
    return to_utc(datetime.combine(day, time()), zone)


def end_of_day(day, zone):
    """Return as naive UTC the last second of ``day`` (a date) in the time zone named ``zone``."""
    return start_of_day(day + timedelta(days=1), zone) - timedelta(seconds=1)


def read(text, zone):
    """Return ``text`` (ISO 8601) as naive UTC; without an offset it is local to ``zone``.

    :raise ValueError: when ``text`` is no moment of ISO 8601
    """
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        return to_utc(moment.replace(microsecond=0), zone)
    return moment.astimezone(pytz.utc).replace(tzinfo=None, microsecond=0)


def read_window(start, end, zone):
    """Return an appointment window as naive UTC moments, None for a side that is not given.

    A side given as a day alone begins and ends with that day in ``zone``.
    """
    return (_read_side(start, zone, start_of_day), _read_side(end, zone, end_of_day))


def _read_side(text, zone, side_of_day):
    if not text:
        return None
    if len(text) == len("2026-01-31"):
        return side_of_day(datetime.fromisoformat(text).date(), zone)
    return read(text, zone)
