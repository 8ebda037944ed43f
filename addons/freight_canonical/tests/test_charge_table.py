"""Charges side by side: sums add up whatever the figures are."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..charge_table import Figure, tables
from .properties import relaxed

STAGES = ["estimated", "tendered", "contract", "actual"]

figures = st.lists(
    st.builds(
        Figure,
        currency=st.sampled_from(["USD", "EUR"]),
        code=st.sampled_from(["LHS", "405", "DSC"]),
        stage=st.sampled_from(STAGES),
        amount=st.decimals(-9999, 9999, places=2),
    )
)


class TestChargeTable(BaseCase):
    @relaxed
    @given(figures)
    def test_differences_of_rows_add_up_to_that_of_the_totals(self, said):
        for table in tables(said, STAGES):
            if table.compared:
                later, before = table.compared
                amounts = table.total.amounts
                self.assertEqual(table.total.difference, amounts[later] - amounts[before])
                self.assertEqual(sum(row.difference for row in table.rows), table.total.difference)

    @relaxed
    @given(figures)
    def test_currencies_never_meet(self, said):
        for table in tables(said, STAGES):
            own = sum(figure.amount for figure in said if figure.currency == table.currency)
            self.assertEqual(sum(table.total.amounts.values()), own)

    def test_the_latest_stage_is_held_against_the_one_before_it(self):
        said = [
            Figure("USD", "LHS", "estimated", Decimal("100")),
            Figure("USD", "LHS", "actual", Decimal("120")),
            Figure("USD", "DET", "actual", Decimal("30")),
            Figure("EUR", "LHS", "tendered", Decimal("5")),
        ]
        dollars, euros = tables(said, STAGES)
        self.assertEqual(dollars.compared, ("actual", "estimated"))
        self.assertEqual([row.difference for row in dollars.rows], [20, 30])
        self.assertEqual(dollars.total.difference, 50)
        self.assertEqual((euros.compared, euros.total.difference), (None, None))
