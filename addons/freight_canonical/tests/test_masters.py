"""Parties and charge codes that systems tell of: found, owned, put before a person."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..documents import APPLIED, DUPLICATE, UNMATCHED, Document
from .common import NOON, CanonicalCase


class MasterCase(CanonicalCase):
    """A TMS that tells of parties and charge codes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.matrix = cls.env["freight.ownership"]

    @classmethod
    def own(cls, *domains, kind="tms", **values):
        """Make systems of ``kind`` the system of record of ``domains``."""
        cls.matrix.search([("domain", "in", domains)]).unlink()
        cls.matrix.create([{"domain": domain, "kind": kind, **values} for domain in domains])

    @classmethod
    def tell(cls, *said, system=None, hours=0, company=None):
        """Apply documents; return their outcomes."""
        documents = [
            Document(
                data={"kind": "party", "roles": ["carrier"], **one},
                system=system or cls.tms,
                company=company or cls.company,
                received=NOON + timedelta(hours=hours),
                trace_id="0" * 31 + "1",
            )
            for one in said
        ]
        outcomes = cls.env["freight.party"]._apply_freight_documents(documents)
        cls.env.invalidate_all()
        return outcomes

    @classmethod
    def identity(cls, number, system=None):
        return cls.env["freight.master.identity"].search(
            [("number", "=", number), ("system_id", "=", (system or cls.tms).id)]
        )

    @classmethod
    def waiting(cls, number):
        return cls.env["freight.master.proposal"].search(
            [("number", "=", number), ("state", "=", "open")]
        )


@tagged("post_install", "-at_install")
class TestMatching(MasterCase):
    def test_the_owner_creates_and_changes_by_its_own_number(self):
        self.own("carrier")
        (outcome,) = self.tell(
            {"number": "C1", "name": "Quux Freight", "identifiers": {"scac": "QUUX"},
             "address": {"city": "Dayton", "state": "OH", "country": "US"}}
        )  # fmt: skip
        self.assertEqual(outcome.status, APPLIED)
        partner = self.identity("C1").partner_id
        self.assertTrue(partner.freight_is_carrier and partner.is_company)
        self.assertEqual(
            (partner.freight_scac, partner.state_id.code, partner.country_id.code),
            ("QUUX", "OH", "US"),
        )
        self.tell({"number": "C1", "name": "Quux Inc"}, hours=1)
        self.assertEqual((partner.name, partner.city), ("Quux Inc", "Dayton"))
        self.assertIn("Quux Freight", partner.message_ids[0].body)
        self.assertIn("Quux Inc", partner.message_ids[0].body)

    def test_a_repeat_and_an_older_one_change_nothing(self):
        self.own("carrier")
        first = {"number": "C1", "name": "New", "changed": "2026-11-02T10:00:00Z"}
        self.tell(first)
        partner = self.identity("C1").partner_id
        notes = len(partner.message_ids)
        self.assertEqual(self.tell(first, hours=1)[0].status, DUPLICATE)
        older = {"number": "C1", "name": "Old", "changed": "2026-11-01T10:00:00Z"}
        self.assertEqual(self.tell(older, hours=2)[0].status, DUPLICATE)
        self.assertEqual((partner.name, len(partner.message_ids)), ("New", notes))

    def test_what_only_the_older_one_says_is_not_lost(self):
        self.own("carrier")
        self.tell({"number": "C1", "name": "New", "revision": 2})
        self.tell({"number": "C1", "name": "Old", "phone": "555", "revision": 1}, hours=1)
        partner = self.identity("C1").partner_id
        self.assertEqual((partner.name, partner.phone), ("New", "555"))

    def test_one_partner_with_that_number_is_it(self):
        self.own("carrier")
        self.tell({"number": "C1", "name": "Renamed", "identifiers": {"scac": "ABCD"}})
        self.assertEqual(self.identity("C1").partner_id, self.carrier)
        self.assertEqual(self.carrier.name, "Renamed")

    def test_a_name_alone_never_matches(self):
        self.own("carrier")
        self.tell({"number": "C1", "name": self.carrier.name})
        self.assertNotEqual(self.identity("C1").partner_id, self.carrier)

    def test_a_vat_number_matches_however_it_is_written(self):
        self.own("customer")
        shop = self.env["res.partner"].create({"name": "Shop", "vat": "DE 136-695976"})
        self.env["res.partner"].create({"name": "Clerk", "parent_id": shop.id})
        self.tell({"number": "K1", "roles": ["customer"], "name": "Shop",
                   "identifiers": {"vat": "de136695976"}})  # fmt: skip
        self.assertEqual(self.identity("K1").partner_id, shop)

    def test_several_are_put_before_a_person_who_links_one(self):
        self.own("carrier")
        twin = self.make_carrier("ABCD")
        (outcome,) = self.tell({"number": "C1", "name": "It", "identifiers": {"scac": "ABCD"}})
        self.assertEqual(outcome.status, APPLIED)
        proposal = self.waiting("C1")
        self.assertEqual(proposal.candidate_ids, twin | self.carrier)
        case = self.env["freight.exception"].search(
            [("code", "=", "master_review"), ("dedup_key", "=", f"proposal:{proposal.id}")]
        )
        self.assertEqual(case.state, "open")
        with self.assertRaises(UserError):
            proposal.action_link()
        proposal.partner_id = twin
        proposal.action_link()
        self.assertEqual((proposal.state, twin.name, case.state), ("accepted", "It", "resolved"))
        self.tell({"number": "C1", "name": "It again"}, hours=1)
        self.assertEqual(twin.name, "It again")

    def test_two_numbers_of_one_system_for_one_partner_are_a_doubt(self):
        self.own("carrier")
        self.tell({"number": "C1", "name": "It", "identifiers": {"scac": "ABCD"}})
        self.tell({"number": "C2", "name": "It", "identifiers": {"scac": "ABCD"}})
        self.assertEqual(self.waiting("C2").candidate_ids, self.carrier)
        both = [{"number": n, "name": n, "identifiers": {"scac": "ZZZZ"}} for n in ("D1", "D2")]
        self.tell(*both)
        self.assertEqual(len(self.waiting("D1") | self.waiting("D2")), 2)

    def test_numbers_that_lead_to_two_partners_are_a_doubt(self):
        self.own("carrier")
        other = self.env["res.partner"].create({"name": "Other", "freight_gln": "4006381333931"})
        self.tell({"number": "C1", "name": "It",
                   "identifiers": {"scac": "ABCD", "gln": "4006381333931"}})  # fmt: skip
        self.assertEqual(self.waiting("C1").candidate_ids, self.carrier | other)

    def test_partners_of_another_company_are_not_seen(self):
        self.own("carrier")
        sister = self.env["res.company"].create({"name": "Sister Company"})
        self.carrier.company_id = sister
        self.tell({"number": "C1", "name": "It", "identifiers": {"scac": "ABCD"}})
        self.assertNotEqual(self.identity("C1").partner_id, self.carrier)

    def test_too_little_for_a_new_one_waits(self):
        self.own("carrier")
        (outcome,) = self.tell({"number": "C9", "phone": "555"})
        self.assertEqual(outcome.status, UNMATCHED)
        self.assertFalse(self.identity("C9"))

    def test_inactive_there_is_archived_here(self):
        self.own("carrier")
        self.tell({"number": "C1", "identifiers": {"scac": "ABCD"}, "active": False})
        self.assertFalse(self.carrier.active)
        self.tell({"number": "C1", "active": True}, hours=1)
        self.assertTrue(self.carrier.active)

    def test_a_state_that_nobody_knows_is_kept_as_a_difference(self):
        self.own("carrier")
        self.tell({"number": "C1", "name": "It", "address": {"country": "US", "state": "QQ"}})
        identity = self.identity("C1")
        self.assertIn("QQ", identity.differences)
        self.assertEqual(identity.difference_count, 1)

    def test_a_thousand_parties_cost_queries_for_a_batch(self):
        self.own("customer")

        def counted(size, prefix):
            said = [
                {"number": f"{prefix}{n}", "name": f"Shop {n}", "roles": ["customer"],
                 "identifiers": {"duns": f"{prefix}{n:07}"}}
                for n in range(size)
            ]  # fmt: skip
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.tell(*said)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        counted(1, "10")
        few, many = counted(100, "20"), counted(1000, "30")
        # Odoo writes once to each partner that it creates; nothing of ours grows like that.
        self.assertLess(many - few, 900 * 1.1)


@tagged("post_install", "-at_install")
class TestOwnership(MasterCase):
    def test_who_owns_nothing_changes_nothing_and_is_told(self):
        name = self.carrier.name
        (outcome,) = self.tell({"number": "C1", "name": "X", "identifiers": {"scac": "ABCD"}})
        self.assertEqual((outcome.status, self.carrier.name), (APPLIED, name))
        self.assertIn("stays as it is", outcome.detail)
        identity = self.identity("C1")
        self.assertEqual(identity.difference_count, 1)
        case = self.env["freight.exception"].search(
            [("code", "=", "ownership"), ("dedup_key", "=", "party:test_tms:C1")]
        )
        self.assertEqual(len(case), 1)
        identity.action_take_over()
        self.assertEqual((self.carrier.name, identity.difference_count), ("X", 0))

    def test_who_owns_nothing_proposes_and_a_person_creates_or_declines(self):
        self.tell({"number": "N1", "name": "New One"})
        proposal = self.waiting("N1")
        self.tell({"number": "N1", "name": "New Name"}, hours=1)
        self.assertEqual(self.waiting("N1"), proposal)
        self.assertIn("New Name", proposal.said_text)
        with self.assertRaises(UserError):
            proposal.action_decline()
        proposal.note = "Not ours"
        proposal.action_decline()
        self.tell({"number": "N1", "name": "New Name"}, hours=2)
        self.assertFalse(self.waiting("N1"))
        self.tell({"number": "N1", "name": "Another"}, hours=3)
        self.waiting("N1").action_create()
        self.assertEqual(self.identity("N1").partner_id.name, "Another")

    def test_a_party_that_is_both_needs_both_domains(self):
        self.own("carrier")
        self.carrier.freight_is_customer = True
        said = {"number": "C1", "name": "X", "identifiers": {"scac": "ABCD"},
                "insurance_expires": "2027-01-31", "roles": ["carrier", "customer"]}  # fmt: skip
        self.tell(said)
        self.assertNotEqual(self.carrier.name, "X")
        self.assertEqual(str(self.carrier.freight_insurance_expires), "2027-01-31")

    def test_a_carrier_speaks_of_itself_alone(self):
        self.own("carrier", kind="carrier")
        other = self.make_carrier("EFGH")
        self.tell(
            {"number": "1", "name": "Myself", "identifiers": {"scac": "ABCD"}},
            {"number": "2", "name": "Them", "identifiers": {"scac": "EFGH"}},
            system=self.source,
        )
        self.assertEqual(self.carrier.name, "Myself")
        self.assertNotEqual(other.name, "Them")

    def test_people_leave_a_partner_to_the_system_that_keeps_it(self):
        self.own("carrier")
        self.tell({"number": "C1", "identifiers": {"scac": "ABCD"}})
        person = self.make_user("keeper", "manager", "base.group_partner_manager")
        with self.assertRaisesRegex(UserError, "test_tms"):
            self.carrier.with_user(person).name = "Mine"
        self.carrier.with_user(person).write({"name": self.carrier.name, "comment": "Fine"})
        self.matrix.create({"domain": "carrier", "kind": "odoo"})
        self.carrier.with_user(person).name = "Mine"

    def test_a_bank_account_is_never_taken_without_approval(self):
        self.own("carrier", "supplier_terms")
        account = {"number": "DE89 3704 0044 0532 0130 00", "holder": "Quux"}
        said = {"number": "C1", "identifiers": {"scac": "ABCD"}, "bank_accounts": [account]}
        self.tell(said)
        self.tell({**said, "name": "Again"}, hours=1)
        self.assertFalse(self.carrier.bank_ids)
        proposal = self.waiting("C1")
        self.assertEqual((proposal.kind, len(proposal)), ("bank", 1))
        plain = self.make_user("plain", "user")
        with self.assertRaises(AccessError):
            proposal.with_user(plain).action_approve()
        with self.assertRaises(AccessError):
            proposal.with_user(self.make_user("boss", "manager")).write({"acc_number": "X"})
        proposal.action_approve()
        self.assertEqual(self.carrier.bank_ids.sanitized_acc_number, "DE89370400440532013000")
        self.assertEqual(proposal.state, "accepted")
        entry = self.env["freight.audit.entry"].search(
            [("model", "=", proposal._name), ("res_id", "=", proposal.id)]
        )
        self.assertEqual((entry.action, entry.stream, entry.role), ("approve", "money", "approved"))
        with self.assertRaises(UserError):
            proposal.action_approve()
        self.tell({**said, "name": "Thrice"}, hours=2)
        self.assertFalse(self.waiting("C1"))

    def test_access(self):
        self.tell({"number": "N1", "name": "New One"})
        proposal, sister = self.waiting("N1"), self.env["res.company"].create({"name": "Sister"})
        stranger = self.make_user(
            "stranger", "manager", company_id=sister.id, company_ids=[(6, 0, sister.ids)]
        )
        self.assertFalse(
            self.env["freight.master.proposal"].with_user(stranger).search(
                [("id", "=", proposal.id)]
            )
        )  # fmt: skip
        for user in (stranger, self.make_user("u1", "user"), self.make_user("a1", "auditor")):
            with self.assertRaises(AccessError):
                proposal.with_user(user).action_create()
            with self.assertRaises(AccessError):
                proposal.with_user(user).note = "Mine"
        auditor = self.env.ref("freight_canonical.group_freight_auditor").users[-1:]
        self.assertTrue(proposal.with_user(auditor).read(["said_text"]))
        manager = self.make_user("m1", "manager")
        with self.assertRaises(AccessError):
            self.carrier.with_user(
                self.make_user("pm", "manager", "base.group_partner_manager")
            ).freight_revision = 7
        with self.assertRaises(AccessError):
            self.env["freight.master.identity"].with_user(manager).create(
                {"system_id": self.tms.id, "number": "1", "partner_id": self.carrier.id,
                 "said": {}}
            )  # fmt: skip


@tagged("post_install", "-at_install")
class TestChargeCodes(MasterCase):
    def tell_codes(self, *said, hours=0):
        documents = [
            Document(
                data={"kind": "charge_code", **one}, system=self.tms, company=self.company,
                received=NOON + timedelta(hours=hours), trace_id="0" * 32,
            )
            for one in said
        ]  # fmt: skip
        outcomes = self.env["freight.charge.code.intake"]._apply_freight_documents(documents)
        self.env.invalidate_all()
        return outcomes

    def test_the_owner_brings_codes_of_its_company(self):
        self.own("codes")
        self.tell_codes({"code": "YRD", "name": "Yard move", "family": "accessorial"})
        code = self.identity("YRD").charge_code_id
        self.assertEqual((code.name, code.company_id), ("Yard move", self.company))
        self.tell_codes({"code": "YRD", "name": "Yard", "active": False}, hours=1)
        self.assertEqual((code.name, code.active), ("Yard", False))

    def test_a_shared_code_is_changed_by_who_owns_it_for_all(self):
        shared = self.env["freight.charge.code"]._by_code(self.company.id)
        code = next(row for row in shared.values() if not row.company_id)
        self.matrix.create(
            {"domain": "codes", "kind": "tms", "company_id": self.company.id}
        )  # fmt: skip
        self.tell_codes({"code": code.code, "name": "Mine"})
        self.assertNotEqual(code.name, "Mine")
        self.own("codes")
        self.tell_codes({"code": code.code, "name": "Ours"}, hours=1)
        self.assertEqual(code.name, "Ours")

    def test_who_does_not_own_them_proposes(self):
        self.tell_codes({"code": "YRD", "name": "Yard move"})
        self.waiting("YRD").action_create()
        self.assertEqual(self.identity("YRD").charge_code_id.name, "Yard move")


@tagged("post_install", "-at_install")
class TestScreens(MasterCase):
    def test_views_load_and_validate_says_what_is_wrong(self):
        for model in ("freight.master.identity", "freight.master.proposal", "res.partner",
                      "freight.charge.code"):  # fmt: skip
            self.assertTrue(self.env[model].get_views([(False, "tree"), (False, "form")]))
        said = self.carrier.action_freight_validate()["params"]["message"]
        self.assertIn("country is missing", said)
        self.carrier.country_id = self.env.ref("base.us")
        self.assertEqual(
            self.carrier.action_freight_validate()["params"]["message"], "Nothing is wrong."
        )
        twin = self.make_carrier("ABCD")
        found = (twin | self.carrier)._freight_findings()
        self.assertIn("duplicate", found[self.carrier.id])
