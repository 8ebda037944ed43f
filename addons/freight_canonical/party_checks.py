"""What is wrong with a party: numbers, place, what a carrier needs. Pure."""

import re

from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

from .identifiers import compact, is_gln, is_locode, is_scac

#: ISO 3166 -> what a postal code looks like there.
ZIPS = {
    "AT": r"\d{4}",
    "BE": r"\d{4}",
    "BR": r"\d{5}-?\d{3}",
    "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "CH": r"\d{4}",
    "DE": r"\d{5}",
    "ES": r"\d{5}",
    "FR": r"\d{5}",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "IT": r"\d{5}",
    "MX": r"\d{5}",
    "NL": r"\d{4} ?[A-Z]{2}",
    "PL": r"\d{2}-\d{3}",
    "US": r"\d{5}(-\d{4})?",
}


def check(values, today):
    """Return what is wrong with a party, as codes of :data:`~.models.freight_party_check.WORDS`.

    :param values: {path: value} as in :mod:`.masters`
    :param today: ISO 8601 day
    """
    return [code for code, is_wrong in _CHECKS.items() if is_wrong(values, today)]


def is_vat(number, country):
    """Return whether ``number`` is a VAT number, None where its country's rule is not known.

    The prefix of the number goes before ``country``: who is registered abroad says so.

    >>> is_vat("DE136695976", "US"), is_vat("DE136695977", "DE"), is_vat("12-3456789", "US")
    (True, False, None)
    """
    number = compact(number)
    prefix = number[:2]
    for code in filter(None, (prefix if prefix.isalpha() else None, country)):
        rule = get_cc_module("gr" if code == "EL" else code.lower(), "vat")
        if rule:
            return _passes(rule, number)
    return None


def _passes(rule, number):
    try:
        rule.validate(number)
    except ValidationError:
        return False
    return True


def _vat(values, _today):
    number = values.get("identifiers.vat")
    return bool(number) and is_vat(number, values.get("address.country")) is False


def _zip(values, _today):
    shape = ZIPS.get(values.get("address.country"))
    given = (values.get("address.zip") or "").strip().upper()
    return bool(shape and given) and not re.fullmatch(shape, given)


def _doubtful(path, is_one):
    return lambda values, _today: bool(values.get(path)) and not is_one(values[path])


def _is_duns(number):
    return len(number) == 9 and number.isdigit()


def _is_carrier(values):
    return "carrier" in (values.get("roles") or ())


def _locode_abroad(values, _today):
    locode, country = values.get("identifiers.locode"), values.get("address.country")
    return bool(locode and country) and not locode.startswith(country)


_CHECKS = {
    "scac": _doubtful("identifiers.scac", is_scac),
    "vat": _vat,
    "gln": _doubtful("identifiers.gln", is_gln),
    "duns": _doubtful("identifiers.duns", _is_duns),
    "locode": _doubtful("identifiers.locode", is_locode),
    "locode_abroad": _locode_abroad,
    "zip": _zip,
    "no_country": lambda values, _today: not values.get("address.country"),
    "no_role": lambda values, _today: not values.get("roles"),
    "no_scac": lambda values, _today: _is_carrier(values) and not values.get("identifiers.scac"),
    "insurance": lambda values, today: (
        bool(values.get("insurance_expires")) and values["insurance_expires"] < today
    ),
}
