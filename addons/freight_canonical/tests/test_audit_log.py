"""What joins the log, what never does, and that nobody writes to it."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import RestrictViolation

from .common import CanonicalCase


class AuditCase(CanonicalCase):
    """What tests of the audit log have in common."""

    def setUp(self):
        super().setUp()
        self.mark = self.env["freight.audit.entry"].search([], limit=1).id

    def entries(self, model=None, res_id=None):
        """Return what joined the log since the test began, oldest first."""
        domain = [("id", ">", self.mark)]
        domain += [("model", "=", model)] if model else []
        domain += [("res_id", "=", res_id)] if res_id else []
        return self.env["freight.audit.entry"].search(domain, order="id")

    def seal(self):
        """Seal what waits."""
        while self.env["freight.audit.sealer"]._queue_step():
            pass
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestWhatIsRecorded(AuditCase):
    def test_a_team_is_made_changed_and_deleted(self):
        team = self.env["freight.team"].create({"name": "Night desk"})
        team.name = "Day desk"
        team.name = "Day desk"
        team_id = team.id
        team.unlink()
        made, changed, deleted = self.entries("freight.team", team_id)
        self.assertEqual([one.action for one in (made, changed, deleted)],
                         ["create", "write", "unlink"])  # fmt: skip
        self.assertEqual(json.loads(made.after)["name"], "Night desk")
        self.assertEqual(json.loads(changed.before), {"name": "Night desk"})
        self.assertEqual(json.loads(changed.after), {"name": "Day desk"})
        self.assertEqual(json.loads(deleted.before)["name"], "Day desk")
        self.assertEqual((deleted.record, deleted.actor), ("Day desk", self.env.user.login))
        self.assertEqual({one.stream for one in (made, changed, deleted)}, {"configuration"})

    def test_relations_are_recorded_by_id_and_name(self):
        team = self.env["freight.team"].create({"name": "Night desk"})
        team.leader_id = self.env.user
        change = self.entries("freight.team", team.id)[-1]
        self.assertEqual(json.loads(change.after)["leader_id"],
                         [self.env.user.id, self.env.user.display_name])  # fmt: skip
        self.assertIn(f"– → {self.env.user.display_name}", change.changes)

    def test_a_record_that_the_write_itself_deletes_keeps_its_id(self):
        team = self.env["freight.team"].create({"name": "Night desk"})
        user = self.make_user("leaves", "user", name="Leaves")
        team.member_ids = user
        team.write({"member_ids": [(2, user.id)]})
        joined, left = self.entries("freight.team", team.id)[-2:]
        self.assertEqual(json.loads(joined.after)["member_ids"], [[user.id, "Leaves"]])
        self.assertEqual(json.loads(left.before)["member_ids"], [[user.id, str(user.id)]])
        self.assertEqual(json.loads(left.after)["member_ids"], [])

    def test_one_statement_for_many(self):
        teams = self.env["freight.team"].create([{"name": f"Desk {n}"} for n in range(50)])
        self.env.flush_all()
        teams.mapped("name")
        with self.assertQueryCount(3):  # the write itself, the login's user, the entries
            teams.write({"sequence": 3})
            self.env.flush_all()
        self.assertEqual(len(self.entries("freight.team")), 100)

    def test_who_gets_into_a_group_of_the_suite(self):
        user = self.make_user("somebody", "user")
        dispatcher = self.env.ref("freight_canonical.group_freight_dispatcher")
        user.write({"groups_id": [(4, dispatcher.id)]})
        granted = self.entries("res.users", user.id)[-1]
        self.assertEqual((granted.action, granted.stream), ("change_groups", "access"))
        added = {*json.loads(granted.after)["groups_id"]} - {
            *json.loads(granted.before)["groups_id"]
        }
        self.assertEqual(added, {"Freight / Dispatcher"})
        dispatcher.write({"users": [(3, user.id)]})
        revoked = self.entries("res.users", user.id)[-1]
        self.assertNotIn("Freight / Dispatcher", json.loads(revoked.after)["groups_id"])
        user.active = False
        self.assertFalse(json.loads(self.entries("res.users", user.id)[-1].after)["active"])

    def test_groups_through_the_form_of_a_user(self):
        user = self.make_user("somebody", "user")
        auditor = self.env.ref("freight_canonical.group_freight_auditor")
        user.write({f"in_group_{auditor.id}": True})
        entry = self.entries("res.users", user.id)[-1]
        self.assertIn("Freight Audit / Auditor", json.loads(entry.after)["groups_id"])

    def test_groups_that_other_groups_bring(self):
        user = self.make_user("somebody", "user")
        chosen = self.env["res.groups"].create({"name": "Hidden way in", "users": [(4, user.id)]})
        self.mark = self.entries()[-1].id
        chosen.write(
            {"implied_ids": [(4, self.env.ref("freight_canonical.group_freight_manager").id)]}
        )
        (entry,) = self.entries("res.users", user.id)
        self.assertIn("Freight / Freight Manager", json.loads(entry.after)["groups_id"])

    def test_settings_of_a_company_and_nothing_else_of_it(self):
        self.company.write({"name": "Renamed", "freight_team_id": False})
        self.company.freight_team_id = self.env["freight.team"].create({"name": "Desk"})
        changes = self.entries("res.company", self.company.id)
        self.assertEqual({name for one in changes for name in json.loads(one.after or one.before)},
                         {"freight_team_id"})  # fmt: skip

    def test_who_ordered_a_charge_and_who_took_it_back(self):
        shipment = self.make_shipment()
        user = self.make_user("orderer", "dispatcher")
        charge = self.env["freight.charge"].with_user(user).create(
            {"shipment_id": shipment.id, "amount": 75, "authorised": True,
             "code_id": self.env["freight.charge.code"].search([("code", "=", "DET")], limit=1).id
             or self.env["freight.charge.code"].search([], limit=1).id}
        )  # fmt: skip
        charge._withdraw("ordered by mistake")
        granted, withdrawn = self.entries("freight.charge", charge.id)
        self.assertEqual((granted.action, granted.role, granted.stream, granted.actor),
                         ("authorise", "approved", "money", "orderer"))  # fmt: skip
        self.assertEqual((withdrawn.action, withdrawn.why), ("withdraw", "ordered by mistake"))
        self.assertEqual(withdrawn.company_id, shipment.company_id)

    def test_exports_are_recorded(self):
        self.make_shipment().export_data(["name"])
        (entry,) = self.entries("freight.shipment")
        self.assertEqual((entry.action, entry.stream), ("export", "access"))

    def test_a_deed_that_is_rolled_back_leaves_no_entry(self):
        with self.assertRaises(ZeroDivisionError), self.cr.savepoint():
            self.env["freight.team"].create({"name": "Never"})
            raise ZeroDivisionError
        self.assertFalse(self.entries("freight.team"))


@tagged("post_install", "-at_install")
class TestNobodyWrites(AuditCase):
    def setUp(self):
        super().setUp()
        self.env["freight.team"].create({"name": "Night desk"})
        self.seal()
        self.entry = self.entries()[-1]

    def test_not_by_the_orm_and_not_as_superuser(self):
        values = {"stream": "money", "moment": "2026-01-01", "actor_uid": 1, "actor": "x",
                  "role": "approved", "action": "x", "model": "x"}  # fmt: skip
        for act in (
            lambda: self.env["freight.audit.entry"].sudo().create(values),
            lambda: self.entry.sudo().write({"why": "x"}),
            lambda: self.entry.sudo().unlink(),
            lambda: self.entry.link_ids.sudo().write({"number": 7}),
            lambda: self.entry.link_ids.sudo().unlink(),
        ):
            with self.assertRaises(UserError):
                act()

    @mute_logger("odoo.sql_db")
    def test_not_by_sql(self):
        for table in ("freight_audit_entry", "freight_audit_link", "freight_audit_checkpoint"):
            for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}",
                              f"TRUNCATE {table} CASCADE"):  # fmt: skip
                with self.subTest(statement), self.assertRaises(RestrictViolation):
                    with self.cr.savepoint():
                        self.cr.execute(statement)

    def test_who_reads(self):
        auditor = self.make_user("an_auditor", "auditor")
        self.assertTrue(self.entry.with_user(auditor).changes)
        self.env["freight.audit.chain"].with_user(auditor).search([]).mapped("digest")
        for group in ("user", "dispatcher", "manager"):
            user = self.make_user(f"a_{group}", group)
            for model in ("entry", "link", "chain", "checkpoint", "verification", "check"):
                with self.subTest(f"{group} {model}"), self.assertRaises(AccessError):
                    self.env[f"freight.audit.{model}"].with_user(user).search([])
            for model, method in (("verification", "action_verify"), ("checkpoint", "action_take")):
                with self.subTest(f"{group} {method}"), self.assertRaises(AccessError):
                    getattr(self.env[f"freight.audit.{model}"].with_user(user), method)()

    def test_an_auditor_changes_nothing(self):
        auditor = self.make_user("an_auditor", "auditor")
        entry = self.entry.with_user(auditor)
        with self.assertRaises(UserError):
            entry.write({"why": "x"})
        with self.assertRaises(UserError):
            entry.unlink()
        with self.assertRaises(AccessError):
            self.env["freight.audit.verification"].with_user(auditor).create({})
        with self.assertRaises(AccessError):
            self.env["freight.audit.pending"].with_user(auditor).search([])

    def test_only_of_own_companies(self):
        auditor = self.make_user("an_auditor", "auditor")
        sister = self.env["res.company"].create({"name": "Sister"})
        team = self.env["freight.team"].create({"name": "Theirs", "company_id": sister.id})
        theirs = self.entries("freight.team", team.id)
        self.assertEqual(theirs.company_id, sister)
        found = self.env["freight.audit.entry"].with_user(auditor).search([("id", "=", theirs.id)])
        self.assertFalse(found)

    def test_the_screens_load(self):
        for model in ("entry", "chain", "verification", "checkpoint", "check"):
            kinds = ["form"] if model == "check" else ["list"]
            kinds += ["form"] if model in ("entry", "verification", "checkpoint") else []
            views = self.env[f"freight.audit.{model}"].get_views([(False, kind) for kind in kinds])
            self.assertEqual(set(views["views"]), set(kinds))
