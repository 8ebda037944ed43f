from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..units import KILOGRAMS, kilograms
from .properties import relaxed


class TestUnits(BaseCase):
    def test_known_weights(self):
        for weight, unit, expected in (
            ("100", "LBR", 45.359237),
            ("100", "L", 45.359237),
            (1, "TNE", 1000.0),
            (Decimal("2.5"), "STN", 2267.96185),
            ("12.5", "KGM", 12.5),
            ("12.5", "k", 12.5),
            ("12.5", None, 12.5),
            (0, "LBR", 0.0),
        ):
            with self.subTest(weight=weight, unit=unit):
                self.assertEqual(kilograms(weight, unit), expected)

    def test_what_is_no_unit_of_weight_is_refused(self):
        with self.assertRaisesRegex(ValueError, "MTQ is no unit of weight"):
            kilograms("1", "MTQ")

    @relaxed
    @given(st.decimals(0, 10**6, places=3), st.sampled_from(sorted(KILOGRAMS)))
    def test_two_halves_weigh_what_the_whole_does(self, weight, unit):
        self.assertAlmostEqual(kilograms(weight / 2, unit) * 2, kilograms(weight, unit), places=6)
