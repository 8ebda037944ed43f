import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import goods, units
from ..units import KILOGRAMS, cubic_metres, kilograms, kilometres
from .properties import relaxed

MEASURES = (
    (units.KILOGRAMS, kilograms, units.from_kilograms, "weight"),
    (units.CUBIC_METRES, cubic_metres, units.from_cubic_metres, "volume"),
    (units.KILOMETRES, kilometres, units.from_kilometres, "distance"),
)


class TestUnits(BaseCase):
    def test_known_weights(self):
        for weight, unit, expected in (
            ("100", "LBR", 45.359237),
            ("100", "L", 45.359237),
            (1, "TNE", 1000.0),
            (1, "E", 1000.0),
            (Decimal("2.5"), "STN", 2267.96185),
            (1, "CWA", 45.359237),
            (16, "ONZ", 0.45359237),
            ("12.5", "KGM", 12.5),
            ("12.5", "k", 12.5),
            ("12.5", None, 12.5),
            (0, "LBR", 0.0),
        ):
            with self.subTest(weight=weight, unit=unit):
                self.assertEqual(kilograms(weight, unit), expected)

    def test_known_volumes(self):
        for volume, unit, expected in (
            ("3", None, 3.0),
            ("3", "X", 3.0),
            ("1000", "LTR", 1.0),
            ("1000", "V", 1.0),
            ("1", "FTQ", 0.028316846592),
            ("1", "E", 0.028316846592),
            ("1728", "INQ", 0.028316846592),
            ("1", "GLL", 0.003785411784),
        ):
            with self.subTest(volume=volume, unit=unit):
                self.assertEqual(cubic_metres(volume, unit), expected)

    def test_known_distances(self):
        for distance, unit, expected in (
            ("7", None, 7.0),
            ("100", "SMI", 160.9344),
            ("100", "DH", 160.9344),
            ("100", "DK", 100.0),
            ("500", "MTR", 0.5),
            ("1", "NMI", 1.852),
        ):
            with self.subTest(distance=distance, unit=unit):
                self.assertEqual(kilometres(distance, unit), expected)

    def test_what_is_no_unit_is_refused(self):
        for table, there, back, measure in MEASURES:
            other = next(unit for unit in ("MTQ", "KGM") if unit not in table)
            for convert in (there, back):
                with self.assertRaisesRegex(units.UnknownUnit, f"{other} is no unit of {measure}"):
                    convert("1", other)

    def test_letters_of_x12_mean_what_their_element_says(self):
        self.assertEqual(kilograms(1, "E"), 1000, "188: a metric ton")
        self.assertLess(cubic_metres(1, "E"), 0.03, "184: a cubic foot")

    def test_codes_are_capitals(self):
        for table, *_functions in MEASURES:
            self.assertTrue(all(re.fullmatch("[A-Z0-9]+", unit) for unit in table))
            self.assertTrue(all(factor > 0 for factor in table.values()))

    @relaxed
    @given(st.decimals(0, 10**6, places=3), st.sampled_from(sorted(KILOGRAMS)))
    def test_two_halves_weigh_what_the_whole_does(self, weight, unit):
        self.assertAlmostEqual(kilograms(weight / 2, unit) * 2, kilograms(weight, unit), places=6)

    @relaxed
    @given(st.data(), st.sampled_from(MEASURES), st.decimals(0, 10**6, places=3))
    def test_there_and_back(self, data, measure, amount):
        table, there, back, _name = measure
        unit = data.draw(st.sampled_from(sorted(table)))
        again = back(there(amount, unit), unit)
        self.assertAlmostEqual(again, amount, delta=amount * Decimal("1e-12"))


class TestReadingGoods(BaseCase):
    def test_what_is_said_is_converted(self):
        line = {"weight": "100", "weight_unit": "LBR", "volume": "10", "volume_unit": "MTQ"}
        self.assertEqual(goods.read_line(line), ({"weight": 45.359237, "volume": 10.0}, []))
        self.assertEqual(goods.read_line({}), ({}, []))

    def test_what_cannot_be_read_is_left_out_and_told(self):
        line = {"weight": "1", "weight_unit": "MTQ", "volume": "-2", "volume_unit": "MTQ"}
        self.assertEqual(goods.read_line(line), ({}, ["1 MTQ", "-2 MTQ"]))
        self.assertEqual(goods.read_distance({"distance": "-3"}), ({}, ["-3"]))
        self.assertEqual(
            goods.read_distance({"distance": "3", "distance_unit": "KMT"}), ({"distance": 3.0}, [])
        )
