"""Who sees what, and who may not decide what."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DELIVERED, SettlementCommon

APPROVER = "freight_settlement.group_settlement_approver"
CLERK = "freight_settlement.group_settlement_clerk"
DISPATCHER = "freight_canonical.group_freight_dispatcher"
MANAGER = "freight_settlement.group_settlement_manager"
AUDITOR = "freight_canonical.group_freight_auditor"
USER = "freight_canonical.group_freight_user"


@tagged("post_install", "-at_install")
class TestSeparationOfDuties(SettlementCommon):
    def setUp(self):
        super().setUp()
        self.company.freight_auto_approval_limit = 0
        self.shipment = self.make_shipments()
        self.report(self.shipment, "delivered")

    def test_an_approver_approves(self):
        invoice = self.bill(self.shipment)
        user = self.new_user("approver", APPROVER)
        self.as_user(invoice, user).action_approve()
        self.assertEqual((invoice.state, invoice.approver_id), ("posted", user))
        self.assertFalse(invoice.approved_automatically)

    def test_a_clerk_does_not(self):
        invoice = self.bill(self.shipment)
        clerk = self.new_user("clerk", CLERK)
        with self.assertRaises(AccessError):
            self.as_user(invoice, clerk).action_approve()

    def test_nobody_writes_around_the_actions(self):
        invoice = self.bill(self.shipment)
        manager = self.new_user("manager", MANAGER)
        for values in ({"state": "approved"}, {"amount_approved": 1}, {"handler_ids": [(5,)]}):
            with self.assertRaises(AccessError):
                self.as_user(invoice, manager).write(values)
        with self.assertRaises(AccessError):
            self.as_user(invoice.line_ids, manager).write({"amount_approved": 1})
        with self.assertRaises(AccessError):
            self.as_user(self.env["freight.accrual"], manager).create({})
        result = self.as_user(self.env["freight.carrier.invoice"], manager).load(
            [".id", "state"], [[str(invoice.id), "Approved"]]
        )
        self.assertFalse(result["ids"])
        self.assertEqual(invoice.state, "to_approve")

    def test_who_entered_the_bill(self):
        user = self.new_user("approver", APPROVER)
        document = self.document(self.shipment, [("400", "124.00")])
        entered = self.as_user(self.env["freight.carrier.invoice"], user).sudo()
        entered._apply_freight_documents([document])
        invoice = self.env["freight.carrier.invoice"].search([("number", "=", "INV-1")])
        self.assertEqual(invoice.handler_ids, user)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            self.as_user(invoice, user).action_approve()
        with self.assertRaisesRegex(AccessError, "somebody else"):
            self.as_user(invoice, user).sudo().action_approve()

    def test_who_resolved_the_exception(self):
        user = self.new_user("approver", APPROVER)
        invoice = self.bill(self.shipment, [("400", "174.00")])
        self.as_user(invoice, user).action_match_again()
        with self.assertRaisesRegex(AccessError, "resolved its exception"):
            self.as_user(invoice, user).action_approve()

    def test_who_closed_the_case(self):
        user = self.new_user("approver", APPROVER)
        invoice = self.bill(self.shipment, [("400", "174.00")])
        case = self.as_user(self.shipment.exception_ids, user)
        case.resolution = "Agreed by telephone."
        case.action_resolve()
        self.assertEqual(invoice.handler_ids, user)
        with self.assertRaisesRegex(AccessError, "resolved its exception"):
            self.as_user(invoice, user).action_approve()

    def test_who_changed_the_contract_maintains_its_rates(self):
        manager = self.new_user("manager", MANAGER)
        contract = self.as_user(self.contract, manager)
        contract.name = "Another name"
        self.assertNotIn(manager, self.contract.rate_ids.maintainer_ids)
        contract.date_to = "2026-12-31"
        for rate in self.contract.rate_ids:
            self.assertIn(manager, rate.maintainer_ids)

    def test_who_maintained_the_rate(self):
        manager = self.new_user("manager", MANAGER)
        self.as_user(self.contract.rate_ids[0], manager).rate = 12.5
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        invoice = self.bill(shipment, [("400", "125.00")])
        with self.assertRaisesRegex(AccessError, "maintained a rate"):
            self.as_user(invoice, manager).action_approve()

    def test_who_authorised_an_accessorial(self):
        self.company.freight_auto_approval_limit = 1000
        lines = [("400", "124.00"), ("405", "24.80"), ("LFT", "60.00")]
        authoriser = self.new_user("authoriser", APPROVER, DISPATCHER)
        charge = self.as_user(self.env["freight.charge"], authoriser).create(
            {
                "shipment_id": self.shipment.id,
                "code_id": self.codes["LFT"].id,
                "amount": 60,
                "authorised": True,
                "authoriser_ids": False,
            }
        )
        self.assertEqual(charge.authoriser_ids, authoriser)
        invoice = self.bill(self.shipment, lines)
        self.assertEqual((invoice.verdict, invoice.state), ("matched", "to_approve"))
        self.assertIn("entered by a person", invoice.explanation)
        with self.assertRaisesRegex(AccessError, "entered a charge"):
            self.as_user(invoice, authoriser).action_approve()
        self.as_user(invoice, self.new_user("approver", APPROVER)).action_approve()
        self.assertEqual(invoice.state, "posted")

    def test_who_reported_the_delivery_by_hand(self):
        reporter = self.new_user("reporter", APPROVER, DISPATCHER)
        self.as_user(self.env["freight.event.report"], reporter).create(
            {
                "shipment_id": self.shipment.id,
                "type_id": self.env.ref("freight_canonical.event_type_delivered").id,
                "occurred": DELIVERED,
                "source": "Driver",
            }
        ).action_report()
        invoice = self.bill(self.shipment, [("400", "124.00"), ("405", "24.80")])
        self.assertEqual(invoice.state, "to_approve", "it does not approve itself either")
        with self.assertRaisesRegex(AccessError, "reported by hand"):
            self.as_user(invoice, reporter).action_approve()
        self.as_user(invoice, self.new_user("approver", APPROVER)).action_approve()
        self.assertEqual(invoice.state, "posted")

    def test_what_is_billed_stays_authorised(self):
        dispatcher = self.new_user("dispatcher", DISPATCHER)
        values = {"shipment_id": self.shipment.id, "amount": 60, "authorised": True}
        lift, wait = self.as_user(self.env["freight.charge"], dispatcher).create(
            [{**values, "code_id": self.codes[code].id} for code in ("LFT", "DET")]
        )
        invoice = self.bill(self.shipment, [("400", "124.00"), ("405", "24.80"), ("LFT", "60.00")])
        self.as_user(invoice, self.new_user("approver", APPROVER)).action_approve()
        self.assertEqual(invoice.state, "posted")
        with self.assertRaisesRegex(UserError, "billed already"):
            lift._withdraw("Too late")
        wait._withdraw("It did not wait")
        self.assertEqual((lift.authorised, wait.authorised), (True, False))

    def test_people_enter_estimates_only(self):
        dispatcher = self.new_user("dispatcher", DISPATCHER)
        contracted = self.shipment.charge_ids.filtered(lambda charge: charge.stage == "contract")
        mine = self.as_user(contracted, dispatcher)
        for attempt in (
            lambda: mine.write({"amount": 1}),
            lambda: mine[0].copy(),
            lambda: mine.unlink(),
            lambda: self.as_user(self.shipment.charge_ids - contracted, dispatcher).write(
                {"stage": "contract"}
            ),
        ):
            with self.assertRaisesRegex(AccessError, "follows from its document"):
                attempt()

    def test_a_dispatcher_releases_and_what_was_ordered_stays(self):
        shipment = self.shipment.copy()
        dispatcher = self.new_user("dispatcher", DISPATCHER)
        mine = self.as_user(shipment, dispatcher)
        mine.charge_ids = [
            Command.create({"code_id": self.codes["LFT"].id, "amount": 60, "authorised": True})
        ]
        mine.action_release()
        self.assertEqual(
            sorted((c.code_id.code, len(c.authoriser_ids)) for c in shipment.charge_ids),
            [("400", 0), ("405", 0), ("LFT", 1)],
        )

    def test_rejection_has_a_reason(self):
        invoice = self.bill(self.shipment)
        user = self.new_user("approver", APPROVER)
        wizard = self.as_user(self.env["freight.invoice.decision"], user)
        wizard.create(
            {"invoice_ids": invoice.ids, "decision": "reject", "reason": "Not our freight."}
        ).action_decide()
        self.assertEqual((invoice.state, invoice.decision_reason), ("rejected", "Not our freight."))
        self.assertEqual(self.shipment.finance_state, "accrued")


@tagged("post_install", "-at_install")
class TestVisibility(SettlementCommon):
    @classmethod
    def setUpClass(cls, chart_template_ref=None):
        super().setUpClass(chart_template_ref=chart_template_ref)
        context = {k: v for k, v in cls.env.context.items() if k != "allowed_company_ids"}
        cls.env = cls.env(context=context)  # as a job of the system runs
        cls.company_2 = cls.company_data_2["company"].with_env(cls.env)
        cls.company_2._freight_setup()
        cls.make_contract(cls.company_2)
        cls.shipments = cls.make_shipments() | cls.make_shipments(company=cls.company_2)
        cls.report(cls.shipments, "delivered")
        for number, shipment in enumerate(cls.shipments):
            currency = shipment.company_id.currency_id.name
            cls.bill(shipment, number=f"MC-{number}", currency=currency)

    def test_each_company_has_its_own_books(self):
        for shipment in self.shipments:
            company = shipment.company_id
            self.assertEqual(shipment.freight_accrual_ids.company_id, company)
            self.assertEqual(shipment.freight_accrual_ids.move_id.company_id, company)
            self.assertEqual(shipment.carrier_invoice_ids.company_id, company)
            self.assert_subledger_agrees(company)

    def test_rules_by_company(self):
        for group in (CLERK, APPROVER, MANAGER, AUDITOR):
            user = self.new_user(f"user_{group}", group)
            for model in (
                "freight.accrual",
                "freight.carrier.invoice",
                "freight.carrier.invoice.line",
                "freight.contract",
                "freight.contract.rate",
                "freight.tolerance",
            ):
                found = self.env[model].with_user(user).search([])
                self.assertEqual(found.company_id, self.company, (group, model))

    def test_the_auditor_reads_and_changes_nothing(self):
        auditor = self.new_user("auditor", AUDITOR)
        for model in ("freight.contract", "freight.tolerance", "freight.carrier.invoice"):
            record = self.env[model].search([("company_id", "=", self.company.id)], limit=1)
            self.assertTrue(self.as_user(record, auditor).read(["company_id"]))
            with self.assertRaises(AccessError):
                self.as_user(record, auditor).write({"company_id": self.company.id})

    def test_a_freight_user_sees_the_trace_without_the_money(self):
        user = self.new_user("freight_user", USER)
        nodes = self.as_user(self.shipments[0], user).get_trace()["nodes"]
        self.assertEqual({node["stage"] for node in nodes} - {"outbox", "message"}, {"event"})
        clerk = self.new_user("clerk", CLERK)
        nodes = self.as_user(self.shipments[0], clerk).get_trace()["nodes"]
        self.assertLessEqual({"event", "accrual", "invoice", "match"}, {n["stage"] for n in nodes})

    def test_the_same_bill_sent_to_two_companies(self):
        first, second = self.shipments
        third = self.make_shipments(company=self.company_2)
        self.report(third, "delivered")
        invoice = self.bill(third, number="MC-0", currency="USD")
        self.assertEqual(invoice.company_id, self.company_2)
        self.assertIn("duplicate", invoice.failure_codes.split())
        self.assertIn("another company", invoice.explanation)
        self.assertFalse(invoice.duplicate_of_id)
        self.assertNotIn(first.carrier_invoice_ids.name, invoice.explanation)
        self.assertEqual(second.carrier_invoice_ids.company_id, self.company_2)
