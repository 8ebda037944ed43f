"""Carrier invoices: verdicts, journal entries, disputes, duplicates, gates, batches."""

from datetime import date, datetime

from freezegun import freeze_time
from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import SettlementCommon


@tagged("post_install", "-at_install")
class TestPosting(SettlementCommon):
    """The rows of the accounting table, item by item."""

    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipments()
        self.report(self.shipment, "delivered")

    def test_clean_bill(self):
        invoice = self.bill(self.shipment)
        self.assertEqual((invoice.verdict, invoice.state), ("matched", "posted"))
        self.assertTrue(invoice.approved_automatically)
        self.assertFalse(invoice.failure_codes)
        move = invoice.move_id
        self.assertEqual((move.state, move.move_type, move.ref), ("posted", "in_invoice", "INV-1"))
        self.assertEqual((move.invoice_date, move.date), (date(2025, 3, 6), date(2025, 3, 6)))
        self.assertEqual(move.journal_id, self.company.freight_bill_journal_id)
        self.assertEqual(move.partner_id, self.carrier)
        name, carrier = self.shipment.name, self.carrier.name
        self.assertEqual(
            self.items(move),
            sorted(
                [
                    ("Accrued freight", 124.0, name, "400", carrier),
                    ("Accrued freight", 24.8, name, "405", carrier),
                    (self.payable.name, -148.8, None, None, carrier),
                ]
            ),
        )
        self.assert_settled(self.shipment)
        self.assert_subledger_agrees()
        self.assertEqual(self.shipment.finance_state, "approved")
        cleared = self.shipment.freight_accrual_ids.filtered(lambda r: r.kind == "cleared")
        self.assertEqual(sorted(cleared.mapped("amount")), [-124.0, -24.8])
        self.assertEqual(cleared.carrier_invoice_id, invoice)
        self.assertEqual(cleared.move_id, move)

    def test_within_tolerance_posts_the_difference_to_variance(self):
        invoice = self.bill(self.shipment, [("400", "125.50"), ("405", "24.80")])
        self.assertEqual((invoice.verdict, invoice.state), ("within_tolerance", "posted"))
        name, carrier = self.shipment.name, self.carrier.name
        self.assertEqual(
            self.items(invoice.move_id),
            sorted(
                [
                    ("Accrued freight", 124.0, name, "400", carrier),
                    ("Accrued freight", 24.8, name, "405", carrier),
                    ("Freight variance", 1.5, name, "400", carrier),
                    (self.payable.name, -150.3, None, None, carrier),
                ]
            ),
        )
        self.assert_settled(self.shipment)

    def test_under_clears_the_whole_accrual(self):
        invoice = self.bill(self.shipment, [("400", "100.00"), ("405", "24.80")])
        self.assertEqual((invoice.verdict, invoice.state), ("within_tolerance", "posted"))
        self.assertEqual(invoice.line_ids[0].verdict, "under")
        variance = invoice.move_id.line_ids.filtered(lambda x: x.account_id == self.variance)
        self.assertEqual(variance.balance, -24.0)
        self.assert_settled(self.shipment)
        balance_due = self.bill(
            self.shipment, [("400", "24.00")], number="INV-1", correction="BD", date="2025-03-09"
        )
        self.assertEqual((balance_due.verdict, balance_due.state), ("matched", "posted"))
        name, carrier = self.shipment.name, self.carrier.name
        self.assertEqual(
            self.items(balance_due.move_id),
            sorted(
                [
                    ("Freight variance", 24.0, name, "400", carrier),
                    (self.payable.name, -24.0, None, None, carrier),
                ]
            ),
        )
        self.assert_subledger_agrees()

    def test_over_is_short_paid_and_the_rest_blocked(self):
        invoice = self.bill(self.shipment, [("400", "174.00"), ("405", "24.80")])
        self.assertEqual((invoice.verdict, invoice.state), ("exception", "exception"))
        self.assertFalse(invoice.move_id)
        self.assertEqual(invoice.failure_codes, "over")
        self.assertIn("50.00 too much", invoice.explanation)
        self.assertEqual(self.shipment.finance_state, "exception")
        self.assertEqual(self.shipment.exception_ids.mapped("state"), ["open"])
        self.approve(invoice)
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(self.shipment.exception_ids.mapped("state"), ["resolved"])
        name, carrier = self.shipment.name, self.carrier.name
        self.assertEqual(
            self.items(invoice.move_id),
            sorted(
                [
                    ("Accrued freight", 124.0, name, "400", carrier),
                    ("Accrued freight", 24.8, name, "405", carrier),
                    ("Freight in dispute", 50.0, name, "400", carrier),
                    (self.payable.name, -148.8, None, None, carrier),
                    (self.payable.name, -50.0, None, None, carrier),
                ]
            ),
        )
        terms = self.payables(invoice)
        self.assertEqual(
            sorted((line.balance, line.blocked) for line in terms), [(-148.8, False), (-50.0, True)]
        )
        self.assertEqual(invoice.line_ids[0].reason_code, "46")
        self.assert_settled(self.shipment)
        self.assertEqual(self.shipment.finance_state, "disputed")

    def approve(self, invoice):
        user = self.new_user("approver", "freight_settlement.group_settlement_approver")
        self.as_user(invoice, user).action_approve()

    def payables(self, invoice):
        return invoice.move_id.line_ids.filtered(lambda line: line.account_id == self.payable)

    def test_the_blocked_part_is_not_paid(self):
        invoice = self.bill(self.shipment, [("400", "174.00"), ("405", "24.80")])
        self.approve(invoice)
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.move_id.ids)
            .create({"payment_date": "2025-03-20"})
        )
        self.assertEqual(wizard.amount, 148.8)
        wizard._create_payments()
        blocked = self.payables(invoice).filtered("blocked")
        self.assertEqual(blocked.amount_residual, -50.0)
        self.assertEqual(invoice.move_id.payment_state, "partial")
        with self.assertRaisesRegex(UserError, "in dispute"):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.move_id.ids
            ).create({})
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "supplier",
                "partner_id": self.carrier.id,
                "amount": 50,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        debit = payment.move_id.line_ids.filtered(lambda x: x.account_id == self.payable)
        with self.assertRaisesRegex(UserError, "in dispute"):
            (debit | blocked).reconcile()

    def test_a_credit_note_settles_the_blocked_part(self):
        invoice = self.bill(self.shipment, [("400", "174.00"), ("405", "24.80")])
        self.approve(invoice)
        credit = self.env["account.move"].create(
            {
                "move_type": "in_refund",
                "partner_id": self.carrier.id,
                "invoice_date": "2025-03-20",
                "date": "2025-03-20",
                "journal_id": self.company.freight_bill_journal_id.id,
                "currency_id": self.env.ref("base.USD").id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Credit",
                            "account_id": self.in_dispute.id,
                            "price_unit": 50,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        credit._post()
        blocked = self.payables(invoice).filtered("blocked")
        lines = credit.line_ids.filtered(lambda x: x.account_id == self.payable) | blocked
        lines.reconcile()
        self.assertTrue(blocked.reconciled)

    def test_paid_and_taken_back(self):
        invoice = self.bill(self.shipment)
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.move_id.ids)
            .create({"payment_date": "2025-03-20"})
        )
        wizard._create_payments()
        self.assertEqual((invoice.state, self.shipment.finance_state), ("paid", "paid"))
        self.payables(invoice).remove_move_reconcile()
        self.assertEqual((invoice.state, self.shipment.finance_state), ("posted", "approved"))

    def test_several_terms_block_the_last_part(self):
        self.carrier.with_company(self.company).property_supplier_payment_term_id = self.env[
            "account.payment.term"
        ].create(
            {
                "name": "Half and half",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )
        invoice = self.bill(self.shipment, [("400", "174.00"), ("405", "24.80")])
        self.approve(invoice)
        self.assertEqual(
            sorted((x.date_maturity, x.balance, x.blocked) for x in self.payables(invoice)),
            [
                (date(2025, 3, 6), -99.4, False),
                (date(2025, 4, 5), -50.0, True),
                (date(2025, 4, 5), -49.4, False),
            ],
        )

    def test_unauthorised_accessorial(self):
        invoice = self.bill(self.shipment, [("400", "124.00"), ("405", "24.80"), ("LFT", "60.00")])
        self.assertEqual((invoice.state, invoice.failure_codes), ("exception", "unauthorised"))
        self.assertEqual(invoice.line_ids[2].reason_code, "23")
        self.approve(invoice)
        disputed = invoice.move_id.line_ids.filtered(lambda x: x.account_id == self.in_dispute)
        self.assertEqual(disputed.balance, 60.0)
        self.assert_settled(self.shipment)

    def test_an_accessorial_that_we_ordered(self):
        self.env["freight.charge"].create(
            {
                "shipment_id": self.shipment.id,
                "code_id": self.codes["LFT"].id,
                "stage": "contract",
                "amount": 60,
                "authorised": True,
            }
        )
        invoice = self.bill(self.shipment, [("400", "124.00"), ("405", "24.80"), ("LFT", "60.00")])
        self.assertEqual((invoice.verdict, invoice.state), ("matched", "posted"))
        self.assert_settled(self.shipment)

    def test_a_charge_not_billed_stays_accrued(self):
        invoice = self.bill(self.shipment, [("LHS", "124.00")])
        self.assertEqual((invoice.verdict, invoice.state), ("matched", "posted"))
        self.assertEqual(self.shipment.accrued_balance, 24.8)
        open_items = self.env["account.move.line"].search(
            [
                ("freight_shipment_id", "=", self.shipment.id),
                ("account_id", "=", self.accrued.id),
                ("reconciled", "=", False),
            ]
        )
        self.assertEqual(open_items.freight_charge_code_id.code, "405")
        second = self.bill(self.shipment, [("405", "24.80")], number="INV-2")
        self.assertEqual(second.state, "posted")
        self.assert_settled(self.shipment)

    def test_billed_before_delivery(self):
        shipment = self.make_shipments()
        self.report(shipment, "tender_accepted", datetime(2025, 3, 1))
        invoice = self.bill(shipment)
        self.assertEqual((invoice.verdict, invoice.state), ("matched", "to_approve"))
        self.assertIn("Nothing was earned yet", invoice.explanation)
        self.approve(invoice)
        self.assertEqual(invoice.state, "posted")
        expense = invoice.move_id.line_ids.filtered(lambda x: x.account_id == self.expense)
        self.assertEqual(sum(expense.mapped("balance")), 148.8)
        self.report(shipment, "delivered")
        self.assertEqual(sum(shipment.freight_accrual_ids.mapped("amount")), 0)
        self.assertFalse(shipment.freight_accrual_ids.filtered(lambda r: r.kind == "accrued"))

    def test_a_bill_that_overtook_its_delivery_settles_itself_then(self):
        shipments = self.make_shipments(2)
        self.report(shipments, "tender_accepted", datetime(2025, 3, 1))
        early = self.bill(shipments[0])
        touched = self.bill(shipments[1], number="INV-2")
        touched.with_user(self.env.ref("base.user_admin")).sudo().action_match_again()
        self.report(shipments, "delivered")
        self.assertEqual((early.state, touched.state), ("posted", "to_approve"))
        self.assertFalse(early.unearned)
        self.assertNotIn("Nothing was earned", early.explanation)
        self.assert_settled(shipments[0])

    def test_a_bill_for_what_never_moved(self):
        for action, words in (("copy", "never released"), ("cancel", "is cancelled")):
            shipment = self.make_shipments()
            if action == "copy":
                shipment = shipment.copy({"stop_ids": False})
            else:
                shipment.action_cancel()
            invoice = self.bill(shipment, number=f"INV-{action}", ship_date=None)
            self.assertEqual((invoice.verdict, invoice.state), ("exception", "exception"))
            self.assertIn("not_moved", invoice.failure_codes.split())
            self.assertIn(words, invoice.explanation)

    def test_without_due_date_and_terms_it_is_due_at_once(self):
        clean = self.bill(self.shipment)
        other = self.make_shipments()
        self.report(other, "delivered")
        disputed = self.bill(other, [("400", "174.00")], number="INV-2")
        self.approve(disputed)
        for invoice in (clean, disputed):
            self.assertEqual(invoice.move_id.invoice_date_due, date(2025, 3, 6))
            maturities = self.payables(invoice).mapped("date_maturity")
            self.assertEqual(set(maturities), {date(2025, 3, 6)})

    def test_the_carriers_due_date(self):
        invoice = self.bill(self.shipment, due_date="2025-04-01")
        self.assertEqual(self.payables(invoice).date_maturity, date(2025, 4, 1))

    def test_a_bill_that_overtakes_the_accrual_clears_the_same(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered", consume=False)
        invoice = self.bill(shipment)
        self.assertEqual(invoice.state, "posted")
        self.assert_settled(shipment)
        count = self.env["account.move"].search_count([])
        self.consume()
        self.assertEqual(self.env["account.move"].search_count([]), count)

    def test_locked_period(self):
        self.company.fiscalyear_lock_date = date(2025, 3, 31)
        invoice = self.bill(self.shipment)
        self.assertEqual(invoice.move_id.invoice_date, date(2025, 3, 6))
        self.assertEqual(invoice.move_id.date, date(2025, 4, 1))
        self.assert_settled(self.shipment)

    def test_the_posted_bill_stays_as_it_is(self):
        invoice = self.bill(self.shipment)
        with self.assertRaisesRegex(UserError, "sub-ledger"):
            invoice.move_id.button_draft()
        with self.assertRaises(UserError):
            invoice.unlink()

    def test_core_does_not_reverse_or_take_apart_what_is_settled(self):
        invoice = self.bill(self.shipment)
        for move in (invoice.move_id, self.shipment.freight_accrual_ids.move_id[:1]):
            wizard = (
                self.env["account.move.reversal"]
                .with_context(active_model="account.move", active_ids=move.ids)
                .create({"journal_id": move.journal_id.id})
            )
            with self.assertRaisesRegex(UserError, "sub-ledger"):
                wizard.reverse_moves()
        accrued = invoice.move_id.line_ids.filtered(lambda x: x.account_id == self.accrued)
        with self.assertRaisesRegex(UserError, self.shipment.name):
            accrued.remove_move_reconcile()
        with self.assertRaisesRegex(UserError, "stay reconciled"):
            accrued.matched_credit_ids.unlink()
        self.assert_settled(self.shipment)

    def test_people_do_not_unblock_or_move_what_is_posted(self):
        invoice = self.bill(self.shipment, [("400", "174.00"), ("405", "24.80")])
        self.approve(invoice)
        accountant = self.new_user("accountant", "account.group_account_manager")
        blocked = self.as_user(self.payables(invoice).filtered("blocked"), accountant)
        for values in (
            {"blocked": False},
            {"account_id": self.expense.id},
            {"partner_id": self.partner_a.id},
            {"freight_shipment_id": False},
            {"freight_charge_code_id": False},
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "sub-ledger"):
                blocked.write(values)
        with self.assertRaisesRegex(UserError, "sub-ledger"):
            blocked.move_id.write({"line_ids": [Command.update(blocked.id, {"blocked": False})]})
        for values in ({"freight_disputed_amount": 0}, {"freight_carrier_invoice_id": False}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "sub-ledger"):
                blocked.move_id.write(values)
        blocked.name = "A label may change"
        self.assertTrue(blocked.blocked)

    def test_foreign_currency_clears_to_zero_with_the_shipment_on_the_difference(self):
        self.contract.active = False
        euro = self.currency_data["currency"]
        self.make_contract(self.company, name="Foreign", currency_id=euro.id)
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        self.env["res.currency.rate"].create(
            {
                "currency_id": euro.id,
                "company_id": self.company.id,
                "name": "2025-03-05",
                "rate": 4.0,
            }
        )
        invoice = self.bill(shipment, currency=euro.name)
        self.assertEqual((invoice.verdict, invoice.state), ("matched", "posted"))
        self.assert_settled(shipment)
        self.assert_subledger_agrees()
        variance = self.env["account.move.line"].search(
            [("freight_shipment_id", "=", shipment.id), ("account_id", "=", self.variance.id)]
        )
        self.assertFalse(variance)

    def test_trace(self):
        invoice = self.bill(self.shipment)
        nodes = self.shipment.get_trace()["nodes"]
        by_place = {(n["stage"], n["res_id"]): n for n in nodes}
        self.assertIn(("invoice", invoice.id), by_place)
        self.assertEqual(by_place["match", invoice.id]["title"], "Matched")
        entry = by_place["entry", invoice.move_id.id]
        self.assertEqual(entry["parent"], f"freight.carrier.invoice,{invoice.id}")


@tagged("post_install", "-at_install")
class TestGatesOfBills(SettlementCommon):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipments()
        self.report(self.shipment, "delivered")

    def assert_held(self, invoice, verdict, *failures):
        self.assertEqual(invoice.verdict, verdict)
        self.assertEqual(invoice.failure_codes.split(), list(failures))
        self.assertTrue(invoice.explanation)
        self.assertFalse(invoice.move_id)

    def test_second_copy_is_a_duplicate(self):
        first = self.bill(self.shipment)
        second = self.bill(self.shipment, number="inv 1", date="2025-06-01")
        self.assert_held(second, "duplicate", "duplicate")
        self.assertEqual((second.state, second.duplicate_of_id), ("duplicate", first))
        self.assertEqual(self.shipment.finance_state, "approved")

    def test_two_copies_of_a_correction(self):
        self.bill(self.shipment, [("400", "100.00"), ("405", "24.80")])
        first, second = (
            self.bill(self.shipment, [("400", "24.00")], correction="BD") for _copy in range(2)
        )
        self.assertEqual((first.state, second.state), ("posted", "duplicate"))
        self.assertEqual(second.duplicate_of_id, first)
        self.assertIn("BD", first.duplicate_key)

    def test_two_copies_in_one_batch(self):
        first, second = self.bills(
            [
                self.document(self.shipment, [("400", "124.00")]),
                self.document(self.shipment, [("400", "124.00")]),
            ]
        )
        self.assertEqual((first.state, second.state), ("posted", "duplicate"))

    def test_two_channels_at_the_same_moment_are_stopped_by_the_database(self):
        first = self.bill(self.shipment)
        second = self.bill(self.shipment, [("405", "24.80")], number="INV-2")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            second.duplicate_key = first.duplicate_key
            second.flush_recordset()

    def test_two_bills_of_one_shipment_in_one_batch_use_the_expectation_once(self):
        first, second = self.bills(
            [
                self.document(self.shipment, [("400", "124.00")]),
                self.document(self.shipment, [("400", "100.00")], number="INV-2"),
            ]
        )
        self.assertEqual((first.state, second.state), ("posted", "exception"))
        self.assertEqual(second.line_ids.amount_disputed, 100.0)

    def test_same_number_other_amount_is_suspect(self):
        self.bill(self.shipment, [("400", "124.00")])
        second = self.bill(self.shipment, [("405", "24.80")])
        self.assert_held(second, "suspect", "suspect")
        self.assertEqual(second.state, "exception")
        clerk = self.new_user("clerk", "freight_settlement.group_settlement_clerk")
        wizard = self.as_user(self.env["freight.invoice.decision"], clerk).create(
            {
                "invoice_ids": [Command.set(second.ids)],
                "decision": "no_duplicate",
                "reason": "The carrier numbers by month.",
            }
        )
        wizard.action_decide()
        self.assertEqual((second.verdict, second.state), ("matched", "posted"))

    def test_unknown_shipment(self):
        invoice = self.bill(None)
        self.assert_held(invoice, "exception", "no_shipment")
        self.assertEqual(invoice.state, "exception")
        case = self.env["freight.exception"].search([("code", "=", "no_shipment")])
        self.assertIn("INV-1", case.description)
        self.env["freight.reference"].create(
            {"shipment_id": self.shipment.id, "type": "shipment", "value": "nobody knows"}
        )
        invoice.action_match_again()
        self.assertEqual((invoice.shipment_id, invoice.state), (self.shipment, "posted"))
        self.assertEqual(case.state, "resolved")

    def test_ambiguous(self):
        other = self.make_shipments()
        for shipment in self.shipment | other:
            self.env["freight.reference"].create(
                {"shipment_id": shipment.id, "type": "mbol", "value": "MB-9"}
            )
        invoice = self.bill(None, references=[{"type": "mbol", "value": "MB-9"}])
        self.assert_held(invoice, "exception", "ambiguous")
        self.assertEqual(invoice.candidate_ids, self.shipment | other)

    def test_control_total(self):
        invoice = self.bill(self.shipment, total="200.00")
        self.assert_held(invoice, "rejected", "control_total")
        self.assertEqual(invoice.state, "rejected")
        again = self.bill(self.shipment)
        self.assertEqual(again.state, "posted", "a rejected bill does not block its replacement")

    def test_terms_by_which_another_party_pays(self):
        shipment = self.make_shipments(freight_terms="CC", consignee_id=self.partner_a.id)
        self.assert_held(self.bill(shipment, terms="CC"), "rejected", "freight_terms")

    def test_terms_that_disagree_with_the_shipment(self):
        self.assert_held(self.bill(self.shipment, terms="CC"), "exception", "no_shipment")

    def test_dates(self):
        with freeze_time("2025-03-04 12:00:00"):
            self.assert_held(self.bill(self.shipment), "exception", "date_future")
        early = self.bill(self.shipment, number="INV-2", date="2025-02-20", ship_date="2025-02-19")
        self.assert_held(early, "exception", "date_before_shipment")

    def test_tax(self):
        invoice = self.bill(self.shipment, [("400", "124.00"), ("405", "24.80"), ("750", "28.27")])
        self.assert_held(invoice, "exception", "tax_error")
        self.assertEqual(invoice.amount_tax, 28.27)

    def test_currency(self):
        euro = self.currency_data["currency"]
        self.assert_held(self.bill(self.shipment, currency=euro.name), "exception", "currency")
        self.assert_held(
            self.bill(self.shipment, number="INV-2", currency="ZZZ"), "exception", "currency"
        )

    def test_unknown_carrier(self):
        invoice = self.bill(self.shipment, scac="ZZZZ")
        self.assert_held(invoice, "exception", "unknown_carrier")
        self.assertEqual(invoice.shipment_id, self.shipment)

    def test_another_carriers_shipment(self):
        other = self.carrier.copy({"name": "Other", "freight_scac": "OTHR"})
        self.shipment.carrier_id = other
        self.assert_held(self.bill(self.shipment), "exception", "no_shipment")

    def test_credit(self):
        invoice = self.bill(self.shipment, [("400", "-20.00")])
        self.assertEqual((invoice.state, "not_payable" in invoice.failure_codes), ("exception", 1))

    def test_company_not_set_up(self):
        account = self.company.freight_variance_account_id
        self.company.freight_variance_account_id = False
        invoice = self.bill(self.shipment)
        self.assert_held(invoice, "exception", "setup")
        self.company.freight_variance_account_id = account
        invoice.action_match_again()
        self.assertEqual(invoice.state, "posted")

    def test_the_document_is_kept_as_sent(self):
        document = self.document(self.shipment, [("400", "124.00"), (None, "9.99")])
        invoice = self.bills([document])
        self.assertEqual(invoice.document, document.data)
        self.assertEqual(invoice.line_ids[1].verdict, "unauthorised")

    def test_above_the_limit_waits_for_approval(self):
        self.company.freight_auto_approval_limit = 148.79
        invoice = self.bill(self.shipment)
        self.assertEqual((invoice.verdict, invoice.state), ("matched", "to_approve"))
        self.assertEqual(self.shipment.finance_state, "matched")

    def test_the_limit_is_inclusive_and_cumulative(self):
        self.company.freight_auto_approval_limit = 148.80
        first = self.bill(self.shipment, [("400", "124.00")])
        second = self.bill(self.shipment, [("405", "24.80")], number="INV-2")
        self.assertEqual((first.state, second.state), ("posted", "posted"))
        self.company.freight_auto_approval_limit = 148.79
        third = self.make_shipments()
        self.report(third, "delivered")
        self.assertEqual(self.bill(third, [("400", "124.00")], number="3").state, "posted")
        self.assertEqual(self.bill(third, [("405", "24.80")], number="4").state, "to_approve")

    def test_no_limit_nothing_approves_itself(self):
        self.company.freight_auto_approval_limit = 0
        self.assertEqual(self.bill(self.shipment).state, "to_approve")

    def test_hold_posts_nothing(self):
        self.company.freight_failure_policy = "hold"
        invoice = self.bill(self.shipment, [("400", "174.00")])
        user = self.new_user("approver", "freight_settlement.group_settlement_approver")
        with self.assertRaisesRegex(UserError, "holds"):
            self.as_user(invoice, user).action_approve()

    def test_approval_on_overtaken_figures_is_refused(self):
        self.company.freight_auto_approval_limit = 0
        first = self.bill(self.shipment, [("400", "124.00")])
        second = self.bill(self.shipment, [("400", "100.00")], number="INV-2", ship_date=None)
        user = self.new_user("approver", "freight_settlement.group_settlement_approver")
        self.as_user(first, user).action_approve()
        with self.assertRaisesRegex(UserError, "Match it again"):
            self.as_user(second, user).action_approve()

    def test_announcements(self):
        body = self.bill(self.shipment, [("400", "174.00")])._announcement()["invoice"]
        self.assertEqual(
            (body["verdict"], body["failures"], body["approved"], body["disputed"]),
            ("exception", ["over"], "124.00", "50.00"),
        )


@tagged("post_install", "-at_install")
class TestBatch(SettlementCommon):
    def test_fifty_bills_in_a_bounded_number_of_queries(self):
        shipments = self.make_shipments(50)
        self.report(shipments, "delivered")
        documents = [
            self.document(shipment, [("400", "124.50"), ("405", "24.80")], number=f"N{index}")
            for index, shipment in enumerate(shipments)
        ]
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(1200):
            invoices = self.env["freight.carrier.invoice"]
            invoices._apply_freight_documents(documents)
            self.env.flush_all()
        bills = invoices.search([("shipment_id", "in", shipments.ids)])
        self.assertEqual(set(bills.mapped("state")), {"posted"})
        self.assertEqual(len(bills.move_id), 50)
        for shipment in shipments[:3]:
            self.assert_settled(shipment)
        self.assert_subledger_agrees()
        self.assertEqual(fields.Date.to_string(bills[0].move_id.invoice_date), "2025-03-06")
