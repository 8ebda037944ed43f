"""A vehicle that was ordered and not used: what it costs, when it is earned, who is paid."""

from datetime import date, datetime

from odoo.fields import Command
from odoo.tests import tagged

from .common import SettlementCommon

DISPATCHED, CANCELLED = datetime(2025, 3, 3, 9, 0), datetime(2025, 3, 3, 15, 0)


@tagged("post_install", "-at_install")
class TestVehicleNotUsed(SettlementCommon):
    def setUp(self):
        super().setUp()
        self.contract.rate_ids = [
            Command.create({"code_id": self.codes["VOR"].id, "basis": "flat", "rate": 150})
        ]

    def cancelled(self, **values):
        shipment = self.make_shipments()
        self.report(shipment, "dispatched", DISPATCHED)
        self.report(shipment, "cancelled", CANCELLED, **values)
        return shipment

    def test_its_rate_is_for_nothing_else(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        self.assertEqual(set(shipment.charge_ids.mapped("code_id.code")), {"400", "405"})

    def test_it_is_earned_with_the_cancellation(self):
        shipment = self.cancelled()
        row = shipment.freight_accrual_ids
        self.assertEqual((row.code_id.code, row.amount), ("VOR", 150.0))
        self.assertEqual(row.earned, date(2025, 3, 3))
        self.assertEqual(row.event_id.type_code, "cancelled")
        charge = shipment.charge_ids.filtered("vehicle_not_used")
        self.assertEqual(charge.source, "Blue Ridge LTL v1")
        self.assert_subledger_agrees()

    def test_its_bill_is_paid_and_the_accrual_cleared(self):
        shipment = self.cancelled()
        bill = self.bill(shipment, lines=(("VOR", "150.00"),))
        self.assertEqual(bill.state, "posted", bill.failure_codes)
        self.assert_settled(shipment)
        self.assert_subledger_agrees()

    def test_a_bill_for_moving_the_goods_is_not(self):
        bill = self.bill(self.cancelled())
        self.assertEqual(bill.state, "exception")

    def test_a_cancellation_that_is_taken_back_earns_nothing(self):
        shipment = self.cancelled(source_event_id="wrong")
        self.report(shipment, "retraction", CANCELLED, retracts="wrong")
        self.assertAlmostEqual(sum(shipment.freight_accrual_ids.mapped("amount")), 0)
        self.report(shipment, "delivered")
        self.assertAlmostEqual(sum(shipment.freight_accrual_ids.mapped("amount")), 148.8)
        self.assert_subledger_agrees()

    def test_without_a_rate_a_person_enters_the_amount(self):
        self.contract.rate_ids.filtered(lambda rate: rate.code_id.code == "VOR").unlink()
        shipment = self.cancelled()
        charge = shipment.charge_ids.filtered("vehicle_not_used")
        self.assertEqual(charge.amount, 0)
        self.assertIn("enter what was agreed", charge.explanation)
        self.assertFalse(shipment.freight_accrual_ids)
