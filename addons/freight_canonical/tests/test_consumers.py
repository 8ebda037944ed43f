"""What people see of consumers and do about them: pause, replay, retry, skip."""

from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.freight_event_work import SCHEDULE
from .common import NOON, CanonicalCase


class ConsumerCase(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("a_manager", "manager")

    def setUp(self):
        super().setUp()
        self.seen = []
        self.shipment = self.make_shipment(release=False)
        self.consumer = self.make_consumer("good")
        self.consuming(self.consumer, lambda events: self.seen.extend(events.ids))

    def work(self, consumer=None):
        return self.env["freight.event.work"].search(
            [("consumer_id", "=", (consumer or self.consumer).id)]
        )

    def happen(self, *kinds):
        self.report(*(self.document(self.shipment, kind, n) for n, kind in enumerate(kinds)))

    def exhaust(self, consumer):
        """Let ``consumer`` fail until it gives up."""
        self.consuming(consumer, lambda events: 1 / 0)
        for _attempt in range(len(SCHEDULE) + 1):
            self.work(consumer).write({"next_attempt": False})
            self.drain()
        self.assertTrue(all(self.work(consumer).mapped("dead")))


@tagged("post_install", "-at_install")
class TestIndependence(ConsumerCase):
    @mute_logger("odoo.addons.freight_canonical.models.freight_queue")
    def test_one_of_three_fails(self):
        last, seen = self.make_consumer("last"), []
        bad = self.make_consumer("bad")
        self.consuming(bad, lambda events: 1 / 0)
        self.consuming(last, lambda events: seen.extend(events.ids))
        self.happen("departed_pickup", "arrived_delivery", "delivered")
        self.drain()
        wanted = self.shipment.event_ids.ids
        self.assertEqual(sorted(self.seen), sorted(wanted))
        self.assertEqual(sorted(seen), sorted(wanted))
        self.assertEqual(self.work(bad).mapped("attempts"), [1, 1, 1])

    def test_a_consumer_that_was_killed_goes_on_when_its_lease_is_over(self):
        self.happen("departed_pickup")
        token, ids = self.env["freight.event.work"]._queue_claim()
        self.assertEqual((bool(token), len(ids)), (True, 1))
        self.assertEqual(self.drain(), 0, "the dead hold it still")
        lease = self.env["freight.event.work"]._queue_lease()
        with freeze_time(fields.Datetime.now() + lease + timedelta(seconds=1)):
            self.assertEqual(self.drain(), 1)
        self.env["freight.event.work"]._queue_perform(token, ids)
        self.assertEqual(len(self.seen), 1, "and the dead man's hand has no effect")


@tagged("post_install", "-at_install")
class TestPause(ConsumerCase):
    def test_what_happens_meanwhile_waits(self):
        other, seen = self.make_consumer("other"), []
        self.consuming(other, lambda events: seen.extend(events.ids))
        mine = self.consumer.with_user(self.manager)
        mine.action_pause()
        self.happen("departed_pickup", "delivered")
        self.drain()
        self.assertEqual((len(self.seen), len(seen)), (0, 2))
        self.assertEqual((mine.waiting_count, mine.health), (2, "paused"))
        mine.action_resume()
        self.drain()
        self.assertEqual((len(self.seen), mine.waiting_count, mine.health), (2, 0, "ok"))

    def test_a_paused_lane_is_not_due(self):
        self.consumer.action_pause()
        self.happen("departed_pickup")
        self.work().write({"next_attempt": NOON})
        self.env.flush_all()
        self.assertIsNone(self.env["freight.event.work"]._queue_next_due())


@tagged("post_install", "-at_install")
class TestHealth(ConsumerCase):
    def test_how_far_behind(self):
        self.happen("departed_pickup")
        self.assertEqual((self.consumer.waiting_count, self.consumer.health), (1, "behind"))
        with freeze_time(fields.Datetime.now() + timedelta(hours=2, seconds=5)):
            self.consumer.invalidate_recordset()
            self.assertEqual(self.consumer.lag, "02:00")
        with freeze_time(fields.Datetime.now() + timedelta(days=3, hours=1)):
            self.consumer.invalidate_recordset()
            self.assertEqual(self.consumer.lag, "3 d")
        self.drain()
        self.assertEqual((self.consumer.lag, self.consumer.health), (False, "ok"))

    @mute_logger("odoo.addons.freight_canonical.models.freight_queue")
    def test_what_went_wrong(self):
        self.consuming(self.consumer, lambda events: 1 / 0)
        self.happen("departed_pickup")
        self.drain()
        self.assertEqual((self.consumer.failing_count, self.consumer.health), (1, "failing"))
        self.assertIn("division by zero", self.consumer.last_error)
        self.exhaust(self.consumer)
        self.assertEqual((self.consumer.waiting_count, self.consumer.dead_count), (0, 1))
        self.assertEqual(self.consumer.health, "dead")

    def test_the_lists_behind_the_figures(self):
        self.happen("departed_pickup", "delivered")
        action = self.consumer.action_open_waiting()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), self.work())
        self.assertIn("search_default_dead", self.consumer.action_open_dead()["context"])

    def test_another_company_s_work_is_not_counted(self):
        self.happen("departed_pickup")
        sister = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.make_user("of_sister", "manager", company_id=sister.id,
                                company_ids=[(6, 0, sister.ids)])  # fmt: skip
        self.assertEqual(self.consumer.with_user(theirs).waiting_count, 0)
        self.assertEqual(self.consumer.waiting_count, 1)


@tagged("post_install", "-at_install")
class TestReplay(ConsumerCase):
    def wizard(self, user=None, **values):
        action = self.consumer.action_replay()
        return (
            self.env[action["res_model"]]
            .with_user(user or self.manager)
            .with_context(**action["context"])
            .create(values)
        )

    def test_it_shows_what_it_will_read_and_asks(self):
        self.happen("departed_pickup", "position", "delivered")
        self.drain()
        wizard = self.wizard(moment=NOON)
        counts = {line.type_id.code: line.event_count for line in wizard.line_ids}
        self.assertEqual(counts, {"departed_pickup": 1, "delivered": 1}, "it reads no pings")
        self.assertEqual(wizard.event_count, 2)
        with self.assertRaisesRegex(UserError, "confirm"):
            wizard.action_replay()
        wizard.confirmed = True
        wizard.action_replay()
        self.assertEqual(len(self.work()), 2)

    def test_another_date_is_confirmed_anew(self):
        wizard = self.wizard(moment=NOON, confirmed=True)
        self.assertTrue(wizard.confirmed)
        wizard.moment = NOON + timedelta(hours=1)
        self.assertFalse(wizard.confirmed)

    def test_from_any_date(self):
        self.happen("departed_pickup", "arrived_delivery", "delivered")
        self.drain()
        self.seen.clear()
        self.wizard(moment=NOON + timedelta(hours=1), confirmed=True).action_replay()
        self.drain()
        kinds = self.env["freight.event"].browse(self.seen).mapped("type_code")
        self.assertEqual(sorted(kinds), ["arrived_delivery", "delivered"])

    def test_what_waits_is_not_put_there_twice(self):
        self.happen("departed_pickup")
        with self.assertRaisesRegex(UserError, "Nothing to read"):
            self.wizard(moment=NOON, confirmed=True).action_replay()
        self.assertEqual(len(self.work()), 1)

    def test_another_company_s_events_stay_out(self):
        self.happen("departed_pickup")
        self.drain()
        sister = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.make_user("of_sister", "manager", company_id=sister.id,
                                company_ids=[(6, 0, sister.ids)])  # fmt: skip
        self.assertEqual(self.wizard(theirs, moment=NOON).event_count, 0)

    def test_only_a_manager_replays(self):
        for role in ("user", "dispatcher", "auditor"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.wizard(self.make_user(f"a_{role}", role), moment=NOON)

    def test_the_queries_do_not_grow_with_the_ledger(self):
        def cost():
            before = self.cr.sql_log_count
            self.consumer._replay_from(NOON - timedelta(days=1))
            return self.cr.sql_log_count - before

        self.happen("departed_pickup")
        self.drain()
        few = cost()
        self.happen(*["departed_pickup"] * 40)
        self.drain()
        self.assertEqual(cost(), few)


@tagged("post_install", "-at_install")
@mute_logger("odoo.addons.freight_canonical.models.freight_queue")
class TestTheDead(ConsumerCase):
    def setUp(self):
        super().setUp()
        self.happen("departed_pickup", "delivered")
        self.exhaust(self.consumer)
        self.dead = self.work().with_user(self.manager)

    def decisions(self):
        return self.env["freight.event.work.decision"].search(
            [("consumer_id", "=", self.consumer.id)]
        )

    def cases(self):
        return self.env["freight.exception"].search(
            [("code", "=", "consumer_failed"), ("state", "=", "open")]
        )

    def test_all_are_tried_again(self):
        self.assertEqual(len(self.cases()), 2)
        self.consuming(self.consumer, lambda events: self.seen.extend(events.ids))
        self.consumer.with_user(self.manager).action_retry_dead()
        self.drain()
        self.assertEqual(len(self.seen), 2)
        self.assertFalse(self.cases())
        self.assertEqual(self.decisions().mapped("decision"), ["retry", "retry"])
        self.assertEqual(self.decisions().user_id, self.manager)

    def test_some_are_skipped_for_a_reason(self):
        action = self.dead[0].action_skip()
        event = self.dead[0].event_id
        wizard = self.env[action["res_model"]].with_user(self.manager)
        wizard.with_context(**action["context"]).create({"reason": "Told by hand"}).action_skip()
        self.assertEqual(len(self.work()), 1)
        decision = self.decisions()
        self.assertEqual(
            (decision.event_id, decision.decision, decision.reason, decision.user_id),
            (event, "skip", "Told by hand", self.manager),
        )
        self.assertIn("division by zero", decision.error)
        self.assertEqual(len(self.cases()), 1)

    def test_what_may_still_succeed_is_not_skipped(self):
        self.dead.action_retry()
        with self.assertRaisesRegex(UserError, "gave up"):
            self.dead._skip("x")

    def test_only_a_manager_decides(self):
        for role in ("user", "dispatcher", "auditor"):
            theirs = self.dead.with_user(self.make_user(f"a_{role}", role))
            for attempt in (theirs.action_retry, theirs.action_skip, lambda: theirs._skip("x")):  # noqa: B023
                with self.subTest(role), self.assertRaises(AccessError):
                    attempt()
        self.assertEqual(len(self.work().filtered("dead")), 2)

    def test_nobody_edits_what_a_consumer_calls(self):
        with self.assertRaises(AccessError):
            self.consumer.with_user(self.manager).method = "_consume_other"
