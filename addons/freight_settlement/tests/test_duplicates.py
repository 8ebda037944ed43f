"""Duplicates: numbers normalised, and bills that say the same under another number."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..duplicates import DUPLICATE, SUSPECT, Bill, judge, normalise
from .properties import relaxed

FIRST = Bill("INV-0042", 7, Decimal("512.50"), "USD", frozenset({"PRO1"}), date(2025, 3, 3))


class TestDuplicates(BaseCase):
    def verdict(self, *others, **changes):
        found = judge(replace(FIRST, **changes), others or [FIRST])
        return found and found.verdict

    def test_normalised_number(self):
        for number in ("inv-0042", "INV 0042", "INV\u20130042", "00inv0042"):
            self.assertEqual(normalise(number), "INV0042")
        self.assertEqual(normalise("0000"), "0")

    def test_same_number_and_amount_whatever_the_date(self):
        self.assertEqual(self.verdict(number="00 inv0042", ship_date=date(2025, 9, 9)), DUPLICATE)

    def test_same_number_other_amount(self):
        self.assertEqual(self.verdict(amount=Decimal("512.51")), SUSPECT)

    def test_same_number_other_currency(self):
        self.assertEqual(self.verdict(currency="EUR"), SUSPECT)

    def test_rebill_while_the_original_stands(self):
        self.assertEqual(self.verdict(correction="RB"), SUSPECT)

    def test_balance_due_is_no_duplicate(self):
        self.assertIsNone(self.verdict(correction="BD", amount=Decimal(20)))

    def test_the_same_correction_twice(self):
        first = replace(FIRST, correction="BD", amount=Decimal(20))
        self.assertEqual(self.verdict(first, correction="BD", amount=Decimal(20)), DUPLICATE)
        self.assertEqual(self.verdict(replace(FIRST, correction="RB"), correction="RB"), DUPLICATE)
        for change in (
            {"amount": Decimal(21)},
            {"correction": "AD"},
            {"references": frozenset({"PRO2"})},
        ):
            other = {"correction": "BD", "amount": Decimal(20), **change}
            self.assertIsNone(self.verdict(first, **other), change)

    def test_other_number_same_content(self):
        self.assertEqual(self.verdict(number="9"), SUSPECT)

    def test_other_number_and_one_thing_differs(self):
        for change in (
            {"references": frozenset({"PRO2"})},
            {"ship_date": date(2025, 3, 4)},
            {"amount": Decimal("1")},
        ):
            self.assertIsNone(self.verdict(number="9", **change), change)

    def test_without_ship_date_content_is_not_compared(self):
        undated = replace(FIRST, ship_date=None)
        self.assertIsNone(self.verdict(undated, number="9", ship_date=None))

    def test_another_carrier_may_use_the_number(self):
        self.assertIsNone(self.verdict(carrier=8))

    def test_a_duplicate_outweighs_a_suspicion(self):
        suspicious = replace(FIRST, amount=Decimal(1))
        self.assertEqual(self.verdict(suspicious, FIRST), DUPLICATE)

    @relaxed
    @given(st.text(alphabet="0123456789AZaz -", min_size=1))
    def test_normalising_twice_changes_nothing(self, number):
        self.assertEqual(normalise(normalise(number)), normalise(number))
