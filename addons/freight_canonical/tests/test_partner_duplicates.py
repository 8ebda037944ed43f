"""Partners that stand twice, and what the list of systems says of each."""

from odoo.tests import Form, tagged

from .common import NOON, CanonicalCase


@tagged("post_install", "-at_install")
class TestPartnerDuplicates(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sister = cls.env["res.company"].create({"name": "Sister Company"})
        cls.manager = cls.make_user("merger", "manager", "base.group_partner_manager")

    def partner(self, name, **values):
        return self.env["res.partner"].create({"name": name, "is_company": True, **values})

    def listed(self, partners):
        """Return {(criterion, partners)} that a manager of one company sees of ``partners``."""
        self.env.flush_all()
        rows = self.env["freight.partner.duplicate"].with_user(self.manager).search([])
        return {(row.criterion, row.partner_ids) for row in rows if row.partner_ids & partners}

    def test_each_thing_that_partners_share_is_found(self):
        scac = {"freight_scac": "QQQQ"}
        pairs = {
            "vat": [self.partner("A1", vat="XX 12-3"), self.partner("B1", vat="xx123")],
            "scac": [self.partner("A2", **scac), self.partner("B2", **scac)],
            "name": [self.partner("Quux Freight, Inc."), self.partner("QUUX freight")],
            "bank": [self.partner("A3"), self.partner("B3")],
        }  # fmt: skip
        for partner, number in zip(pairs["bank"], ("QQ 99-1", "QQ991"), strict=True):
            self.env["res.partner.bank"].create({"partner_id": partner.id, "acc_number": number})
        for criterion, (one, other) in pairs.items():
            self.assertEqual(self.listed(one | other), {(criterion, one | other)}, criterion)

    def test_contacts_of_one_company_are_no_duplicates(self):
        parent = self.partner("Parent", vat="YY1")
        self.partner("Child", parent_id=parent.id, is_company=False)
        self.assertFalse(self.listed(parent))

    def test_partners_of_another_company_do_not_show(self):
        shared = self.partner("S", vat="ZZ1")
        ours = self.partner("O", vat="ZZ1", company_id=self.company.id)
        theirs = self.partner("T", vat="ZZ1", company_id=self.sister.id)
        self.assertEqual(self.listed(shared | ours | theirs), {("vat", shared | ours)})
        ours.vat = False
        self.assertFalse(self.listed(shared | ours | theirs))

    def test_the_merge_wizard_opens_for_them(self):
        one, other = self.partner("A", vat="WW1"), self.partner("B", vat="WW1")
        self.env.flush_all()
        rows = self.env["freight.partner.duplicate"].with_user(self.manager).search([])
        action = rows.filtered(lambda row: one in row.partner_ids).action_merge()
        wizard = Form(self.env[action["res_model"]].with_context(**action["context"])).save()
        self.assertEqual(wizard.partner_ids, one | other)


@tagged("post_install", "-at_install")
class TestSystemFigures(CanonicalCase):
    def test_what_a_system_owns_and_said(self):
        self.assertIn("Route execution", self.tms.owned_domains)
        self.assertEqual(self.source.owned_domains, "Carrier events, Proof of delivery")
        self.assertFalse(self.tms.last_event)
        shipment = self.make_shipment()
        self.report(self.document(shipment, "departed_pickup", system=self.tms))
        self.assertTrue(self.tms.last_event and self.tms.last_event >= NOON)
        self.assertEqual((self.tms.event_count, self.tms.refusal_count), (1, 0))

    def test_the_figures_of_another_company_do_not_show(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.make_shipment(company_id=sister.id)
        document = self.document(theirs, "departed_pickup", system=self.tms)
        object.__setattr__(document, "company", sister)
        self.report(document)
        user = self.make_user("figures", "manager")
        self.assertEqual(self.tms.with_user(user).event_count, 0)
        self.assertFalse(self.tms.with_user(user).last_event)
