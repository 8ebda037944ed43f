"""Accruals: entries, deltas, terms, dates, batches."""

from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DELIVERED, SettlementCommon


@tagged("post_install", "-at_install")
class TestAccrual(SettlementCommon):
    def test_setting_up_twice_makes_nothing_new(self):
        before = self.env["account.account"].search_count([("company_id", "=", self.company.id)])
        self.company._freight_setup()
        after = self.env["account.account"].search_count([("company_id", "=", self.company.id)])
        self.assertEqual(before, after)
        self.assertFalse(self.company.freight_setup_missing)
        self.assertTrue(self.accrued.reconcile)
        self.assertEqual(self.accrued.account_type, "liability_current")

    def test_setting_up_after_an_uninstall_takes_the_journals_that_are_there(self):
        settings = [name for name in self.company._fields if name.startswith("freight_")
                    and name.endswith("_journal_id")]  # fmt: skip
        before = {name: self.company[name] for name in settings}
        self.company.write(dict.fromkeys(settings, False))
        self.company._freight_setup()
        self.assertEqual({name: self.company[name] for name in settings}, before)

    def test_release_estimates_by_contract(self):
        shipment = self.make_shipments()
        self.assertEqual(
            [(c.code_id.code, c.stage, c.amount) for c in shipment.charge_ids.sorted("id")],
            [("400", "estimated", 124.0), ("405", "estimated", 24.8)],
        )
        self.assertEqual(shipment.charge_ids[0].explanation, "1000 kg at 12.4 per 100 kg")
        self.assertEqual(shipment.charge_ids[0].source, "Blue Ridge LTL v1")

    def test_without_a_carrier_the_cheapest_offer_is_the_estimate(self):
        other = self.carrier.copy({"name": "Dearer Freight", "freight_scac": "DEAR"})
        dearer = self.make_contract(self.company, carrier_id=other.id, name="Dearer LTL")
        dearer.rate_ids[0].rate = 30.0
        shipment = self.make_shipments(carrier_id=False)
        self.assertEqual(set(shipment.charge_ids.mapped("source")), {"Blue Ridge LTL v1"})
        cheaper = self.make_contract(
            self.company, carrier_id=other.id, name="Parcels", mode="parcel"
        )
        cheaper.rate_ids[0].write({"rate": 1.0, "minimum": 0})
        self.assertEqual(
            self.make_shipments(carrier_id=False).estimated_total, 148.8, "not of this mode"
        )

    def test_delivery_accrues_at_the_contract(self):
        shipment = self.make_shipments()
        (event,) = self.report(shipment, "delivered")
        rows = shipment.freight_accrual_ids.sorted("id")
        self.assertEqual(
            [(r.code_id.code, r.amount, r.kind, r.stage, r.provisional) for r in rows],
            [
                ("400", 124.0, "accrued", "contract", False),
                ("405", 24.8, "accrued", "contract", False),
            ],
        )
        self.assertEqual(rows.event_id, event)
        self.assertEqual(rows.mapped("earned"), [date(2025, 3, 4)] * 2)
        move = rows.move_id
        self.assertEqual(len(move), 1)
        self.assertEqual((move.state, move.date), ("posted", date(2025, 3, 4)))
        self.assertEqual(move.journal_id, self.company.freight_accrual_journal_id)
        name, carrier = shipment.name, self.carrier.name
        self.assertEqual(
            self.items(move),
            [
                ("Accrued freight", -124.0, name, "400", carrier),
                ("Accrued freight", -24.8, name, "405", carrier),
                ("Freight expense", 24.8, name, "405", carrier),
                ("Freight expense", 124.0, name, "400", carrier),
            ],
        )
        self.assertEqual(
            {row.move_line_id for row in rows},
            set(move.line_ids.filtered(lambda line: line.account_id == self.accrued)),
        )
        self.assertEqual(shipment.finance_state, "accrued")
        self.assert_subledger_agrees()

    def test_consuming_twice_posts_nothing(self):
        shipment = self.make_shipments()
        events = self.report(shipment, "delivered")
        count = self.env["account.move"].search_count([])
        self.env["freight.accrual"]._consume_accrual(events)
        self.env["freight.accrual"]._consume_accrual(shipment.event_ids)
        self.assertEqual(self.env["account.move"].search_count([]), count)
        self.assertEqual(len(shipment.freight_accrual_ids), 2)

    def test_retraction_goes_back_to_zero_and_reconciles(self):
        shipment = self.make_shipments()
        (event,) = self.report(shipment, "delivered")
        (retraction,) = self.report(
            shipment,
            "retraction",
            datetime(2025, 3, 7, 9, 0),
            retracts=event.source_event_id,
        )
        rows = shipment.freight_accrual_ids.sorted("id")
        self.assertEqual(rows.mapped("amount"), [124.0, 24.8, -124.0, -24.8])
        self.assertEqual(rows[2:].mapped("kind"), ["reversed", "reversed"])
        self.assertEqual(rows[2].date, date(2025, 3, 7))
        self.assertEqual(rows[2:].event_id, retraction)
        self.assert_settled(shipment)
        self.assertEqual(shipment.finance_state, "none")
        self.assert_subledger_agrees()

    def test_a_new_price_posts_the_difference_only(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        charge = shipment.charge_ids.filtered(
            lambda c: c.stage == "contract" and c.code_id.code == "400"
        )
        charge.amount = 130.0
        rows = self.env["freight.accrual"]._accrue(shipment)
        self.assertEqual(rows.mapped("amount"), [6.0])
        self.assertFalse(self.env["freight.accrual"]._accrue(shipment))

    def test_without_contract_the_tender_is_accrued_provisionally(self):
        self.contract.active = False
        shipment = self.make_shipments()
        self.env["freight.charge"].create(
            {
                "shipment_id": shipment.id,
                "code_id": self.codes["LHS"].id,
                "stage": "tendered",
                "amount": 140.0,
            }
        )
        self.report(shipment, "delivered")
        row = shipment.freight_accrual_ids
        self.assertEqual((row.code_id.code, row.amount, row.provisional), ("400", 140.0, True))

    def test_policy_dispatch(self):
        self.company.freight_accrual_policy = "dispatch"
        shipment = self.make_shipments()
        (event,) = self.report(shipment, "dispatched", datetime(2025, 3, 3, 12, 0))
        self.assertEqual(sum(shipment.freight_accrual_ids.mapped("amount")), 148.8)
        self.assertEqual(shipment.freight_accrual_ids.event_id, event)
        self.report(shipment, "delivered")
        self.assertEqual(len(shipment.freight_accrual_ids), 2)

    def test_policy_tender_and_cancellation(self):
        self.company.freight_accrual_policy = "tender"
        shipment = self.make_shipments()
        self.report(shipment, "tender_accepted", datetime(2025, 3, 1, 12, 0))
        self.assertEqual(shipment.finance_state, "accrued")
        self.report(shipment, "cancelled", datetime(2025, 3, 2, 12, 0))
        self.assert_settled(shipment)

    def test_freight_terms(self):
        other = self.partner_a
        for terms, party, partner, ours in (
            ("PP", "shipper_id", self.company.partner_id, True),
            ("PP", "shipper_id", other, False),
            ("CC", "consignee_id", other, False),
            ("CC", "consignee_id", self.company.partner_id, True),
            ("CC", "consignee_id", other.browse(), False),
            ("TP", "bill_to_id", self.company.partner_id, True),
            ("TP", "bill_to_id", other, False),
            ("PP", "shipper_id", other.browse(), True),
            ("NC", "shipper_id", self.company.partner_id, False),
        ):
            with self.subTest(terms=terms, ours=ours, partner=partner):
                shipment = self.make_shipments(freight_terms=terms, **{party: partner.id})
                self.report(shipment, "delivered")
                self.assertEqual(bool(shipment.freight_accrual_ids), ours)

    def test_a_locked_period_posts_on_the_first_open_day(self):
        self.company.fiscalyear_lock_date = date(2025, 3, 31)
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        row = shipment.freight_accrual_ids[0]
        self.assertEqual((row.date, row.earned), (date(2025, 4, 1), date(2025, 3, 4)))
        self.assertEqual(row.move_id.date, date(2025, 4, 1))

    def test_accounting_date_is_local_to_the_company(self):
        self.company.partner_id.tz = "America/Los_Angeles"
        shipment = self.make_shipments()
        self.report(shipment, "delivered", datetime(2025, 4, 1, 3, 0))
        self.assertEqual(shipment.freight_accrual_ids[0].date, date(2025, 3, 31))

    def test_own_account_of_a_charge(self):
        account = self.company_data["default_account_expense"]
        self.codes["405"].with_company(self.company).expense_account_id = account
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        lines = shipment.freight_accrual_ids.move_id.line_ids
        self.assertEqual(lines.filtered(lambda line: line.account_id == account).balance, 24.8)

    def test_two_contracts_that_fit_equally_well(self):
        self.make_contract(self.company, name="Blue Ridge Spot")
        shipment = self.make_shipments()
        self.assertFalse(shipment.charge_ids)
        (case,) = shipment.exception_ids
        self.assertEqual(case.code, "no_rate")
        self.assertIn("Blue Ridge LTL", case.description)
        self.assertIn("Blue Ridge Spot", case.description)

    def test_the_price_that_stands_stays(self):
        shipment = self.make_shipments()
        self.report(shipment, "tender_accepted", datetime(2025, 3, 1, 12, 0))
        self.contract.rate_ids[0].rate = 99
        self.report(shipment, "delivered")
        self.assertEqual(sum(shipment.freight_accrual_ids.mapped("amount")), 148.8)
        self.assertEqual(self.contract.rate_ids[0].version, 2)

    def test_append_only(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        rows = shipment.freight_accrual_ids
        with self.assertRaises(UserError):
            rows.write({"amount": 1})
        with self.assertRaises(UserError):
            rows.unlink()
        with self.assertRaises(UserError):
            rows.move_id.button_draft()

    def test_a_company_that_is_not_set_up_says_what_is_missing(self):
        shipment = self.make_shipments()
        self.company.freight_accrued_account_id = False
        with self.assertRaisesRegex(UserError, "Freight Accrued Account"):
            self.report(shipment, "delivered")

    def test_foreign_currency(self):
        self.contract.active = False
        euro = self.currency_data["currency"]
        self.make_contract(self.company, name="Foreign", currency_id=euro.id)
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        row = shipment.freight_accrual_ids.filtered(lambda r: r.code_id.code == "400")
        self.assertEqual((row.amount_currency, row.amount), (124.0, 62.0))
        self.assertEqual(row.move_line_id.amount_currency, -124.0)
        self.assertEqual(row.move_line_id.balance, -62.0)

    def test_trace(self):
        shipment = self.make_shipments()
        (event,) = self.report(shipment, "delivered")
        nodes = {(n["stage"], n["model"], n["res_id"]): n for n in shipment.get_trace()["nodes"]}
        row = shipment.freight_accrual_ids[0]
        accrual = nodes["accrual", "freight.accrual", row.id]
        self.assertEqual(accrual["parent"], f"freight.event,{event.id}")
        entry = nodes["entry", "account.move", row.move_id.id]
        self.assertTrue(entry["parent"].startswith("freight.accrual,"))


@tagged("post_install", "-at_install")
class TestAccrualBatch(SettlementCommon):
    def test_two_hundred_shipments_in_a_bounded_number_of_queries(self):
        shipments = self.make_shipments(200)
        events = self.report(shipments, "delivered", DELIVERED, consume=False)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(400):
            self.env["freight.accrual"]._consume_accrual(events)
            self.env.flush_all()
        rows = self.env["freight.accrual"].search([("shipment_id", "in", shipments.ids)])
        self.assertEqual(len(rows), 400)
        self.assertEqual(len(rows.move_id), 4)
        self.assertEqual(max(len(move.line_ids) for move in rows.move_id), 200)
        self.assert_subledger_agrees()
