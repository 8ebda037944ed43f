"""The door with several processes behind it, that start, stop, and lose their database."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection

import psycopg2
from odoo.sql_db import connection_info_for
from odoo.tests import tagged

from ..cloudevents import BATCH
from ..limiting import Quota
from ..models import freight_rate_limit
from ..models.freight_reception import Rejection
from .common import WHSEC
from .live_server import LiveServer, wait_until
from .test_http_door import batch, event
from .test_live import LiveCase

THREADS = 8


class DoorCase(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [cls.serve() for _number in range(2)]
        with cls.database.env() as env:
            cls.tms_door = f"/freight/v1/hooks/{cls.tms_endpoint.with_env(env).code}"

    @classmethod
    def serve(cls):
        server = LiveServer(cls.database, "--load", "base,web,freight_tms_connector")
        cls.addClassCleanup(server.kill)
        server.start()
        return server

    def letter(self, body, message_id, media_type="application/json"):
        with self.database.env() as env:
            endpoint = self.tms_endpoint.with_env(env)
            return body, {
                "Content-Type": media_type,
                **self.signed(endpoint, body, WHSEC, message_id=message_id),
            }

    def send(self, letters, servers=None):
        """POST each letter to one of the servers in turn, from several threads."""
        servers = servers or self.servers

        def post(numbered):
            number, letter = numbered
            return servers[number % len(servers)].post(self.tms_door, *letter)

        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(post, enumerate(letters)))

    def configure(self, **values):
        with self.database.env() as env:
            self.tms_endpoint.with_env(env).write(values)


@tagged("post_install", "-at_install")
class TestProcesses(DoorCase):
    def test_the_same_messages_at_two_processes_at_once(self):
        letters = [self.letter(b'{"n": %d}' % n, f"both-{n}") for n in range(10)] * 10
        answers = self.send(letters)
        self.assertEqual(Counter(status for status, _told in answers), {202: 10, 200: 90})
        self.assertEqual(len({told["id"] for _status, told in answers}), 10)

    def test_a_process_that_starts_again_knows_what_came_before(self):
        letters = [self.letter(b'{"n": %d}' % n, f"again-{n}") for n in range(10)]
        server = self.servers[0]
        first = self.send(letters, [server])
        server.kill()
        server.start()
        again = self.send(letters, [server])
        self.assertEqual({status for status, _told in first}, {202})
        self.assertEqual({status for status, _told in again}, {200})
        self.assertEqual(
            [told["id"] for _status, told in first], [told["id"] for _status, told in again]
        )

    def test_overlapping_batches_store_each_event_once(self):
        chance = random.Random(7)
        letters = [
            self.letter(batch(*map(event, chance.sample(range(150), 60))), f"batch-{number}", BATCH)
            for number in range(24)
        ]
        answers = self.send(letters)
        self.assertEqual({status for status, _told in answers}, {202})
        results = [one for _status, told in answers for one in told["results"]]
        # What came before may be worked off already, and mean nothing.
        self.assertLessEqual({one["status"] for one in results}, {"accepted", "quarantined"})
        new = Counter(one["id"] for one in results if not one["duplicate"])
        self.assertEqual(set(new.values()), {1})
        self.assertEqual(set(new), {one["id"] for one in results})
        keys = self.database.scalar(
            "SELECT count(*) FROM freight_message_in WHERE message_key LIKE '/tms e-%%'"
        )
        self.assertEqual(keys, len(new))

    def test_one_quota_for_all_processes(self):
        self.configure(rate_per_minute=60, rate_burst=40)
        self.addCleanup(self.configure, rate_per_minute=0, rate_burst=0)
        letters = [self.letter(b'{"n": %d}' % n, f"quota-{n}") for n in range(160)]
        started = time.monotonic()
        answers = self.send(letters)
        came_back = time.monotonic() - started
        statuses = Counter(status for status, _told in answers)
        self.assertEqual(set(statuses), {202, 429})
        self.assertLessEqual(statuses[202], 40 + came_back + 1)
        self.assertGreaterEqual(statuses[202], 36, "each process loses no more than a lease")

    def test_the_use_of_a_secret_is_recorded_after_the_answer(self):
        self.send([self.letter(b"{}", "used")])
        wait_until(
            lambda: self.database.scalar(
                "SELECT last_used IS NOT NULL FROM freight_credential WHERE endpoint_id = %s",
                self.tms_endpoint.id,
            ),
            "the use is recorded",
        )

    @contextmanager
    def statement(self, text):
        """Keep the effect of ``text`` uncommitted in a connection of its own."""
        _name, where = connection_info_for(self.database.name)
        with closing(psycopg2.connect(**where)) as connection:
            with connection.cursor() as cr:
                cr.execute(text)
            yield

    def ask(self, number):
        """POST one message; return (status, Retry-After)."""
        with closing(HTTPConnection("127.0.0.1", self.servers[0].port, timeout=60)) as connection:
            connection.request("POST", self.tms_door, *self.letter(b"{}", number))
            answer = connection.getresponse()
            return answer.status, answer.headers["Retry-After"]

    def test_an_update_by_another_process_that_nobody_sees_yet(self):
        with self.statement(
            "UPDATE ir_module_module SET state = 'to upgrade' WHERE name = 'freight_tms_connector'"
        ):
            time.sleep(freight_rate_limit.LOOK_EVERY)
            self.assertEqual(self.ask("update-1"), (503, "30"))
        time.sleep(freight_rate_limit.LOOK_EVERY)
        self.assertEqual(self.ask("update-1")[0], 202)

    def test_a_table_that_is_altered(self):
        with self.statement("LOCK TABLE freight_message_in IN ACCESS EXCLUSIVE MODE"):
            started = time.monotonic()
            self.assertEqual(self.ask("altered"), (503, "5"))
            self.assertLess(time.monotonic() - started, 10)
        self.assertEqual(self.ask("altered")[0], 202)

    def test_a_database_that_is_gone_and_comes_back(self):
        name = self.database.name
        self.maintain("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
        try:
            self.maintain(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name
            )
            self.assertEqual(self.ask_gone(), (503, "5", "application/problem+json"))
        finally:
            self.maintain("ALTER DATABASE {} ALLOW_CONNECTIONS true", name)
        wait_until(lambda: self.servers[0].post(self.tms_door, *self.letter_of_before)[0] == 202,
                   "it serves again")  # fmt: skip

    def ask_gone(self):
        with closing(HTTPConnection("127.0.0.1", self.servers[0].port, timeout=60)) as connection:
            connection.request("POST", self.tms_door, *self.letter_of_before)
            answer = connection.getresponse()
            kind = answer.headers["Content-Type"]
            return answer.status, answer.headers["Retry-After"], kind

    def setUp(self):
        super().setUp()
        self.letter_of_before = self.letter(b"{}", f"gone-{self._testMethodName}")

    def maintain(self, text, name):
        _name, where = connection_info_for("postgres")
        with closing(psycopg2.connect(**where)) as connection:
            connection.autocommit = True
            with connection.cursor() as cr:
                if "{}" in text:
                    cr.execute(text.format(f'"{name}"'))
                else:
                    cr.execute(text, [name])


@tagged("post_install", "-at_install")
class TestSharedBucket(LiveCase):
    """Two workers of one process each, on cursors of their own, on one row."""

    def test_threads_never_spend_more_than_there_is(self):
        quota = Quota("test:shared", 60, 50)

        def worker(_number):
            with self.database.env() as env:
                return sum(self.is_paid(env["freight.rate.limit"], quota) for _time in range(60))

        started = time.monotonic()
        with ThreadPoolExecutor(2) as pool:
            paid = sum(pool.map(worker, range(2)))
        self.assertTrue(50 - 2 <= paid <= 50 + time.monotonic() - started + 1, paid)

    def is_paid(self, limits, quota):
        try:
            limits._spend(quota)
        except Rejection:
            return False
        return True

    def test_cursors_of_two_workers_take_from_one_bucket(self):
        """Without a common memory, as two processes have none."""
        quota = Quota("test:bare", 60, 30)

        def worker(_number):
            with self.database.env() as env:
                limits, taken = env["freight.rate.limit"], 0
                for _time in range(40):
                    with freight_rate_limit.db.read_committed(env.registry) as cr:
                        taken += limits._take(cr, quota, 1) is not None
                return taken

        started = time.monotonic()
        with ThreadPoolExecutor(2) as pool:
            taken = sum(pool.map(worker, range(2)))
        self.assertTrue(30 <= taken <= 30 + time.monotonic() - started + 1, taken)
