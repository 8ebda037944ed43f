"""Dates and times as partners write them, to ISO 8601.

A moment with a known zone gets its offset; without one it stays naive, which means the local time
of the place.
"""

import re
from datetime import date, datetime, timedelta, timezone

import pytz

_MOMENT = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]?(\d{1,9}))?)?)?"
    r" ?(Z|[+-]\d\d(?::?\d\d)?)?"
)
_SHORT_YEAR = re.compile(r"\d{6}(\d{4})?")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?")
_CENTURY_PIVOT = 70

# X12 element 623: the letter of the zone, its standard offset in minutes, the zone's name.
# The second letter tells standard (S) and daylight time (D) from the time kept there (T).
_REGIONS = {
    "H": (-600, "Pacific/Honolulu"),
    "A": (-540, "America/Anchorage"),
    "P": (-480, "America/Los_Angeles"),
    "M": (-420, "America/Denver"),
    "C": (-360, "America/Chicago"),
    "E": (-300, "America/New_York"),
    "T": (-240, "America/Halifax"),
    "N": (-210, "America/St_Johns"),
}
_UNIVERSAL = ("UT", "GM", "Z", "UTC", "GMT")
_LOCAL = ("LT", "")


def parse(value, formats=(), zone=None):
    """Return the datetime, or the date where `value` has no time, that `value` means.

    :param value: text, or a list of parts (date, time) of which the empty ones are left out.
    :param formats: `strptime` patterns, tried in order; without any ISO 8601 is understood,
        extended and basic, and the CCYYMMDD[HHMM[SS[DD]]] and YYMMDD[HHMM] of EDI. The hour 24
        is the end of the day.
    :param zone: an X12 time code (element 623), an offset or the name of a zone; an offset within
        `value` comes first.
    :raises ValueError: it is no date, or the zone is not known.
    """
    text = _text(value)
    moment = _by_patterns(text, formats) if formats else _by_grammar(text)
    if not isinstance(moment, datetime) or moment.tzinfo or not zone:
        return moment
    return _in_zone(moment, str(zone).strip())


def in_zone(moment, name):
    """Return the datetime `moment` as clocks show it in the zone called `name`, UTC without one.

    One without an offset is the local time of its place already.

    :raises ValueError: the zone is not known.
    """
    if not moment.tzinfo:
        return moment
    try:
        return moment.astimezone(pytz.timezone(name or "UTC"))
    except pytz.UnknownTimeZoneError as error:
        raise ValueError(f"{name!r} is not a time zone") from error


def _text(value):
    if isinstance(value, (list, tuple)):
        first, *others = [str(part).strip() for part in value if part] or [""]
        return first + "".join(f"0{part}" if len(part) == 3 else part for part in others)
    return str(value).strip()


def _by_patterns(text, patterns):
    for pattern in patterns:
        try:
            moment = datetime.strptime(text, pattern)
        except ValueError:
            continue
        return moment if "%H" in pattern or "%I" in pattern else moment.date()
    raise ValueError(f"{text!r} is none of {', '.join(patterns)}")


def _by_grammar(text):
    if _SHORT_YEAR.fullmatch(text):
        text = ("19" if int(text[:2]) >= _CENTURY_PIVOT else "20") + text
    found = _MOMENT.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a date")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    midnight = date(int(year), int(month), int(day))
    if hour is None:
        return midnight
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    tzinfo = timezone(_offset(offset)) if offset else None
    if hour == "24" and minute == "00":
        return datetime(midnight.year, midnight.month, midnight.day, tzinfo=tzinfo) + timedelta(1)
    return datetime(
        int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro, tzinfo
    )


def _in_zone(moment, zone):
    if zone in _LOCAL:
        return moment
    if zone in _UNIVERSAL:
        return moment.replace(tzinfo=timezone.utc)
    if len(zone) == 2 and zone[0] in _REGIONS and zone[1] in "SDT":
        return _in_region(moment, *_REGIONS[zone[0]], zone[1])
    if zone.isdigit() and 1 <= int(zone) <= 24:
        hours = int(zone) if int(zone) <= 12 else int(zone) - 25
        return moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    if _OFFSET.fullmatch(zone):
        return moment.replace(tzinfo=timezone(_offset(zone)))
    return _localised(moment, zone)


def _in_region(moment, minutes, name, season):
    if season == "T":
        return _localised(moment, name)
    daylight = 60 if season == "D" else 0
    return moment.replace(tzinfo=timezone(timedelta(minutes=minutes + daylight)))


def _localised(moment, name):
    try:
        local = pytz.timezone(name).localize(moment)
    except pytz.UnknownTimeZoneError as error:
        raise ValueError(f"{name!r} is not a time zone") from error
    return moment.replace(tzinfo=timezone(local.utcoffset()))


def _offset(text):
    if text == "Z":
        return timedelta()
    sign, hours, minutes = _OFFSET.fullmatch(text).groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return -offset if sign == "-" else offset
