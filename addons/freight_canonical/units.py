"""Units of weight, as Decimal in and float out: the ORM stores kilograms."""

from decimal import Decimal

#: Kilograms in one unit. UNECE Recommendation 20 codes, and the one-letter codes of X12 (188).
KILOGRAMS = {
    "KGM": Decimal(1),
    "K": Decimal(1),
    "KG": Decimal(1),
    "TNE": Decimal(1000),
    "LBR": Decimal("0.45359237"),
    "L": Decimal("0.45359237"),
    "LB": Decimal("0.45359237"),
    "STN": Decimal("907.18474"),
    "CWA": Decimal("45.359237"),
}


def kilograms(weight, unit=None):
    """Return ``weight`` (Decimal, number or decimal text) of ``unit`` in kilograms.

    Without a unit, kilograms are meant.

    :raise ValueError: for a unit that is none of weight

    >>> kilograms("100", "LBR")
    45.359237
    """
    factor = KILOGRAMS.get((unit or "KGM").upper())
    if factor is None:
        raise ValueError(f"{unit} is no unit of weight.")
    return float(Decimal(str(weight)) * factor)
