"""One breaker for eight workers: it opens once, one message tries, nothing is lost or repeated."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from odoo.tests import tagged

from .common import WHSEC
from .partner_api import PartnerApi
from .test_live import LiveCase

WORKERS = 8
MESSAGES = 40
TRIES = 4


@tagged("post_install", "-at_install")
class TestBreakerOfManyWorkers(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.status = 503
        cls.partner = PartnerApi(lambda _path, _query: (cls.status, {}, b""))
        cls.addClassCleanup(cls.partner.close)
        with cls.database.env() as env:
            profile = env["freight.auth.profile"].search([("code", "=", "standard_webhooks")])
            cls.tms_endpoint.with_env(env).write(
                {
                    "url": cls.partner.url,
                    "outbound_profile_id": profile.id,
                    "credential_ids": [(0, 0, {"use": "outbound", "secret": WHSEC})],
                    "subscription_ids": [(0, 0, {"pattern": "shipment.released"})],
                }
            )
        cls.released(MESSAGES)

    def step(self, _worker=None):
        with self.database.env() as env:
            return env["freight.message.out"]._queue_step()

    def work_together(self):
        """Let eight workers take what they can get, at once; return how many requests it made."""
        before = len(self.partner.requests)
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(self.step, range(WORKERS)))
        return len(self.partner.requests) - before

    def let_it_try(self):
        with self.database.env() as env:
            env.cr.execute(
                "UPDATE freight_breaker SET until = now() AT TIME ZONE 'UTC' - '1 s'::interval"
            )

    def step_beside_a_claim(self):
        """Let a worker look while another one is at the breaker; return how many it claimed."""
        self.let_it_try()
        with self.database.env() as env, ThreadPoolExecutor(1) as pool:
            env.cr.execute("SELECT id FROM freight_breaker FOR UPDATE")
            try:
                return pool.submit(self.step).result(timeout=30)
            finally:
                env.cr.rollback()

    def breaker(self):
        [row] = self.database.query("SELECT state, openings FROM freight_breaker")
        return row

    def test_one_tries_for_all(self):
        self.assertGreaterEqual(self.work_together(), 5)
        self.assertEqual(self.breaker(), ("open", 1))
        self.assertEqual(self.work_together(), 0, "an open breaker is left alone")
        for openings in range(2, 2 + TRIES):
            self.let_it_try()
            self.assertEqual(self.work_together(), 1, "exactly one message tries")
            self.assertEqual(self.breaker(), ("open", openings))
        self.assertEqual(self.step_beside_a_claim(), 0, "what another one claims is passed over")
        self.assertFalse(
            self.database.scalar("SELECT count(*) FROM freight_message_out WHERE state = 'dead'")
        )

        failed = len(self.partner.requests)
        type(self).status = 204
        self.let_it_try()
        with self.database.env() as env:
            env.cr.execute("UPDATE freight_message_out SET next_attempt = NULL")
        while self.work_together():
            continue
        self.assertEqual(self.breaker()[0], "closed")
        self.assertEqual(
            self.database.query("SELECT state, count(*) FROM freight_message_out GROUP BY 1"),
            [("delivered", MESSAGES)],
        )
        taken = Counter(
            headers["Idempotency-Key"]
            for _path, _query, headers, _body in self.partner.requests[failed:]
        )
        self.assertEqual(set(taken.values()), {1}, "each was taken once")
        self.assertEqual(len(taken), MESSAGES)
