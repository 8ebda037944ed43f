"""Charges: what people may enter, who ordered what, and stages side by side."""

from datetime import datetime

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CanonicalCase


class ChargeCase(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dispatcher = cls.make_user("a_dispatcher", "dispatcher")
        cls.codes = {code.code: code for code in cls.env["freight.charge.code"].search([])}
        cls.shipment = cls.make_shipment()

    @classmethod
    def charge(cls, code="LFT", user=None, **values):
        """Return a charge of the shipment, entered by ``user``, a dispatcher by default."""
        charges = cls.env["freight.charge"].with_user(user or cls.dispatcher)
        return charges.create(
            {"shipment_id": cls.shipment.id, "code_id": cls.codes[code].id, "amount": 60, **values}
        )

    def said(self):
        return " ".join(self.shipment.message_ids.mapped(lambda message: message.body or ""))


@tagged("post_install", "-at_install")
class TestWhatPeopleEnter(ChargeCase):
    def test_only_a_discount_lowers_the_price(self):
        with self.assertRaisesRegex(ValidationError, "discount"):
            self.charge(amount=-1)
        self.assertEqual(self.charge("DSC", amount=-10).amount, -10)

    def test_a_quantity_is_not_below_zero(self):
        with self.assertRaisesRegex(ValidationError, "below zero"):
            self.charge(quantity=-1)

    def test_what_a_document_says_is_kept(self):
        charge = self.env["freight.charge"].create(
            {"shipment_id": self.shipment.id, "code_id": self.codes["LHS"].id,
             "stage": "tendered", "amount": -5}
        )  # fmt: skip
        self.assertEqual(charge.amount, -5)

    def test_amounts_are_rounded_to_their_currency(self):
        charge = self.charge(amount=10.005)
        self.env.invalidate_all()
        self.assertEqual(charge.amount, charge.currency_id.round(10.005))
        yen = self.env.ref("base.JPY")
        yen.active = True
        with self.assertRaisesRegex(ValidationError, "decimals"):
            charge.write({"currency_id": yen.id})

    def test_its_stop_is_one_of_the_shipment(self):
        other = self.make_shipment()
        with self.assertRaisesRegex(ValidationError, "stop"):
            self.charge(stop_id=other.stop_ids[0].id)
        self.assertTrue(self.charge(stop_id=self.shipment.stop_ids[1].id))

    def test_it_may_be_private_to_an_order(self):
        self.assertEqual(self.charge(order_reference="S00042").order_reference, "S00042")

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_its_code_is_shared_or_of_its_company(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        code = self.codes["LFT"].create({"code": "YRD", "name": "Yard", "company_id": sister.id})
        with self.assertRaises(UserError):
            self.env["freight.charge"].create(
                {"shipment_id": self.shipment.id, "code_id": code.id, "amount": 1}
            )


@tagged("post_install", "-at_install")
class TestAuthorisation(ChargeCase):
    def test_it_stamps_who_and_when(self):
        charge = self.charge(evidence="Mail of the warehouse")
        self.assertFalse(charge.authorised)
        with freeze_time("2026-11-03 10:00:00"):
            charge.action_authorise()
        self.assertTrue(charge.authorised)
        self.assertEqual(charge.authorised_by_id, self.dispatcher)
        self.assertEqual(charge.authorised_at, datetime(2026, 11, 3, 10))
        self.assertIn("Mail of the warehouse", self.said())

    def test_what_is_entered_as_authorised_is_stamped_too(self):
        charge = self.charge(authorised=True)
        self.assertEqual((charge.authorised, charge.authorised_by_id), (True, self.dispatcher))
        self.assertTrue(charge.authorised_at)

    def test_nobody_stamps_by_hand(self):
        charge = self.charge()
        for values in (
            {"authorised_by_id": self.env.ref("base.user_admin").id},
            {"authorised_at": "2026-01-01 00:00:00"},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                charge.write(values)
            with self.subTest(values), self.assertRaises(AccessError):
                self.charge(**values)

    def test_it_does_not_change_under_its_authorisation(self):
        charge = self.charge(authorised=True)
        for values in ({"amount": 600}, {"code_id": self.codes["DET"].id}, {"quantity": 9}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "withdraw"):
                charge.write(values)
        with self.assertRaisesRegex(UserError, "withdraw"):
            charge.unlink()
        charge.evidence = "More of it"

    def test_it_is_withdrawn_with_a_reason(self):
        charge = self.charge(authorised=True)
        with self.assertRaises(UserError):
            charge.authorised = False
        action = charge.action_withdraw()
        wizard = self.env["freight.charge.withdraw"].with_user(self.dispatcher)
        wizard.with_context(**action["context"]).create(
            {"reason": "The dock had a ramp"}
        ).action_withdraw()
        self.assertFalse(charge.authorised or charge.authorised_by_id or charge.authorised_at)
        self.assertIn("The dock had a ramp", self.said())
        charge.amount = 70

    def test_who_may_not_change_charges_does_not_authorise(self):
        charge = self.charge()
        for role in ("user", "auditor"):
            mine = charge.with_user(self.make_user(f"a_{role}", role))
            with self.subTest(role):
                with self.assertRaises(AccessError):
                    mine.action_authorise()
                with self.assertRaises(AccessError):
                    mine.action_withdraw()
        self.assertFalse(charge.authorised)

    def test_only_estimates_are_authorised_by_people(self):
        charge = self.env["freight.charge"].create(
            {"shipment_id": self.shipment.id, "code_id": self.codes["DET"].id, "amount": 5,
             "stage": "contract"}
        )  # fmt: skip
        with self.assertRaisesRegex(AccessError, "follows from its document"):
            charge.with_user(self.dispatcher).action_authorise()

    def test_a_copy_is_not_authorised(self):
        self.assertFalse(self.charge(authorised=True, evidence="x").copy().authorised)


@tagged("post_install", "-at_install")
class TestSideBySide(ChargeCase):
    def test_codes_by_stage(self):
        for stage, amount in (("estimated", 100), ("contract", 110), ("actual", 125)):
            self.env["freight.charge"].create(
                {"shipment_id": self.shipment.id, "code_id": self.codes["LHS"].id,
                 "stage": stage, "amount": amount}
            )  # fmt: skip
        comparison = self.shipment.charge_comparison
        self.assertEqual(
            [stage["name"] for stage in comparison["stages"]], ["estimated", "contract", "actual"]
        )
        [table] = comparison["tables"]
        [row] = table["rows"]
        self.assertEqual(table["currency_id"], self.shipment.currency_id.id)
        self.assertEqual(row["amounts"], {"estimated": 100, "contract": 110, "actual": 125})
        self.assertEqual((row["difference"], table["total"]["difference"]), (15, 15))
        self.assertEqual(row["label"], self.codes["LHS"].display_name)

    def test_one_currency_is_not_held_against_another(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.charge(amount=100)
        self.charge(amount=90, currency_id=euro.id)
        tables = self.shipment.charge_comparison["tables"]
        self.assertEqual([table["total"]["amounts"] for table in tables],
                         [{"estimated": 100}, {"estimated": 90}])  # fmt: skip

    def test_a_shipment_without_charges(self):
        self.assertEqual(self.shipment.charge_comparison, {"stages": [], "tables": []})

    def test_who_reads_the_shipment_reads_the_table(self):
        self.charge()
        auditor = self.make_user("an_auditor", "auditor")
        self.assertTrue(self.shipment.with_user(auditor).charge_comparison["tables"])
