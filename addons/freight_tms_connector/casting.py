"""Casts of mapping rules: what a partner sent, as the canonical document writes it.

Each cast is called with (value, rule, zone, implied_decimals); of the rule it reads `date_formats`
and `digits`, the number after the colon of `implied_decimal:2`. The value is never empty.
"""

import re
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from .moments import in_zone, parse

_DECIMAL = re.compile(r"[+-]?(\d{1,20}\.?\d{0,12}|\.\d{1,12})", re.ASCII)
_MAX_DIGITS = 20
_STANDARD_DIGITS = 2
_TRUE = {"true", "yes", "y", "1"}
_FALSE = {"false", "no", "n", "0"}


class CastError(ValueError):
    """A value is not what the cast takes."""


def _strip(value, _rule, _zone, _implied):
    """Text without blanks around it; the components of a composite with blanks between."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        return _words(value, _rule, _zone, _implied)
    return value


def _str(value, _rule, _zone, _implied):
    return _text(value) or None


def _concat(value, _rule, _zone, _implied):
    return _joined("", value)


def _words(value, _rule, _zone, _implied):
    return _joined(" ", value)


def _joined(separator, value):
    parts = value if isinstance(value, list) else [value]
    return separator.join(text for text in map(_text, parts) if text) or None


def _text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(_bounded(value), "f")
    if isinstance(value, (str, int)):
        return str(value).strip()
    raise CastError(f"{type(value).__name__} is no text")


def _int(value, _rule, _zone, _implied):
    number = _number(value)
    if number != number.to_integral_value():
        raise CastError(f"{value!r} is not a whole number")
    return int(number)


def _decimal(value, _rule, _zone, _implied):
    return format(_number(value), "f")


def _decimal_comma(value, _rule, _zone, _implied):
    text = value.replace(".", "").replace(",", ".") if isinstance(value, str) else value
    return format(_number(text), "f")


def _implied_decimal(value, rule, _zone, implied):
    """A number whose last digits are decimals, unless it has a decimal point."""
    number = _number(value)
    if "." in str(value):
        return format(number, "f")
    digits = implied if implied is not None else rule.digits
    return format(number.scaleb(-(_STANDARD_DIGITS if digits is None else digits)), "f")


def _number(value):
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return _bounded(Decimal(value))
    raise CastError(f"{value!r} is not a number")


def _bounded(number):
    """Return `number` unless writing it out would need absurdly many digits."""
    if not number.is_finite() or number and abs(number.adjusted()) > _MAX_DIGITS:
        raise CastError("the number is out of bounds")
    return number


def _bool(value, _rule, _zone, _implied):
    text = _text(value).lower()
    if text not in _TRUE | _FALSE:
        raise CastError(f"{value!r} is neither yes nor no")
    return text in _TRUE


def _date(value, rule, _zone, _implied):
    moment = _moment(value, rule, None)
    return (moment.date() if isinstance(moment, datetime) else moment).isoformat()


def _datetime(value, rule, zone, _implied):
    """A day without a time is its first minute, local to the place."""
    moment = _moment(value, rule, zone)
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return moment.isoformat()


def _moment_or_day(value, rule, zone, _implied):
    """A day without a time stays a day; who reads it knows whether its start or its end counts."""
    return _moment(value, rule, zone).isoformat()


def _moment(value, rule, zone) -> date:
    try:
        return parse(value, rule.date_formats, zone)
    except (ValueError, OverflowError) as error:
        raise CastError(str(error)) from error


def _wall_clock(value, rule, zone, _implied):
    """A moment as clocks show it in `zone`, UTC without one, written by the first date format.

    A day has no time to write: where the format asks for one nothing is.
    """
    try:
        moment = parse(value)
        if isinstance(moment, datetime):
            return in_zone(moment, zone).strftime(rule.date_formats[0])
    except (ValueError, OverflowError) as error:
        raise CastError(str(error)) from error
    pattern = rule.date_formats[0]
    return None if "%H" in pattern else moment.strftime(pattern)


def _plain_number(value, rule, _zone, _implied):
    """A number without zeros at its end, rounded to the digits after the colon if there are any.

    Of a list, the sum.
    """
    number = _total(value)
    if rule.digits is not None:
        number = number.quantize(Decimal(1).scaleb(-rule.digits), ROUND_HALF_UP)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _without_point(value, rule, _zone, _implied):
    """A number whose last digits are decimals, two unless the cast says more; of a list the sum."""
    digits = _STANDARD_DIGITS if rule.digits is None else rule.digits
    return format(_total(value).scaleb(digits).quantize(Decimal(1), ROUND_HALF_UP), "f")


def _total(value):
    return sum(map(_number, value)) if isinstance(value, list) else _number(value)


def _cut(value, rule, _zone, _implied):
    """The first characters of a text on one line, as many as the number after the colon."""
    return " ".join(_text(value).split())[: rule.digits].strip() or None


def _ordinal(value, _rule, _zone, _implied):
    """The place of an item, from 1."""
    return str(_int(value, _rule, _zone, _implied) + 1)


def _digits_only(value, _rule, _zone, _implied):
    return "".join(char for char in _text(value) if char in "0123456789") or None


CASTS = {
    "strip": _strip,
    "str": _str,
    "concat": _concat,
    "words": _words,
    "int": _int,
    "decimal": _decimal,
    "decimal_comma": _decimal_comma,
    "implied_decimal": _implied_decimal,
    "bool": _bool,
    "date": _date,
    "datetime": _datetime,
    "moment_or_day": _moment_or_day,
    "wall_clock": _wall_clock,
    "number": _plain_number,
    "without_point": _without_point,
    "cut": _cut,
    "digits": _digits_only,
    "ordinal": _ordinal,
}
