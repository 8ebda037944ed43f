"""Exact amounts: HALF-UP rounding to the digits of a currency."""

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
HUNDRED = Decimal(100)


def half_up(amount, digits):
    """Round ``amount`` (Decimal) half-up, away from zero, to ``digits`` decimal places.

    >>> half_up(Decimal("2.345"), 2)
    Decimal('2.35')
    >>> half_up(Decimal("-2.345"), 2)
    Decimal('-2.35')
    """
    return Decimal(amount).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def to_decimal(value, digits):
    """Read a float of the ORM, or a string, as an exact amount of ``digits`` decimal places."""
    return half_up(Decimal(repr(value) if isinstance(value, float) else value), digits)


def written(amount):
    """Write an amount that is rounded to its currency, with all its digits.

    >>> written(Decimal("19.40"))
    '19.40'
    """
    return format(amount, "f")


def plain(value):
    """Write a rate or a quantity for people: no exponent, no trailing zeros beyond the point.

    >>> plain(Decimal("12.400000")), plain(Decimal("500"))
    ('12.4', '500')
    """
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
