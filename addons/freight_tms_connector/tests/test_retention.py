"""What policies erase, when, and what stays."""

from datetime import datetime
from unittest import mock

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .desk_common import DeskCase
from .http_common import HookCase

NOW = datetime(2026, 11, 25, 12)


class RetentionCase(DeskCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = new_test_user(
            cls.env, "desk_colleague", groups="freight_tms_connector.group_integration_manager"
        )
        cls.shipment = cls.make_shipment()
        cls.policies = cls.env["freight.retention.policy"]
        cls.classes = {one.code: one for one in cls.env["freight.retention.class"].search([])}
        cls.policies.search([]).unlink()
        cls.retention = cls.env["freight.retention"]

    @classmethod
    def policy(cls, code, period=180, unit="days", **values):
        """Return a policy that two people put in force."""
        draft = cls.draft(code, period, unit, **values)
        draft.with_user(cls.colleague).action_activate()
        return draft

    @classmethod
    def draft(cls, code, period=180, unit="days", **values):
        return cls.policies.with_user(cls.manager).create(
            {"class_id": cls.classes[code].id, "period": period, "unit": unit, **values}
        )

    @classmethod
    def received(cls, kind="event", days=365, state="applied", **options):
        """Return a message of ``kind`` that came ``days`` ago, settled."""
        cls.number = getattr(cls, "number", 0) + 1
        message = cls.take_in(cls.status(cls.shipment, f"P{cls.number}"), **options)
        if kind:
            cls.note(message, kind, "applied", cls.shipment)
        cls.age(message, days, state)
        return message

    @classmethod
    def age(cls, message, days, state):
        moment = fields.Datetime.now() - relativedelta(days=days)
        message.sudo().write({"state": state})
        cls.env.flush_all()
        column = "received" if message._name == "freight.message.in" else "create_date"
        cls.env.cr.execute(
            f"UPDATE {message._table} SET {column} = %s WHERE id = %s", [moment, message.id]
        )
        cls.env.invalidate_all()

    @classmethod
    def sent(cls, event_type="shipment.released", days=365, state="delivered"):
        endpoint = cls.carrier_endpoint
        message = cls.env["freight.message.out"]._enqueue(
            [
                {
                    "endpoint": endpoint,
                    "event_type": event_type,
                    "subject": "S",
                    "shipment": cls.shipment,
                    "company": endpoint.company_id,
                    "trace_id": "0" * 32,
                    "data": {"n": 1},
                }
            ]
        )
        cls.age(message, days, state)
        return message

    def run_job(self):
        self.env.flush_all()
        self.retention._cron()
        self.env.invalidate_all()

    def assertErased(self, message, erased=True):
        self.assertEqual(message._body() is None, erased)
        self.assertEqual(bool(message.erasure_id), erased)


@tagged("post_install", "-at_install")
class TestRetention(RetentionCase):
    def test_nothing_is_erased_before_a_policy_is_in_force(self):
        message = self.received(days=5000)
        self.draft("operational")
        self.run_job()
        self.assertErased(message, False)
        self.assertFalse(self.env["freight.retention.run"].search([]))

    def test_what_is_due_goes_and_the_rest_stays(self):
        self.policy("operational", 180)
        due, young = self.received(days=181), self.received(days=179)
        bill, out, paid = (
            self.received("invoice"),
            self.sent(),
            self.sent("invoice.approved"),
        )
        digest, size = due.digest, due.size
        self.run_job()
        for message, erased in ((due, 1), (young, 0), (bill, 0), (out, 1), (paid, 0)):
            self.assertErased(message, bool(erased))
        self.assertEqual((due.digest, due.size), (digest, size))
        self.assertEqual(len(due.document_ids), 1)
        run = due.erasure_id
        self.assertEqual((run.message_count, run.class_id), (2, self.classes["operational"]))
        self.assertEqual(run.approver_id, self.colleague)
        self.assertGreater(run.size, 100)

    def test_a_message_that_speaks_of_several_kinds_is_of_the_stricter_class(self):
        self.policy("operational")
        message = self.received()
        self.note(message, "invoice", "applied", self.shipment, position=1)
        unknown = self.received()
        self.note(unknown, "novelty", "applied", self.shipment, position=1)
        broken = self.received()
        self.note(broken, None, "invalid", position=1)
        envelope = self.received()
        self.note(envelope, None, "ignored", position=1)
        self.run_job()
        for one in (message, unknown, broken):
            self.assertErased(one, False)
        self.assertErased(envelope)

    def test_what_waits_is_never_erased(self):
        self.policy("operational")
        self.policy("financial", 200)
        waiting = [
            self.received(state=state, kind=kind)
            for state in ("received", "retry", "dead", "quarantined")
            for kind in ("event", "invoice", None)
        ]
        waiting += [self.sent(state=state) for state in ("queued", "retry", "dead")]
        self.run_job()
        for message in waiting:
            self.assertErased(message, False)

    def test_what_waits_again_after_it_was_sorted_is_not_erased(self):
        self.policy("operational")
        message = self.received()
        self.retention._sort()
        message.sudo().write({"state": "dead"})
        self.env.flush_all()
        self.run_job()
        self.assertErased(message, False)

    def test_what_cannot_be_told_is_kept_as_long_as_the_longest(self):
        message = self.received(None, days=365, state="refused")
        self.policy("operational", 180)
        self.run_job()
        self.assertErased(message, False)  # nobody said how long bills are kept
        self.policy("financial", 400)
        self.run_job()
        self.assertErased(message, False)
        self.age(message, 401, "refused")
        self.env.cr.execute("UPDATE freight_message_payload SET retention_class_id = NULL")
        self.run_job()
        self.assertErased(message)

    def test_an_endpoint_says_what_its_unknown_messages_are(self):
        self.carrier_endpoint.retention_class_id = self.classes["operational"]
        self.policy("operational", 180)
        refused, bill = self.received(None, state="refused"), self.received("invoice")
        self.run_job()
        self.assertErased(refused)
        self.assertErased(bill, False)

    def test_a_replayed_message_is_sorted_anew(self):
        self.policy("financial", 10, "years")
        self.draft("operational")
        message = self.received("invoice", days=300)
        self.retention._sort()
        message.action_replay("look again")
        self.env.cr.execute(
            "SELECT retention_class_id FROM freight_message_payload WHERE direction = 'in'"
            " AND message_id = %s", [message.id]
        )  # fmt: skip
        self.assertEqual(self.env.cr.fetchone(), (None,))

    def test_a_kind_that_moves_to_a_stricter_class_counts_at_once(self):
        self.policy("operational")
        message = self.received()
        self.retention._sort()
        kind = self.env["freight.retention.kind"].search([("pattern", "=", "event")])
        kind.class_id = self.classes["financial"]
        self.run_job()
        self.assertErased(message, False)
        kind.class_id = self.classes["operational"]
        self.run_job()
        self.assertErased(message)

    def test_a_company_has_its_own_period(self):
        self.policy("operational", 180)
        own = self.policy("operational", 400, company_id=self.company.id)
        message = self.received(days=365)
        self.run_job()
        self.assertErased(message, False)
        own.with_user(self.manager).action_end()
        self.run_job()
        self.assertErased(message)

    def test_years_count_from_the_end_of_the_calendar_year(self):
        policy = self.policy("financial", 10, "years", from_year_end=True)
        with freeze_time(NOW):
            self.assertEqual(policy._cutoff(fields.Datetime.now()), datetime(2016, 1, 1))

    def test_batches_go_on_to_the_end(self):
        self.policy("operational")
        messages = [self.received() for _number in range(7)] + [self.sent()]
        with mock.patch("odoo.addons.freight_tms_connector.models.freight_retention.BATCH", 2):
            self.run_job()
        for message in messages:
            self.assertErased(message)
        self.assertEqual(len({message.erasure_id for message in messages}), 1)
        self.assertEqual(messages[0].erasure_id.message_count, 8)

    def test_a_job_without_time_goes_on_where_it_was(self):
        self.policy("operational")
        messages = [self.received() for _number in range(3)]
        self.assertFalse(self.retention._sort(deadline=0.001))
        self.assertFalse(self.retention._erase_due(deadline=0.001))
        self.run_job()
        for message in messages:
            self.assertErased(message)


@tagged("post_install", "-at_install")
class TestPolicies(RetentionCase):
    def test_a_second_person_puts_it_in_force(self):
        draft = self.draft("operational")
        with self.assertRaisesRegex(UserError, "second person"):
            draft.with_user(self.manager).action_activate()
        draft.with_user(self.colleague).write({"period": 90})
        with self.assertRaisesRegex(UserError, "second person"):
            draft.with_user(self.colleague).action_activate()

    def test_a_suggestion_needs_somebody_who_stands_for_it(self):
        shipped = self.policies.sudo().create({"class_id": self.classes["operational"].id})
        with self.assertRaisesRegex(UserError, "Nobody stands"):
            shipped.with_user(self.manager).action_activate()
        shipped.with_user(self.manager).action_propose()
        shipped.with_user(self.colleague).action_activate()
        self.assertEqual(shipped.state, "active")

    def test_a_new_policy_replaces_the_one_before(self):
        first, second = self.policy("operational", 100), self.policy("operational", 200)
        self.assertEqual((first.state, second.state), ("ended", "active"))
        with self.assertRaisesRegex(UserError, "propose another"):
            second.with_user(self.manager).write({"period": 1})
        with self.assertRaises(UserError):
            second.with_user(self.manager).unlink()

    def test_nobody_writes_the_decision(self):
        draft = self.draft("operational")
        for values in ({"state": "active"}, {"author_ids": [(5,)]}, {"approver_id": 1}):
            with self.assertRaises(AccessError):
                draft.with_user(self.manager).write(values)
        for user in (self.auditor, self.clerk):
            with self.assertRaises(AccessError):
                draft.with_user(user).action_activate()
        with self.assertRaises(AccessError):
            self.env["freight.retention.run"].with_user(self.manager).create(
                {"company_id": self.company.id}
            )

    def test_another_company_is_not_seen(self):
        draft = self.draft("operational", company_id=self.company.id)
        self.assertNotIn(draft, self.policies.with_user(self.stranger).search([]))
        with self.assertRaises(AccessError):
            draft.with_user(self.stranger).action_activate()

    def test_an_ended_policy_stops_the_job_that_runs(self):
        policy = self.policy("operational")
        message = self.received()
        self.retention._sort()
        due = self.retention._due()
        policy.action_end()
        with mock.patch.object(type(self.retention), "_due", return_value=due):
            self.retention._erase_due()
        self.env.invalidate_all()
        self.assertErased(message, False)

    def test_the_class_of_what_cannot_be_told_has_no_policy(self):
        with self.assertRaisesRegex(UserError, "no policy of its own"):
            self.draft("unclear")
        with self.assertRaises(UserError):
            self.classes["unclear"].unlink()


@tagged("post_install", "-at_install")
class TestErased(RetentionCase):
    def setUp(self):
        super().setUp()
        self.policy("operational")
        self.message, self.told = self.received(), self.sent()
        self.run_job()

    def test_screens_say_when_and_why(self):
        payload = self.message.with_user(self.manager).get_payload()
        self.assertTrue(payload["erased"])
        self.assertRegex(payload["reason"], "retention class Operational")
        self.assertFalse(self.message.with_user(self.manager).payload_text)

    def test_it_is_neither_replayed_nor_sent_again(self):
        with self.assertRaisesRegex(UserError, "erased on"):
            self.message.with_user(self.manager).action_replay("once more")
        with self.assertRaisesRegex(UserError, "erased on"):
            self.told.with_user(self.manager).action_resend()
        self.assertEqual((self.message.state, self.told.state), ("applied", "delivered"))

    def test_a_replay_by_filter_leaves_it_out(self):
        other = self.received(days=1)
        both = (self.message | other).with_user(self.manager)
        self.assertEqual(both._replay_in_batches("all", "everything"), 1)
        self.message._run_again("codes")
        self.assertEqual(self.message.state, "applied")
        self.assertTrue(self.message.document_ids)


@tagged("post_install", "-at_install")
class TestErasedDownload(RetentionCase, HookCase):
    def test_the_file_is_gone_and_the_answer_says_why(self):
        self.policy("operational")
        message = self.received()
        self.run_job()
        self.manager.password = "desk_manager"
        self.env.flush_all()
        self.authenticate("desk_manager", "desk_manager")
        answer = self.url_open(f"/freight/messages/in/{message.id}/payload")
        self.assertEqual(answer.status_code, 410)
        self.assertIn("retention class Operational", answer.text)
