"""Dead letters are replayed and dismissed: by one, by filter, by period; by whom and why."""

from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .desk_common import DeskCase

NOW = datetime(2026, 11, 20, 12, 0)


@tagged("post_install", "-at_install")
class TestReplay(DeskCase):
    def test_a_replay_says_who_when_and_why(self):
        message = self.dead_letter("LOAD-7")
        shipment = self.make_shipment(reference_ids=[(0, 0, {"type": "load", "value": "LOAD-7"})])
        mine = message.with_user(self.manager)
        wizard = self.env[mine.action_ask_replay()["res_model"]].with_user(self.manager)
        wizard = wizard.create({"picked": True, "message_ids": message.ids, "reason": "it came"})
        self.assertEqual((wizard.message_count, wizard.oldest_ids), (1, message))
        uuid = message.uuid
        wizard.action_replay()
        self.assertEqual((message.state, message.replayed), ("received", True))
        self.drain()
        self.assertEqual((message.state, message.uuid), ("applied", uuid))
        self.assertEqual(shipment.transport_state, "delivered")
        replay = message.replay_ids
        self.assertEqual((replay.user_id, replay.reason), (self.manager, "it came"))
        self.assertEqual((replay.message_count, replay.chosen), (1, False))
        self.assertAlmostEqual(replay.replayed, fields.Datetime.now(), delta=timedelta(minutes=1))

    def test_nobody_replays_without_a_reason(self):
        message = self.dead_letter()
        for values in ({"picked": True, "message_ids": message.ids}, {}):
            wizard = self.wizard("freight.message.rerun", reason=" ", **values)
            with self.assertRaises(UserError):
                wizard.action_replay()
        self.assertEqual(message.state, "dead")

    def test_a_filter_chooses_and_shows_both_ends_first(self):
        old, new = self.dead_letter("OLD-1"), self.dead_letter("NEW-1")
        other = self.dead_letter("OLD-2", error="something else")
        form = Form(self.env["freight.message.rerun"].with_user(self.manager))
        form.error_contains = "is not known"
        self.assertEqual(form.message_count, 2)
        self.assertEqual(form.oldest_ids[:], old + new)
        self.assertEqual(form.newest_ids[:], new + old)
        form.reason = "known now"
        form.save().action_replay()
        self.env.invalidate_all()
        self.assertEqual((old + new).mapped("state"), ["received"] * 2)
        self.assertEqual(other.state, "dead")
        self.assertIn("is not known", old.replay_ids.chosen)
        self.assertEqual(old.replay_ids.message_count, 2)

    def test_each_part_of_the_filter_narrows(self):
        message = self.dead_letter("LOAD-9")
        shipment = self.make_shipment()
        self.env["freight.message.document"]._record(
            [(message.id, 0, "event", "refused", None, shipment.id, None)]
        )
        message.received = NOW
        self.env.flush_all()
        fitting = {
            "endpoint_ids": self.carrier_endpoint.ids,
            "system_id": self.carrier_system.id,
            "received_from": NOW,
            "received_to": NOW + timedelta(seconds=1),
            "shipment_id": shipment.id,
            "channel": "hook",
            "error_contains": "not known",
            "dead": True,
        }
        missing = {
            "endpoint_ids": self.tms_endpoint.ids,
            "system_id": self.tms.id,
            "received_from": NOW + timedelta(seconds=1),
            "received_to": NOW,
            "shipment_id": self.make_shipment().id,
            "channel": "upload",
            "error_contains": "nothing of the kind",
            "dead": False,
        }
        self.assertEqual(self.wizard("freight.message.rerun", **fitting).message_count, 1)
        for name, value in missing.items():
            with self.subTest(name):
                wizard = self.wizard("freight.message.rerun", **{**fitting, name: value})
                self.assertEqual(wizard.message_count, 0)

    def test_what_was_refused_or_dismissed_is_left_to_itself(self):
        refused = self.take_in(self.status("X-1"), state="refused", error="no")
        dismissed = self.dead_letter("X-2")
        dismissed.resolution = "nobody wants it"
        dismissed.action_dismiss()
        with self.assertRaises(UserError):
            refused.action_replay()
        moments = {"received_from": "2020-01-01", "received_to": "2100-01-01"}
        wizard = self.wizard(
            "freight.message.rerun", period=True, endpoint_ids=self.carrier_endpoint.ids, **moments
        )
        self.assertEqual(wizard.message_count, 0)
        dismissed.action_replay()
        self.assertEqual((dismissed.state, dismissed.dismissed), ("received", False))

    def test_a_period_is_rebuilt_without_double_effect(self):
        shipment, late = self.make_shipment(), "LATE-1"
        inside = self.take_in(self.status(shipment, "P1"))
        waiting = self.take_in(self.status(late, "P2"))
        self.drain()
        self.assertEqual((inside.state, waiting.state), ("applied", "retry"))
        outside = self.dead_letter("OUT-1", "P3")
        (inside + waiting).received = NOW
        outside.received = NOW + timedelta(hours=1)
        missed = self.make_shipment(reference_ids=[(0, 0, {"type": "load", "value": late})])
        before = (len(shipment.event_ids), shipment.transport_state, shipment.actual_delivery)
        form = Form(
            self.env["freight.message.rerun"]
            .with_user(self.manager)
            .with_context(default_period=True)
        )
        form.endpoint_ids.add(self.carrier_endpoint)
        form.received_from = NOW
        form.received_to = NOW + timedelta(hours=1)
        form.reason = "rebuild"
        self.assertEqual(form.message_count, 2)
        form.save().action_replay()
        self.drain()
        self.assertEqual((inside.state, waiting.state), ("applied", "applied"))
        self.assertEqual(missed.transport_state, "delivered")
        after = (len(shipment.event_ids), shipment.transport_state, shipment.actual_delivery)
        self.assertEqual(after, before)
        self.assertEqual(shipment.event_ids.filtered("duplicate_count"), shipment.event_ids[:0])
        self.assertEqual(outside.state, "dead")

    def test_a_period_needs_its_endpoint_and_both_moments(self):
        self.dead_letter()
        wizard = self.wizard("freight.message.rerun", period=True, received_from=NOW)
        self.assertEqual(wizard.message_count, 0)
        with self.assertRaises(UserError):
            wizard.action_replay()

    def test_many_are_replayed_by_few_statements(self):
        def cost(count):
            for number in range(count):
                self.dead_letter(f"MANY-{count}-{number}")
            wizard = self.wizard("freight.message.rerun")
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            wizard.action_replay()
            return self.cr.sql_log_count - start

        cost(1)  # the rights are looked up once
        self.assertLess(cost(30) - cost(5), 5)


@tagged("post_install", "-at_install")
class TestDismissal(DeskCase):
    def test_many_are_dismissed_for_one_reason(self):
        messages = self.dead_letter("A-1") + self.dead_letter("A-2")
        wizard = self.wizard(
            "freight.message.dismiss", picked=True, message_ids=messages.ids, reason="a test run"
        )
        wizard.action_dismiss()
        self.env.invalidate_all()
        for message in messages:
            self.assertEqual((message.state, message.resolution), ("dismissed", "a test run"))
            self.assertEqual(message.dismissed_by_id, self.manager)
            self.assertTrue(message.dismissed)

    def test_only_what_needs_a_person_is_dismissed(self):
        applied = self.take_in(self.status(self.make_shipment()))
        self.drain()
        wizard = self.wizard("freight.message.dismiss", picked=True, message_ids=applied.ids)
        wizard.action_dismiss()
        self.env.invalidate_all()
        self.assertEqual(applied.state, "applied")
        with self.assertRaises(UserError):
            applied.action_dismiss()

    def test_one_is_not_dismissed_without_a_reason(self):
        message = self.dead_letter()
        with self.assertRaises(UserError):
            message.with_user(self.manager).action_dismiss()
        message.resolution = "they sent it again"
        message.with_user(self.manager).action_dismiss()
        self.assertEqual((message.state, message.dismissed_by_id), ("dismissed", self.manager))


@tagged("post_install", "-at_install")
class TestCases(DeskCase):
    def test_a_case_goes_to_the_team_that_owns_the_endpoint(self):
        team = self.env["freight.team"].create({"name": "EDI desk", "leader_id": self.manager.id})
        self.carrier_endpoint.team_id = team
        message = self.dead_letter()
        self.assertEqual(self.cases().team_id, team)
        self.assertEqual(message.team_id, team)

    def test_many_that_die_together_open_one_case(self):
        messages = self.take_in(self.status("A-1")) + self.take_in(self.status("A-2"))
        messages._bury("nobody knows it")
        self.assertEqual(self.cases().mapped("occurrences"), [2])

    def test_the_case_closes_with_the_last_dead_letter(self):
        first, second = self.dead_letter("A-1"), self.dead_letter("A-2")
        self.assertEqual(len(self.cases()), 1)
        first.with_user(self.manager).action_replay("again")
        self.assertEqual(len(self.cases()), 1)
        wizard = self.wizard("freight.message.dismiss", picked=True, message_ids=second.ids)
        wizard.action_dismiss()
        self.assertFalse(self.cases())

    def test_what_was_quarantined_at_the_door_is_watched(self):
        message = self.take_in(b"?", state="quarantined", error="cut off")
        self.assertFalse(self.cases())
        for _run in range(2):
            self.env["freight.message.in"]._cron_watch()
        self.assertEqual(self.cases().mapped("occurrences"), [1])
        self.assertIn("cut off", self.cases().description)
        self.env.cr.execute(
            "UPDATE freight_message_in SET state = 'dismissed' WHERE id = %s", [message.id]
        )
        self.env.invalidate_all()
        self.env["freight.message.in"]._cron_watch()
        self.assertFalse(self.cases())

    def test_a_replay_by_filter_closes_the_case_too(self):
        self.dead_letter()
        self.wizard("freight.message.rerun").action_replay()
        self.assertFalse(self.cases())

    def test_an_undelivered_message_closes_its_case_when_it_is_sent_again_or_given_up(self):
        for action in ("action_resend", "action_cancel"):
            shipment = self.make_shipment()
            message = self.env["freight.message.out"]._enqueue(
                [
                    {
                        "endpoint": self.tms_endpoint,
                        "event_type": "shipment.released",
                        "subject": shipment.name,
                        "shipment": shipment,
                        "company": self.company,
                        "trace_id": "0" * 32,
                        "data": {},
                    }
                ]
            )
            message._bury("they said no")
            self.assertEqual(len(self.cases()), 1)
            getattr(message.with_user(self.manager), action)()
            self.assertFalse(self.cases())


@tagged("post_install", "-at_install")
class TestRights(DeskCase):
    """By the server, whatever a client calls."""

    def setUp(self):
        super().setUp()
        self.dead = self.dead_letter()

    def test_who_is_no_integration_manager_decides_nothing(self):
        self.dead.resolution = "because"
        for user in (self.auditor, self.clerk):
            theirs = self.dead.with_user(user)
            for attempt in (
                theirs.action_replay,
                theirs.action_dismiss,
                theirs.action_fix,
                theirs.action_ask_replay,
                theirs.action_ask_dismiss,
                lambda user=user: self.wizard("freight.message.rerun", user),
                lambda user=user: self.wizard("freight.message.dismiss", user),
                lambda user=user: self.wizard("freight.message.fix", user, message_id=self.dead.id),
            ):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    attempt()
        self.assertEqual(self.dead.state, "dead")

    def test_messages_of_another_company_are_neither_found_nor_touched(self):
        for model, action in (
            ("freight.message.rerun", "action_replay"),
            ("freight.message.dismiss", "action_dismiss"),
        ):
            by_filter = self.wizard(model, self.stranger)
            self.assertEqual(by_filter.message_count, 0)
            with self.assertRaises(UserError):
                getattr(by_filter, action)()
            picked = self.wizard(model, self.stranger, picked=True, message_ids=self.dead.ids)
            with self.assertRaises(UserError):
                getattr(picked, action)()
        for name in ("action_replay", "action_dismiss", "action_fix", "get_payload"):
            with self.subTest(name), self.assertRaises(AccessError):
                getattr(self.dead.with_user(self.stranger), name)()
        self.env.invalidate_all()
        self.assertEqual(self.dead.state, "dead")

    def test_replays_are_noted_by_the_suite_alone_and_seen_in_their_companies(self):
        self.dead.with_user(self.manager).action_replay("again")
        replay = self.dead.replay_ids
        self.assertTrue(replay.with_user(self.auditor).reason)
        self.assertFalse(replay.with_user(self.stranger).search([("id", "in", replay.ids)]))
        for attempt in (
            lambda: replay.with_user(self.manager).write({"reason": "x"}),
            lambda: replay.with_user(self.manager).unlink(),
            lambda: (
                self.env["freight.message.replay"]
                .with_user(self.manager)
                .create({"user_id": self.clerk.id})
            ),
            lambda: self.dead.with_user(self.manager).write({"replayed": False}),
            lambda: self.dead.with_user(self.manager).write({"corrected_from_id": self.dead.id}),
        ):
            with self.assertRaises(AccessError):
                attempt()
