"""What holds when things really happen at once, and when processes die.

Nothing here is rolled back: each class has a database of its own, copied from set-up's template.
"""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ..models.freight_admission import Arrival
from .common import WHSEC, Fixtures
from .live_server import LiveDatabase, LiveServer, Partner, wait_until
from .x12_samples import build_214

STATUSES = [
    ("AF", "2026-11-02", "0930", "CS"),
    ("X6", "2026-11-03", "0800", "CS"),
    ("X1", "2026-11-04", "1000", "CS"),
    ("D1", "2026-11-04", "1115", "CS"),
]
THREADS = 8


class LiveCase(Fixtures, BaseCase):
    """A committed carrier, TMS and their endpoints in a database that is dropped at the end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = LiveDatabase(cls.__name__.lower())
        cls.addClassCleanup(cls.database.drop)
        with cls.database.env() as cls.env:
            cls.make_fixtures()
            cls.door = f"/freight/v1/hooks/{cls.carrier_endpoint.code}"
            cls.profile = cls.carrier_endpoint.auth_profile_id._profile()

    @classmethod
    def released(cls, count):
        """Return the numbers of ``count`` new shipments, committed."""
        with cls.database.env() as cls.env:
            cls.carrier, cls.tms = cls.carrier.with_env(cls.env), cls.tms.with_env(cls.env)
            return [cls.make_shipment().name for _number in range(count)]

    @classmethod
    def statuses(cls, shipment_names):
        """Return four 214 interchanges for each shipment, in an order that mixes them."""
        return [
            build_214(shipment=name, pro=name, statuses=[status], control=number)
            for number, status in enumerate(STATUSES, start=1)
            for name in shipment_names
        ]

    @classmethod
    def proof(cls, body, message_id):
        """Return the headers of the carrier for ``body``."""
        with cls.database.env() as env:
            endpoint = cls.carrier_endpoint.with_env(env)
            return {
                "Content-Type": "application/edi-x12",
                **cls.signed(endpoint, body, message_id=message_id),
            }

    def events_of(self, shipment_names):
        """Return how many events the carrier's messages made of each shipment."""
        return Counter(
            row[0]
            for row in self.database.query(
                "SELECT s.name FROM freight_event e JOIN freight_shipment s ON s.id = e.shipment_id"
                " WHERE s.name IN %s AND e.message_id IS NOT NULL",
                tuple(shipment_names),
            )
        )

    def assertAppliedOnce(self, shipment_names):
        """Each of the four statuses of each shipment had its effect, and had it once."""
        self.assertEqual(self.events_of(shipment_names), dict.fromkeys(shipment_names, 4))
        states = self.database.query(
            "SELECT transport_state, count(*) FROM freight_shipment WHERE name IN %s GROUP BY 1",
            tuple(shipment_names),
        )
        self.assertEqual(states, [("delivered", len(shipment_names))])
        repeats = self.database.scalar(
            "SELECT coalesce(sum(t.duplicates), 0) FROM freight_event_tally t"
            " JOIN freight_event e ON e.id = t.event_id"
            " JOIN freight_shipment s ON s.id = e.shipment_id WHERE s.name IN %s",
            tuple(shipment_names),
        )
        self.assertEqual(repeats, 0, "effect and record are one transaction")


@tagged("post_install", "-at_install")
class TestWorkers(LiveCase):
    """Several workers on one queue, each with connections of its own."""

    def setUp(self):
        super().setUp()
        with self.database.env() as env:
            env.cr.execute("CREATE TABLE IF NOT EXISTS effect (event_id int)")
            env.cr.execute("TRUNCATE effect")
            env["freight.consumer"].search([]).active = False  # the probe alone is watched
            self.consumer_id = (
                env["freight.consumer"]
                .create(
                    {
                        "code": f"probe_{self._testMethodName}",
                        "name": "Probe",
                        "model_name": "freight.shipment",
                        "method": "_consume_probe",
                    }
                )
                .id
            )
        self.addCleanup(self.retire)

    def retire(self):
        with self.database.env() as env:
            consumer = env["freight.consumer"].browse(self.consumer_id)
            env["freight.event.work"].search([("consumer_id", "=", consumer.id)]).unlink()
            consumer.active = False

    def at_once(self, *works):
        """Run each of ``works(env)`` on a thread of its own, and return what they returned."""
        barrier = threading.Barrier(len(works))

        def run(work):
            barrier.wait()
            with self.database.env() as env:
                return work(env)

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(run, works))

    def consuming(self, consume):
        """Let ``consume(self, events)`` be the probe's method."""
        return patch.object(
            self.database.registry["freight.shipment"], "_consume_probe", consume, create=True
        )

    def work(self, model, limit):
        """Return a worker that empties the queue of ``model`` in small batches."""

        def run(env):
            queue, done = env[model], 0
            while True:
                token, ids = queue._queue_claim(limit)
                if not ids:
                    return done
                queue._queue_perform(token, ids)
                done += len(ids)

        return run

    def waiting(self):
        return self.database.scalar(
            "SELECT count(*) FROM freight_event_work WHERE consumer_id = %s", self.consumer_id
        )

    def test_two_lanes_consume_each_event_once(self):
        self.released(60)
        self.assertEqual(self.waiting(), 60)
        with self.consuming(note):
            done = self.at_once(*[self.work("freight.event.work", 7)] * 2)
        effects = self.database.query("SELECT event_id, count(*) FROM effect GROUP BY 1")
        self.assertEqual(len(effects), 60)
        self.assertEqual({count for _event, count in effects}, {1})
        self.assertEqual(self.waiting(), 0)
        self.assertGreaterEqual(sum(done), 60, "other consumers have rows of their own")

    def test_a_lane_that_lost_its_claim_has_no_effect(self):
        self.released(5)
        with self.database.env() as env:
            slow = env["freight.event.work"]._queue_claim()
        with self.database.env() as env:
            env.cr.execute("UPDATE freight_event_work SET lease_until = '2000-01-01'")
        with self.consuming(note):
            with self.database.env() as env:
                self.work("freight.event.work", 100)(env)
            with self.database.env() as env:
                env["freight.event.work"]._queue_perform(*slow)
        self.assertEqual(self.database.scalar("SELECT count(*) FROM effect"), 5)

    def test_two_lanes_apply_messages_of_the_same_shipments_once(self):
        names = self.released(10)
        self.receive(self.statuses(names))
        done = self.at_once(*[self.work("freight.message.in", 3)] * 2)
        self.assertGreaterEqual(sum(done), 40, "what lost a race is claimed again")
        self.let_waiting_ones_go()
        self.assertAppliedOnce(names)

    def test_a_poisoned_event_keeps_no_other_from_its_consumer(self):
        self.released(20)
        poisoned = self.database.scalar(
            "SELECT min(event_id) + 7 FROM freight_event_work WHERE consumer_id = %s",
            self.consumer_id,
        )

        def consume(self, events):
            if poisoned in events.ids:
                raise ValueError("poison")
            note(self, events)

        with self.consuming(consume):
            self.at_once(*[self.work("freight.event.work", 50)] * 2)
        self.assertEqual(self.database.scalar("SELECT count(*) FROM effect"), 19)
        self.assertEqual(
            self.database.query(
                "SELECT event_id, attempts, dead, error FROM freight_event_work"
                " WHERE consumer_id = %s",
                self.consumer_id,
            ),
            [(poisoned, 1, False, "ValueError: poison")],
        )

    def test_a_message_stored_while_a_lane_falls_asleep_is_not_left_lying(self):
        """Whoever is too late for the lane's last look finds it asleep, and wakes it."""
        with self.database.env() as env:
            lane = env["freight.queue.lane"].search([("queue", "=", "inbox")])
            env.cr.execute("UPDATE freight_queue_lane SET asleep = false")
            lane_id = lane.id
        with self.database.env() as storing:
            storing["freight.queue.lane"]._wake("inbox", storing.cr)  # awake: nothing to do
            asleep = threading.Event()

            def fall_asleep(env):
                env["freight.queue.lane"]._mark(lane_id, asleep=True)
                asleep.set()

            sleeper = threading.Thread(target=self.at_once, args=(fall_asleep,))
            sleeper.start()
            self.assertFalse(asleep.wait(0.5), "the lane looks again after the message stands")
        sleeper.join()
        self.assertTrue(asleep.is_set())

    def receive(self, bodies):
        """Store ``bodies`` as the door does."""
        with self.database.env() as self.__class__.env:
            endpoint = self.carrier_endpoint.with_env(self.env)
            self.env["freight.admission"]._admit(
                Arrival(
                    endpoint_id=endpoint.id,
                    company_id=endpoint.company_id.id,
                    body=body,
                    codec="x12",
                    key=f"{self._testMethodName}:{number}",
                    media_type="application/edi-x12",
                )
                for number, body in enumerate(bodies)
            )

    def let_waiting_ones_go(self):
        """Work off what met the other lane on the same shipment and was put off."""
        self.database.let_a_minute_pass()
        with self.database.env() as env:
            self.work("freight.message.in", 100)(env)


def note(self, events):
    """Leave a trace of ``events`` that commits with their work, and give others time to err."""
    self.env.cr.execute("SELECT pg_sleep(0.02)")
    self.env.cr.execute("INSERT INTO effect SELECT unnest(%s)", [events.ids])


@tagged("post_install", "-at_install")
class TestLiveServer(LiveCase):
    """A server process of its own: storms at its door, and sudden death."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = LiveServer(cls.database)
        cls.addClassCleanup(cls.server.kill)
        cls.server.start()

    def storm(self, letters):
        """POST ``letters`` (body, headers) from eight threads; return the answers in order."""
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(lambda letter: self.server.post(self.door, *letter), letters))

    def applied(self):
        return self.database.scalar(
            "SELECT count(*) FROM freight_message_in WHERE state = 'applied'"
        )

    def stored(self):
        return self.database.scalar("SELECT count(*) FROM freight_message_in")

    def test_the_same_message_two_hundred_times_at_once(self):
        [name] = self.released(1)
        before = self.stored()
        body = build_214(shipment=name, pro=name, statuses=STATUSES)
        answers = self.storm([(body, self.proof(body, "storm"))] * 200)
        self.assertEqual(Counter(status for status, _told in answers), {202: 1, 200: 199})
        self.assertEqual(len({told["id"] for _status, told in answers}), 1)
        self.assertEqual(self.stored() - before, 1)
        duplicates = self.database.scalar(
            "SELECT count(*) FROM freight_message_duplicate d JOIN freight_message_in m"
            " ON m.id = d.message_id WHERE m.message_key = 'storm'"
        )
        self.assertEqual(duplicates, 199)
        wait_until(lambda: self.events_of([name])[name] == 4, "the one message is applied")
        self.assertAppliedOnce([name])

    def test_different_messages_at_once_are_all_stored_once(self):
        names = self.released(25)
        before = self.stored()
        bodies = self.statuses(names)
        answers = self.storm(
            [(body, self.proof(body, f"all-{number}")) for number, body in enumerate(bodies)]
        )
        self.assertEqual(Counter(status for status, _told in answers), {202: 100})
        self.assertEqual(len({told["id"] for _status, told in answers}), 100)
        self.assertEqual(self.stored() - before, 100)
        wait_until(lambda: sum(self.events_of(names).values()) == 100, "all messages are applied")
        self.assertAppliedOnce(names)

    def test_a_server_killed_at_work_loses_nothing_and_repeats_nothing(self):
        names = self.released(50)
        before = self.applied()
        letters = [
            (body, self.proof(body, f"kill-{number}"))
            for number, body in enumerate(self.statuses(names))
        ]
        delivered = self.send_while_the_server_dies(letters)
        self.assertTrue(before < self.applied() < before + 200, "it died in the middle")
        self.server.start()
        # As senders do: what was not answered is sent again.
        for letter in letters:
            if letter not in delivered:
                self.assertIn(self.server.post(self.door, *letter)[0], (200, 202))
        self.database.let_a_minute_pass()
        wait_until(lambda: self.applied() == before + 200, "the rest is applied")
        self.assertAppliedOnce(names)

    def send_while_the_server_dies(self, letters):
        """Send from eight threads and kill the server on the way; return what was answered."""
        before = self.applied()
        delivered = []

        def send(letter):
            try:
                status, _told = self.server.post(self.door, *letter)
            except (OSError, HTTPException):
                return  # nobody answers any more
            self.assertEqual(status, 202)
            delivered.append(letter)

        with ThreadPoolExecutor(THREADS) as pool:
            sending = [pool.submit(send, letter) for letter in letters]
            wait_until(lambda: self.applied() >= before + 10, "the lane is at work")
            self.server.kill()
        for sent in sending:
            sent.result()
        return delivered

    def test_a_release_survives_a_partner_that_is_down_and_a_server_that_dies(self):
        partner = self.partner()
        self.tell(partner)
        [name] = self.released(1)
        wait_until(lambda: self.sent(name) == "retry", "the first attempt fails")
        self.server.kill()
        partner.start()
        self.server.start()
        self.database.let_a_minute_pass()
        wait_until(lambda: self.sent(name) == "delivered", "the release arrives")
        self.assertEqual(Counter(partner.ids), {self.sent(name, "uuid"): 1})
        event = json.loads(partner.received[0][1])
        self.assertEqual(event["type"], "shipment.released.v1")
        self.assertEqual(event["data"]["shipment"]["number"], name)

    def test_a_server_that_dies_before_the_answer_repeats_the_same_id(self):
        partner = self.partner()
        partner.start()
        self.tell(partner)
        partner.may_answer.clear()
        [name] = self.released(1)
        wait_until(lambda: partner.received, "the release is on its way")
        self.server.kill()
        self.assertEqual(self.sent(name), "queued", "nobody knows whether it arrived")
        partner.may_answer.set()
        self.server.start()
        self.database.let_a_minute_pass()
        wait_until(lambda: self.sent(name) == "delivered", "the release arrives")
        self.assertEqual(Counter(partner.ids), {self.sent(name, "uuid"): 2})
        first, second = (body for _id, body in partner.received)
        self.assertEqual(first, second, "a partner that knows the id has seen it all")

    def partner(self):
        partner = Partner()
        self.addCleanup(partner.stop)
        self.addCleanup(self.tell, None)
        return partner

    def tell(self, partner):
        """Let ``partner``, or nobody, hear of releases through the TMS endpoint."""
        with self.database.env() as env:
            endpoint = self.tms_endpoint.with_env(env)
            endpoint.subscription_ids.unlink()
            endpoint.credential_ids.filtered(lambda one: one.use == "outbound").unlink()
            if partner:
                endpoint.write(
                    {
                        "url": partner.url,
                        "outbound_profile_id": endpoint.auth_profile_id.id,
                        "credential_ids": [(0, 0, {"secret": WHSEC, "use": "outbound"})],
                        "subscription_ids": [(0, 0, {"pattern": "shipment.released"})],
                    }
                )

    def sent(self, name, column="state"):
        """Return a column of the one outbox row about the shipment ``name``."""
        return self.database.scalar(
            f"SELECT m.{column} FROM freight_message_out m JOIN freight_shipment s"
            " ON s.id = m.shipment_id WHERE s.name = %s",
            name,
        )
