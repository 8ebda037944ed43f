"""Who works on a case, until when, how it ends, and who may do what about it."""

from datetime import timedelta

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import NOON, CanonicalCase


class DeskCase(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader = cls.make_user("d_leader", "manager")
        cls.worker = cls.make_user("d_worker", "user")
        cls.team = cls.env.ref("freight_canonical.team_exceptions")
        cls.team.write({"leader_id": cls.leader.id, "member_ids": [(4, cls.worker.id)]})
        cls.kinds = {kind.code: kind for kind in cls.env["freight.exception.type"].search([])}
        cls.shipment = cls.make_shipment()

    def setUp(self):
        super().setUp()
        clock = freeze_time(NOON)
        clock.start()
        self.addCleanup(clock.stop)

    def at(self, hours):
        return freeze_time(NOON + timedelta(hours=hours))

    def open(self, code="delay", key="x", **values):
        return self.env["freight.exception"]._raise_case(
            code, key, "Late.", shipment=self.shipment, **values
        )

    def resolve(self, cases, user=None, code="rescheduled"):
        """Resolve as the wizard does."""
        form = Form(
            self.env["freight.exception.resolve"]
            .with_user(user or self.worker)
            .with_context(default_case_ids=cases.ids)
        )
        form.resolution_id = self.env.ref(f"freight_canonical.resolution_{code}")
        form.note = "A new appointment was made."
        form.save().action_resolve()
        cases.invalidate_recordset()


@tagged("post_install", "-at_install")
class TestOpening(DeskCase):
    def test_many_at_once(self):
        cases = self.env["freight.exception"]._raise_cases(
            [
                {"code": "delay", "key": key, "description": key, "shipment": self.shipment}
                for key in ("a", "b", "a")
            ]
        )
        self.assertEqual(cases[0], cases[2])
        self.assertEqual(cases[:2].mapped("occurrences"), [2, 1])
        again = self.open(key="b")
        self.assertEqual((again, again.occurrences), (cases[1], 2))

    def test_a_kind_says_how_grave_it_is(self):
        self.assertEqual(self.open("damage").severity, "critical")
        self.assertEqual(self.open("delay").severity, "warning")
        self.assertEqual(self.open("delay", "y", severity="info").severity, "info")

    def test_a_code_that_no_kind_has(self):
        with self.assertRaises(KeyError):
            self.open("nonsense")

    def test_what_the_suite_opens_cannot_be_deleted(self):
        with self.assertRaisesRegex(UserError, "archive it instead"):
            self.kinds["delay"].unlink()

    def test_the_deadline_is_that_of_kind_and_severity(self):
        case = self.open("delay")
        self.assertEqual(case.deadline, NOON + timedelta(hours=24))
        case.severity = "critical"
        self.assertEqual(case.deadline, NOON + timedelta(hours=4))
        self.kinds["delay"].hours_critical = 1
        self.assertEqual(case.deadline, NOON + timedelta(hours=4), "as it was agreed then")
        case.severity = "info"
        self.assertFalse(case.deadline)

    def test_overdue(self):
        late, fine = self.open("damage"), self.open("overage")
        search = self.env["freight.exception"].search
        mine = ("id", "in", (late | fine).ids)
        with self.at(9):
            self.env.invalidate_all()
            self.assertTrue(late.overdue)
            self.assertEqual(search([mine, ("overdue", "=", True)]), late)
            self.assertEqual(search([mine, ("overdue", "=", False)]), fine)
            self.assertEqual(search([mine, ("overdue", "!=", True)]), fine)

    def test_whose_it_is(self):
        self.assertEqual(self.open().team_id, self.team)
        own = self.env["freight.team"].create({"name": "Ours", "company_id": self.company.id})
        self.company.freight_team_id = own
        self.assertEqual(self.open(key="y").team_id, own)
        claims = self.env["freight.team"].create({"name": "Claims"})
        self.kinds["damage"].team_id = claims
        self.assertEqual(self.open("damage").team_id, claims)

    def test_a_team_of_another_company_gets_nothing(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.env["freight.team"].create(
            {"name": "Theirs", "company_id": sister.id, "sequence": 1}
        )
        self.kinds["delay"].team_id = theirs
        self.assertEqual(self.open().team_id, self.team)

    def test_a_critical_case_is_somebodys_activity_until_it_closes(self):
        case, plain = self.open("damage"), self.open("delay")
        self.assertFalse(plain.activity_ids)
        self.assertEqual(case.activity_ids.user_id, self.leader)
        self.assertEqual(case.activity_ids.date_deadline, case.deadline.date())
        self.env["freight.exception"]._close_cases("damage", ["x"], "Gone.")
        self.assertFalse(case.activity_ids)

    def test_what_a_person_planned_stays(self):
        case = self.open("damage")
        call = case.activity_schedule("mail.mail_activity_data_call", user_id=self.worker.id)
        call.automated = False
        self.env["freight.exception"]._close_cases("damage", ["x"], "Gone.")
        self.assertEqual(case.activity_ids, call)

    def test_opening_is_no_message_to_anybody(self):
        before = self.env["mail.mail"].search_count([])
        case = self.open("damage")
        self.assertFalse(case.message_ids)
        self.assertEqual(self.env["mail.mail"].search_count([]), before)


@tagged("post_install", "-at_install")
class TestWork(DeskCase):
    def test_assign_to_me(self):
        cases = self.open("damage") | self.open("delay")
        cases.with_user(self.worker).action_assign_to_me()
        self.assertEqual(cases.user_id, self.worker)
        self.assertEqual(cases.activity_ids.user_id, self.worker)

    def test_many_are_resolved_in_one_way(self):
        cases = self.open("damage") | self.open("delay")
        self.resolve(cases)
        for case in cases:
            self.assertEqual(
                (case.state, case.closed_by, case.resolver_id, case.resolution_id.code),
                ("resolved", "person", self.worker, "rescheduled"),
            )
        self.assertFalse(cases.activity_ids)

    def test_a_resolution_says_what_was_done(self):
        case = self.open()
        with self.assertRaisesRegex(UserError, "Say how"):
            case.with_user(self.worker).action_resolve()

    def test_a_resolved_case_keeps_its_resolution(self):
        case = self.open()
        self.resolve(case)
        with self.assertRaisesRegex(UserError, "keeps its resolution"):
            case.with_user(self.worker).resolution = "Another story."

    def test_opened_again(self):
        case = self.open("damage")
        self.resolve(case)
        with self.at(10):
            wizard = self.env["freight.exception.reopen"].with_user(self.worker)
            wizard.create({"case_ids": case.ids, "note": "Still broken."}).action_reopen()
            case.invalidate_recordset()
            self.assertEqual((case.state, case.resolver_id.id), ("open", False))
            self.assertFalse(case.resolved or case.resolution or case.closed_by)
            self.assertEqual(case.deadline, NOON + timedelta(hours=18), "the clock starts again")
            self.assertIn("Still broken.", case.message_ids[0].body)
            self.assertTrue(case.activity_ids)

    @mute_logger("odoo.sql_db")
    def test_not_opened_again_beside_another(self):
        case = self.open()
        self.resolve(case)
        self.open()
        with self.assertRaisesRegex(UserError, "Another case"):
            case.with_user(self.worker)._reopen("Both.")

    def test_escalated_once(self):
        late, fine = self.open("damage"), self.open("overage")
        late.activity_ids.unlink()
        for hours in (7.9, 8, 9):
            with self.at(hours):
                self.env.flush_all()
                self.env["freight.exception"]._cron_escalate()
                self.env.invalidate_all()
        self.assertEqual((late.escalated, fine.escalated), (NOON + timedelta(hours=8), False))
        self.assertEqual(late.activity_ids.user_id, self.leader)
        self.assertEqual(len(late.activity_ids), 1)
        self.assertEqual(len(late.message_ids), 1)
        self.assertIn(self.leader.name, late.message_ids.body)

    def test_escalated_only_after_the_kinds_patience(self):
        self.kinds["damage"].escalate_hours = 5
        case = self.open("damage")
        for hours, told in ((12, False), (13, True)):
            with self.at(hours):
                self.env.flush_all()
                self.env["freight.exception"]._cron_escalate()
                self.env.invalidate_all()
                self.assertEqual(bool(case.escalated), told)

    def test_a_team_sees_its_figures(self):
        self.open("damage")
        self.open("overage")
        with self.at(9):
            self.env.invalidate_all()
            self.assertEqual((self.team.open_count, self.team.overdue_count), (2, 1))


@tagged("post_install", "-at_install")
class TestWhoMay(DeskCase):
    def test_nobody_writes_past_the_desk(self):
        case = self.open()
        for user in (self.worker, self.leader):
            for values in (
                {"state": "resolved"},
                {"resolved": NOON},
                {"resolver_id": user.id},
                {"closed_by": "cause"},
                {"cause": "x"},
                {"by_control": True},
                {"deadline": NOON},
                {"escalated": NOON},
                {"dedup_key": "y"},
                {"type_id": self.kinds["damage"].id},
                {"description": "Fine."},
                {"company_id": self.company.id},
            ):
                with self.subTest(values), self.assertRaises(AccessError):
                    case.with_user(user).write(values)
            with self.assertRaises(AccessError):
                case.with_user(user).unlink()
            with self.assertRaises(AccessError):
                case.with_user(user).create({"type_id": case.type_id.id, "dedup_key": "z"})
        with self.assertRaises(UserError):
            self.env["freight.exception"].with_user(self.leader).browse(case.ids)._unlink_never()

    def test_an_auditor_neither_resolves_nor_takes_nor_opens_again(self):
        auditor = self.make_user("d_auditor", "auditor")
        case = self.open().with_user(auditor)
        self.assertTrue(case.read())
        for attempt in (case.action_assign_to_me, case.action_resolve, lambda: case._reopen("x")):
            with self.assertRaises(AccessError):
                attempt()

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_a_case_of_another_company_is_not_resolved(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.make_shipment(company_id=sister.id)
        case = self.env["freight.exception"]._raise_case("delay", "x", "Late.", shipment=theirs)
        self.assertEqual(case.company_id, sister)
        for attempt in (
            lambda: case.with_user(self.worker).action_assign_to_me(),
            lambda: case.with_user(self.worker).action_resolve(),
            lambda: case.with_user(self.worker)._reopen("x"),
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.resolve(case)
        self.assertEqual(case.state, "open", "the wizard does not see it either")

    def test_teams_are_shared_or_of_a_company(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.env["freight.team"].create({"name": "Theirs", "company_id": sister.id})
        seen = self.env["freight.team"].with_user(self.worker).search([])
        self.assertIn(self.team, seen)
        self.assertNotIn(theirs, seen)
