"""Claim, work, record; in one transaction. Two real workers stand in the connector's tests."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.tests import tagged
from odoo.tools import config, mute_logger
from psycopg2.errors import DeadlockDetected, SerializationFailure

from ..models import freight_queue
from .common import CanonicalCase


class _Serialization(SerializationFailure):
    pgcode = "40001"


class _Deadlock(DeadlockDetected):
    pgcode = "40P01"


@tagged("post_install", "-at_install")
class TestQueue(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.batches = []
        self.consumer = self.make_consumer("probe")
        self.consuming(self.consumer, lambda events: self.batches.append(events.ids))
        self.queue = self.env["freight.event.work"]
        self.shipments = [self.make_shipment() for _number in range(8)]
        self.rows = self.queue.search([("consumer_id", "=", self.consumer.id)])
        self.env.flush_all()

    def claim(self, limit=100, orphans=False):
        claim = self.queue._queue_claim(limit, orphans)
        self.env.invalidate_all()
        return claim

    def perform(self, token, ids):
        self.queue._queue_perform(token, ids)
        self.env.invalidate_all()

    def test_a_claim_takes_the_oldest_and_nobody_else_gets_them(self):
        token, ids = self.claim(3)
        self.assertEqual(ids, self.rows.ids[:3])
        self.assertEqual(set(self.rows[:3].mapped("claim_token")), {token})
        other, more = self.claim(3)
        self.assertEqual(more, self.rows.ids[3:6])
        self.assertNotEqual(other, token)

    def test_a_lease_outlives_whatever_a_cron_may_take(self):
        with patch.dict(config.options, {"limit_time_real_cron": 900, "limit_time_real": 120}):
            self.assertGreater(self.queue._queue_lease(), timedelta(seconds=900))
        with patch.dict(config.options, {"limit_time_real_cron": -1, "limit_time_real": 120}):
            self.assertGreater(self.queue._queue_lease(), timedelta(seconds=120))

    def test_a_claim_of_the_dead_runs_out(self):
        _token, ids = self.claim()
        self.assertEqual(self.claim()[1], [])
        with freeze_time(fields.Datetime.now() + self.queue._queue_lease() + timedelta(seconds=1)):
            self.assertEqual(self.claim()[1], [], "who died may have died of it")
            self.assertEqual(self.claim(orphans=True)[1], ids)
            self.assertEqual(self.rows.mapped("losses"), [1] * 8)

    def lose(self):
        """Claim as a worker that dies at once, and let its lease run out."""
        lost = self.claim()[1] or self.claim(orphans=True)[1]
        self.rows.exists().write({"lease_until": "2000-01-01"})
        self.env.flush_all()
        return lost

    def rescue(self):
        found = self.queue._queue_rescue()
        self.env.invalidate_all()
        return found

    def test_what_a_dead_worker_held_is_taken_up_one_by_one(self):
        self.lose()
        self.assertEqual([self.rescue() for _row in range(9)], [1] * 8 + [0])
        self.assertEqual([len(batch) for batch in self.batches], [1] * 8)
        self.assertFalse(self.rows.exists())

    def test_what_kills_its_workers_is_given_up(self):
        poison = self.rows[0]
        self.rows[1:].unlink()
        for _death in range(freight_queue.MAX_LOSSES):
            self.assertEqual(self.lose(), poison.ids)
        self.assertEqual(self.rescue(), 1)
        self.assertEqual(self.batches, [], "nobody touches it again")
        self.assertTrue(poison.dead)
        self.assertIn("3 workers died", poison.error)
        self.assertEqual(self.rescue(), 0)
        poison.action_retry()
        self.assertEqual((poison.losses, self.claim()[1]), (0, poison.ids))

    def test_who_lost_the_claim_has_no_effect(self):
        lost = self.claim()
        self.rows.write({"lease_until": "2000-01-01"})
        self.env.flush_all()
        held = self.claim(orphans=True)
        self.perform(*lost)
        self.assertEqual(self.batches, [])
        self.perform(*held)
        self.assertEqual(len(self.batches), 1)
        self.assertFalse(self.rows.exists())

    def test_work_that_was_done_is_not_done_again(self):
        token, ids = self.claim()
        self.perform(token, ids)
        self.perform(token, ids)
        self.assertEqual(len(self.batches), 1)

    @mute_logger("odoo.addons.freight_canonical.models.freight_queue")
    def test_a_failing_batch_is_halved_until_the_culprit_stands_alone(self):
        culprit = self.rows[5].event_id.id

        def consume(events):
            self.batches.append(len(events))
            if culprit in events.ids:
                raise ValueError("poison")

        self.consuming(self.consumer, consume)
        self.perform(*self.claim())
        self.assertEqual(self.batches, [8, 4, 4, 2, 1, 1, 2])
        left = self.rows.exists()
        self.assertEqual(left.event_id.id, culprit)
        self.assertEqual((left.attempts, left.dead), (1, False))
        self.assertFalse(left.claim_token or left.lease_until)
        self.assertGreater(left.next_attempt, fields.Datetime.now())

    @mute_logger("odoo.addons.freight_canonical.models.freight_queue")
    def test_what_was_put_off_waits_for_its_time(self):
        self.consuming(self.consumer, lambda events: 1 / 0)
        self.perform(*self.claim())
        self.assertEqual(self.claim()[1], [])
        with freeze_time(fields.Datetime.now() + timedelta(seconds=10)):
            self.assertEqual(len(self.claim()[1]), 8)

    def test_a_conflict_with_others_is_tried_again_at_once(self):
        conflicts = [_Serialization(), _Deadlock()]

        def consume(events):
            if conflicts:
                raise conflicts.pop()
            self.batches.append(events.ids)

        self.consuming(self.consumer, consume)
        self.perform(*self.claim())
        self.assertEqual(len(self.batches), 1)
        self.assertFalse(self.rows.exists())

    @mute_logger("odoo.addons.freight_canonical.models.freight_queue")
    def test_a_conflict_that_does_not_end_is_put_off(self):
        calls = []

        def consume(events):
            calls.append(events)
            raise _Serialization()

        self.consuming(self.consumer, consume)
        token, ids = self.claim(1)
        self.perform(token, ids)
        self.assertEqual(len(calls), freight_queue.CONCURRENCY_RETRIES)
        self.assertEqual(self.rows[0].attempts, 1)


@tagged("post_install", "-at_install")
class TestLanes(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.lanes = self.env["freight.queue.lane"]
        self.lane = self.lanes.search([("queue", "=", "consumers")])
        self.lane.asleep = True
        self.env.flush_all()

    def triggers(self):
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.lane.cron_id.id)])

    def wake(self):
        woken = self.lanes._wake("consumers")
        self.env.invalidate_all()
        return woken

    def test_only_the_one_who_wakes_a_lane_triggers_it(self):
        before = self.triggers()
        self.assertTrue(self.wake())
        self.assertFalse(self.lane.asleep)
        self.assertEqual([self.wake() for _storm in range(20)], [False] * 20)
        self.assertEqual(self.triggers(), before + 1)

    def test_a_storm_wakes_one_lane_after_another(self):
        self.lanes.create(
            {"name": "consumers 2", "queue": "consumers", "worker_model": "freight.event.work"}
        )
        self.env.flush_all()
        self.assertEqual([self.wake() for _message in range(4)], [True, True, False, False])

    def test_a_new_lane_has_a_cron_of_its_own(self):
        lane = self.lanes.create(
            {"name": "consumers 2", "queue": "consumers", "worker_model": "freight.event.work"}
        )
        self.assertNotEqual(lane.cron_id, self.lane.cron_id)
        self.assertEqual(lane.cron_id.code, f"model._run({lane.id})")

    def test_a_lane_works_until_nothing_is_left_and_falls_asleep(self):
        consumer, seen = self.make_consumer("probe"), []
        self.consuming(consumer, lambda events: seen.extend(events.ids))
        for _number in range(3):
            self.make_shipment()
        self.wake()
        self.lanes._run(self.lane.id)
        self.env.invalidate_all()
        self.assertEqual(len(seen), 3)
        self.assertTrue(self.lane.asleep)
        self.assertTrue(self.lane.last_run)

    def test_a_lane_whose_shift_ends_with_work_left_asks_to_be_started_again(self):
        consumer = self.make_consumer("probe")
        self.consuming(consumer, lambda events: None)
        self.make_shipment()
        self.wake()
        before = self.triggers()
        with patch("odoo.addons.freight_canonical.models.freight_queue_lane.SHIFT", 0):
            self.lanes._run(self.lane.id)
        self.env.invalidate_all()
        self.assertFalse(self.lane.asleep)
        self.assertEqual(self.triggers(), before + 1)

    @mute_logger("odoo.addons.freight_canonical.models.freight_queue")
    def test_a_lane_with_work_that_was_put_off_is_started_when_it_falls_due(self):
        consumer = self.make_consumer("probe")
        self.consuming(consumer, lambda events: 1 / 0)
        self.make_shipment()
        before = self.triggers()
        self.lanes._run(self.lane.id)
        self.env.invalidate_all()
        self.assertTrue(self.lane.asleep)
        self.assertEqual(self.triggers(), before + 1)

    def test_a_lane_that_is_gone_does_nothing(self):
        self.lanes._run(0)
