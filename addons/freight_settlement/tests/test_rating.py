"""Rating: bases, minimum, rounding, sentences."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..rating import Load, Rate, RatingError, rate
from .properties import relaxed

weights = st.decimals("0.001", "100000", places=3)
prices = st.decimals("0", "10000", places=4)
BASES = st.sampled_from(["flat", "per_kg", "per_100kg"])


def linehaul(basis="flat", price="450", minimum="0"):
    return Rate("400", "linehaul", basis, Decimal(price), Decimal(minimum))


def words(charge):
    return ", ".join(str(part) for part in charge.explanation)


class TestRating(BaseCase):
    def test_flat(self):
        (charge,) = rate([linehaul()], Load(), 2)
        self.assertEqual(charge.amount, Decimal("450.00"))
        self.assertEqual(words(charge), "flat 450")

    def test_per_100kg(self):
        (charge,) = rate([linehaul("per_100kg", "12.40", "60")], Load(Decimal(520)), 2)
        self.assertEqual(charge.amount, Decimal("64.48"))
        self.assertEqual(charge.quantity, Decimal("5.2"))
        self.assertEqual(words(charge), "520 kg at 12.4 per 100 kg")

    def test_minimum_applies_and_is_said(self):
        (charge,) = rate([linehaul("per_100kg", "12.40", "75")], Load(Decimal(520)), 2)
        self.assertEqual(charge.amount, Decimal("75.00"))
        self.assertEqual(words(charge), "520 kg at 12.4 per 100 kg, minimum 75.00 applied")

    def test_half_up(self):
        (charge,) = rate([linehaul("per_kg", "0.005")], Load(Decimal(1)), 2)
        self.assertEqual(charge.amount, Decimal("0.01"))

    def test_fuel_is_a_percentage_of_the_rounded_linehaul_in_any_order(self):
        fuel = Rate("405", "fuel", "percent_of_linehaul", Decimal("12.5"))
        for rates in ([fuel, linehaul()], [linehaul(), fuel]):
            by_code = {charge.code: charge for charge in rate(rates, Load(), 2)}
            self.assertEqual(by_code["405"].amount, Decimal("56.25"))
            self.assertEqual(words(by_code["405"]), "12.5 % of linehaul 450.00")

    def test_percentage_without_linehaul_is_an_error_with_the_remedy(self):
        fuel = Rate("405", "fuel", "percent_of_linehaul", Decimal("12.5"))
        with self.assertRaisesRegex(RatingError, "add a linehaul rate"):
            rate([fuel], Load(), 2)

    def test_missing_weight_is_an_error_with_the_remedy(self):
        with self.assertRaisesRegex(RatingError, "enter it"):
            rate([linehaul("per_kg", "1")], Load(), 2)

    @relaxed
    @given(BASES, prices, prices, weights)
    def test_never_below_the_minimum(self, basis, price, minimum, weight):
        minimum = minimum.quantize(Decimal("0.01"))
        rates = [Rate("400", "linehaul", basis, price, minimum)]
        (charge,) = rate(rates, Load(weight), 2)
        self.assertGreaterEqual(charge.amount, minimum)

    @relaxed
    @given(BASES, prices, prices, weights, weights)
    def test_more_weight_never_costs_less(self, basis, price, minimum, one, other):
        rates = [Rate("400", "linehaul", basis, price, minimum)]
        light, heavy = sorted([one, other])
        (cheap,), (dear,) = (rate(rates, Load(weight), 2) for weight in (light, heavy))
        self.assertLessEqual(cheap.amount, dear.amount)
