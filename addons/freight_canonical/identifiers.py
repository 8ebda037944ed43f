"""Is this number one of its kind? Format and check digit of the identifiers that freight uses.

What arrives from others is never refused for its check digit: it is kept, and a person is told.
"""

import re

_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_SCAC = re.compile(r"[A-Z]{2,4}")
_CONTAINER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
#: ISO 6346: letters count from 10, leaving out the multiples of 11.
_CONTAINER_VALUES = {
    letter: value
    for letter, value in zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True
    )
}


def compact(value):
    """Return ``value`` upper-case without spaces and dashes."""
    return re.sub(r"[\s-]+", "", value or "").upper()


def is_locode(value):
    """Return whether ``value`` looks like a UN/LOCODE: a country and three of A-Z and 2-9.

    >>> is_locode("USCHI"), is_locode("US1HI"), is_locode("CHI")
    (True, False, False)
    """
    return bool(_LOCODE.fullmatch(value or ""))


def is_scac(value):
    """Return whether ``value`` is a Standard Carrier Alpha Code: 2 to 4 capital letters."""
    return bool(_SCAC.fullmatch(value or ""))


def container_check_digit(stem):
    """Return the check digit of the ten characters ``stem`` of a container number (ISO 6346).

    >>> container_check_digit("CSQU305438")
    3
    """
    total = sum(
        int(_CONTAINER_VALUES.get(sign, sign)) * 2**place for place, sign in enumerate(stem)
    )
    return total % 11 % 10


def is_container(value):
    """Return whether ``value`` is a container number with its right check digit (ISO 6346)."""
    value = compact(value)
    return bool(_CONTAINER.fullmatch(value)) and container_check_digit(value[:10]) == int(value[10])


def gs1_check_digit(stem):
    """Return the check digit that GS1 puts behind the digits ``stem``.

    >>> gs1_check_digit("629104150021")
    3
    """
    total = sum(int(sign) * (3, 1)[place % 2] for place, sign in enumerate(reversed(stem)))
    return -total % 10


def is_gln(value):
    """Return whether ``value`` is a Global Location Number: 13 digits, the last one a check."""
    return _is_gs1(value, 13)


def is_sscc(value):
    """Return whether ``value`` is a Serial Shipping Container Code: 18 digits, one a check.

    The application identifier (00) that a label prints before it may stand there.
    """
    value = compact(value).replace("(00)", "")
    return _is_gs1(value[2:] if len(value) == 20 and value.startswith("00") else value, 18)


def _is_gs1(value, length):
    value = compact(value)
    return (
        value.isascii()
        and value.isdigit()
        and len(value) == length
        and gs1_check_digit(value[:-1]) == int(value[-1])
    )


#: Type of a number -> whether a value can be one.
CHECKS = {
    "container": is_container,
    "gln": is_gln,
    "locode": is_locode,
    "scac": is_scac,
    "sscc": is_sscc,
}


def is_doubtful(kind, value):
    """Return whether ``value`` cannot be a number of ``kind``; kinds without a rule never are."""
    check = CHECKS.get(kind)
    return bool(check) and not check(value)
