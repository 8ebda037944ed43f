"""Units of weight, volume and distance. Stored are kilograms, cubic metres and kilometres.

Decimal in and float out towards the store, since that is what the ORM keeps; Decimal out on the
way back. Codes are those of UNECE Recommendation 20, the letters of X12 elements 188 (weight) and
184 (volume), the DH and DK of element 355 (distance), and the everyday abbreviations.
"""

from decimal import Decimal

_POUND = Decimal("0.45359237")
_FOOT = Decimal("0.3048")
_MILE = Decimal("1.609344")
_GALLON = Decimal("0.003785411784")


def _by_code(table):
    return {code: Decimal(factor) for codes, factor in table for code in codes.split()}


#: Kilograms in one unit.
KILOGRAMS = _by_code(
    [
        ("KGM KG K", 1),
        ("GRM G", "0.001"),
        ("TNE E", 1000),
        ("LBR LB L", _POUND),
        ("ONZ OZ", _POUND / 16),
        ("CWA", _POUND * 100),
        ("CWI", _POUND * 112),
        ("STN S", _POUND * 2000),
        ("LTN T", _POUND * 2240),
    ]
)
#: Cubic metres in one unit. GLL is the gallon of the US, GLI the imperial one.
CUBIC_METRES = _by_code(
    [
        ("MTQ X M3 CBM", 1),
        ("DMQ M LTR V", "0.001"),
        ("HLT", "0.1"),
        ("CMQ", "0.000001"),
        ("FTQ E CF CFT", _FOOT**3),
        ("INQ N CI", (_FOOT / 12) ** 3),
        ("YDQ", (_FOOT * 3) ** 3),
        ("GLL G", _GALLON),
        ("GLI", "0.00454609"),
        ("BLL", _GALLON * 42),
    ]
)
#: Kilometres in one unit.
KILOMETRES = _by_code(
    [
        ("KMT KM DK", 1),
        ("MTR", "0.001"),
        ("HMT", "0.1"),
        ("SMI MI DH", _MILE),
        ("NMI", "1.852"),
        ("FOT", _FOOT / 1000),
    ]
)

#: How a company wants measures shown.
SYSTEMS = [("metric", "Metric (kg, m³, km)"), ("us", "US (lb, ft³, miles)")]

#: System -> measure -> (unit, its sign on screen).
SHOWN = {
    "metric": {"weight": ("KGM", "kg"), "volume": ("MTQ", "m³"), "distance": ("KMT", "km")},
    "us": {"weight": ("LBR", "lb"), "volume": ("FTQ", "ft³"), "distance": ("SMI", "mi")},
}


class UnknownUnit(ValueError):
    """A unit that is none of what is measured; nobody guesses what it may be."""


def kilograms(weight, unit=None):
    """Return ``weight`` (Decimal, number or decimal text) of ``unit`` in kilograms.

    Without a unit, kilograms are meant.

    :raise UnknownUnit: for a unit that is none of weight

    >>> kilograms("100", "LBR")
    45.359237
    """
    return float(Decimal(str(weight)) * _factor(KILOGRAMS, unit or "KGM", "weight"))


def cubic_metres(volume, unit=None):
    """Return ``volume`` of ``unit`` in cubic metres, which are meant without a unit.

    :raise UnknownUnit: for a unit that is none of volume

    >>> cubic_metres("1000", "LTR")
    1.0
    """
    return float(Decimal(str(volume)) * _factor(CUBIC_METRES, unit or "MTQ", "volume"))


def kilometres(distance, unit=None):
    """Return ``distance`` of ``unit`` in kilometres, which are meant without a unit.

    :raise UnknownUnit: for a unit that is none of distance

    >>> kilometres("100", "SMI")
    160.9344
    """
    return float(Decimal(str(distance)) * _factor(KILOMETRES, unit or "KMT", "distance"))


def from_kilograms(weight, unit):
    """Return ``weight`` in kilograms as Decimal in ``unit``.

    :raise UnknownUnit: for a unit that is none of weight
    """
    return Decimal(str(weight)) / _factor(KILOGRAMS, unit, "weight")


def from_cubic_metres(volume, unit):
    """Return ``volume`` in cubic metres as Decimal in ``unit``.

    :raise UnknownUnit: for a unit that is none of volume
    """
    return Decimal(str(volume)) / _factor(CUBIC_METRES, unit, "volume")


def from_kilometres(distance, unit):
    """Return ``distance`` in kilometres as Decimal in ``unit``.

    :raise UnknownUnit: for a unit that is none of distance
    """
    return Decimal(str(distance)) / _factor(KILOMETRES, unit, "distance")


def _factor(table, unit, measure):
    factor = table.get(unit.strip().upper())
    if factor is None:
        raise UnknownUnit(f"{unit} is no unit of {measure}.")
    return factor
