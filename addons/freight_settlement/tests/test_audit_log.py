"""What of settlement the audit log follows: prices, decisions, postings, payments."""

import json

from odoo.tests import tagged

from .common import SettlementCommon


@tagged("post_install", "-at_install")
class TestAuditLog(SettlementCommon):
    def setUp(self):
        super().setUp()
        self.mark = self.env["freight.audit.entry"].search([], limit=1).id

    def entries(self, model):
        """Return what joined the log about ``model`` since the test began, oldest first."""
        domain = [("id", ">", self.mark), ("model", "=", model)]
        return self.env["freight.audit.entry"].search(domain, order="id")

    def test_a_rate_is_changed(self):
        self.contract.rate_ids[0].rate = 13.10
        (entry,) = self.entries("freight.contract.rate")
        self.assertEqual(json.loads(entry.before), {"rate": 12.40, "version": 1})
        self.assertEqual(json.loads(entry.after), {"rate": 13.10, "version": 2})
        self.assertEqual((entry.stream, entry.action), ("money", "write"))

    def test_a_bill_from_its_coming_to_its_payment(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        bill = self.bill(shipment)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.move_id.ids
        ).create({})._create_payments()
        deeds = [(one.action, one.role) for one in self.entries(bill._name)]
        self.assertEqual(
            deeds,
            [("receive", "transformed"), ("approve", "approved"), ("post", "posted"),
             ("payment", "posted")],
        )  # fmt: skip
        posted = self.entries(bill._name)[2]
        self.assertEqual(json.loads(posted.after)["approved"], "148.80 USD")
        self.assertEqual(json.loads(posted.after)["entry"], bill.move_id.name)
        self.assertEqual(posted.company_id, self.company)
        (paid,) = self.entries("account.payment")
        self.assertEqual(json.loads(paid.after)["bills"], [bill.number])
        accrued = self.entries("account.move").filtered(lambda one: one.action == "accrue")
        self.assertEqual(accrued.role, "posted")

    def test_a_bill_is_rejected_with_the_reason(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        bill = self.bill(shipment, [("400", "950.00")])
        bill._reject("not ordered")
        entry = self.entries(bill._name)[-1]
        self.assertEqual((entry.action, entry.role, entry.why),
                         ("reject", "approved", "not ordered"))  # fmt: skip
