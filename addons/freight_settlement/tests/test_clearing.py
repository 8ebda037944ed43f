"""Clearing: the three places that an approved amount goes to."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..clearing import Clearing, clear
from .properties import relaxed

D = Decimal
amounts = st.decimals("-5000", "5000", places=2)


class TestClearing(BaseCase):
    def test_exact(self):
        self.assertEqual(clear(D(450), D(450), D(450)), Clearing(accrued=D(450)))

    def test_difference_is_variance_either_way(self):
        self.assertEqual(clear(D(460), D(450), D(450)).variance, D(10))
        self.assertEqual(clear(D(400), D(450), D(450)).variance, D(-50))

    def test_balance_due_after_the_accrual_is_gone(self):
        self.assertEqual(clear(D(50), D(0), D(50)), Clearing(variance=D(50)))

    def test_billed_before_the_service(self):
        self.assertEqual(clear(D(450), None, D(450)), Clearing(expense=D(450)))
        self.assertEqual(clear(D(455), None, D(450)), Clearing(expense=D(450), variance=D(5)))

    @relaxed
    @given(amounts, st.none() | amounts, amounts)
    def test_parts_add_up(self, approved, accrued, still_open):
        parts = clear(approved, accrued, still_open)
        self.assertEqual(parts.accrued + parts.expense + parts.variance, approved)
