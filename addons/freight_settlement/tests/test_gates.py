"""Gates: each failure with its verdict, all of them listed, the gravest deciding."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from ..duplicates import Bill, judge
from ..gates import Facts, check, gravest

CLEAN = Facts(
    carrier="Blue Ridge Freight",
    carrier_sent="BRFT",
    currency_known=True,
    currency="USD",
    total=Decimal("512.50"),
    line_total=Decimal("512.50"),
    bill_date=date(2025, 3, 5),
    latest_date=date(2025, 3, 6),
    expected_currency="USD",
    shipment="SHP1",
    shipment_date=date(2025, 3, 3),
)


class TestGates(BaseCase):
    def codes(self, **changes):
        return [(each.code, each.verdict) for each in check(replace(CLEAN, **changes))]

    def test_clean(self):
        self.assertEqual(self.codes(), [])

    def test_each_gate(self):
        bill = Bill("1", 7, Decimal(1), "USD")
        for changes, code, verdict in (
            ({"carrier": None}, "unknown_carrier", "exception"),
            ({"currency_known": False}, "currency", "exception"),
            ({"currency": "EUR"}, "currency", "exception"),
            ({"line_total": Decimal("512.51")}, "control_total", "rejected"),
            ({"total": Decimal(0), "line_total": Decimal(0)}, "not_payable", "exception"),
            ({"judgement": judge(bill, [bill])}, "duplicate", "duplicate"),
            ({"payable_by_us": False}, "freight_terms", "rejected"),
            ({"transport_state": "draft"}, "not_moved", "exception"),
            ({"transport_state": "cancelled"}, "not_moved", "exception"),
            ({"tax_total": Decimal("0.01")}, "tax_error", "exception"),
            ({"bill_date": date(2025, 3, 7)}, "date_future", "exception"),
            ({"bill_date": date(2025, 3, 2)}, "date_before_shipment", "exception"),
            ({"setup_missing": "accounts"}, "setup", "exception"),
        ):
            self.assertEqual(self.codes(**changes), [(code, verdict)])

    def test_all_failures_are_listed_in_order(self):
        found = self.codes(carrier=None, line_total=Decimal(1), tax_total=Decimal(1))
        self.assertEqual(
            [code for code, _verdict in found], ["unknown_carrier", "control_total", "tax_error"]
        )
        self.assertEqual(gravest(verdict for _code, verdict in found), "rejected")

    def test_no_failure_no_verdict(self):
        self.assertIsNone(gravest([]))
