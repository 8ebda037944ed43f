"""How much a source and an address may send, over HTTP, and what that costs the database."""

import threading
from base64 import b64encode
from unittest.mock import patch

import psycopg2
from odoo.tests import tagged
from odoo.tools import config, mute_logger

from ..cloudevents import BATCH, MAX_ITEMS
from ..controllers import hooks
from ..limiting import Quota
from ..models import freight_credential, freight_rate_limit
from ..models.freight_reception import Rejection
from .http_common import DoorCase, batch, event
from .x12_samples import build_214

HERE = "127.0.0.1"


@tagged("post_install", "-at_install")
class TestQuota(DoorCase):
    """A source's quota is spent only by who proved to be it."""

    def setUp(self):
        super().setUp()
        self.tms_endpoint.write({"rate_per_minute": 6, "rate_burst": 3})

    def test_over_quota(self):
        told = []
        for number in range(3):
            answer = self.knock(self.tms_endpoint, b"{}", message_id=f"m-{number}")
            self.assertEqual(answer.status_code, 202)
            self.assertEqual(answer.headers["RateLimit-Policy"], '"source";q=3;w=30')
            told.append(answer.headers["RateLimit"].split(";")[1])
        self.assertEqual(told, ["r=2", "r=1", "r=0"])
        answer = self.knock(self.tms_endpoint, b"{}")
        self.assertProblem(answer, 429, "over-quota")
        self.assertTrue(0 < int(answer.headers["Retry-After"]) <= 10)
        self.assertEqual(answer.headers["RateLimit-Policy"], '"source";q=3;w=30')
        self.assertRegex(answer.headers["RateLimit"], '^"source";r=0;t=[0-9]+$')
        self.assertEqual(len(self.stored(self.tms_endpoint)), 3)
        other = self.knock(self.carrier_endpoint, b"{}")
        self.assertEqual(other.status_code, 202, "others are not held up")
        self.assertNotIn("RateLimit", other.headers)

    def test_it_comes_back_with_time(self):
        for _time in range(3):
            self.knock(self.tms_endpoint, b"{}")
        self.assertEqual(self.knock(self.tms_endpoint, b"{}").status_code, 429)
        self.env.cr.execute("UPDATE freight_rate_bucket SET full_at = full_at - 11")
        freight_rate_limit.forget()
        self.assertEqual(self.knock(self.tms_endpoint, b"{}").status_code, 202)
        self.assertEqual(self.knock(self.tms_endpoint, b"{}").status_code, 429)

    def test_strangers_spend_nothing_of_it(self):
        for _time in range(9):
            answer = self.knock(self.tms_endpoint, b"{}", headers={"webhook-signature": "v1,AAAA"})
            self.assertProblem(answer, 401, "unauthenticated")
            self.assertNotIn("RateLimit", answer.headers)
        self.assertIn("r=2", self.knock(self.tms_endpoint, b"{}").headers["RateLimit"])

    def test_what_is_refused_afterwards_is_paid_for_too(self):
        answer = self.knock(self.tms_endpoint, b"{broken")
        self.assertProblem(answer, 400, "malformed")
        self.assertIn("r=2", answer.headers["RateLimit"])

    def test_a_duplicate_is_paid_for(self):
        self.knock(self.tms_endpoint, b"{}", message_id="m")
        answer = self.knock(self.tms_endpoint, b"{}", message_id="m")
        self.assertEqual(
            (answer.status_code, answer.headers["RateLimit"][:12]), (200, '"source";r=1')
        )

    def test_each_event_of_a_batch_costs_one(self):
        answer = self.knock_batch(event(1), event(2))
        self.assertEqual(answer.status_code, 202)
        self.assertIn("r=1", answer.headers["RateLimit"])
        self.assertProblem(self.knock_batch(event(3), event(4)), 429, "over-quota")
        self.assertEqual(len(self.stored(self.tms_endpoint)), 2, "none of it is stored")

    def test_a_batch_beyond_the_burst_passes_when_the_bucket_is_full(self):
        self.assertEqual(self.knock_batch(*map(event, range(5))).status_code, 202)
        answer = self.knock(self.tms_endpoint, b"{}")
        self.assertProblem(answer, 429, "over-quota")
        self.assertGreater(int(answer.headers["Retry-After"]), 20, "it is in debt")

    def test_a_batch_that_cannot_be_read_costs_one(self):
        for body, status in ((b"{}", 400), (batch(*[1] * (MAX_ITEMS + 1)), 413)):
            answer = self.knock(self.tms_endpoint, body, media_type=BATCH)
            self.assertEqual(answer.status_code, status)
        self.assertIn("r=0", answer.headers["RateLimit"][:12].replace("r=1", "r=0"))
        self.knock(self.tms_endpoint, b"{}")
        self.assertEqual(self.knock(self.tms_endpoint, b"{}").status_code, 429)

    def test_another_quota_is_in_force_at_once(self):
        for _time in range(3):
            self.knock(self.tms_endpoint, b"{}")
        self.tms_endpoint.rate_per_minute = 0
        answer = self.knock(self.tms_endpoint, b"{}")
        self.assertEqual(answer.status_code, 202)
        self.assertNotIn("RateLimit", answer.headers)

    @mute_logger("odoo.sql_db")
    def test_no_negative_limit(self):
        with self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.tms_endpoint.rate_burst = -1
            self.env.flush_all()

    def test_full_buckets_are_swept_away(self):
        self.knock(self.tms_endpoint, b"{}")
        buckets = self.env["freight.rate.bucket"]
        buckets._gc_full_buckets()
        self.assertTrue(buckets.search([]))
        self.env.cr.execute("UPDATE freight_rate_bucket SET full_at = full_at - 11")
        buckets._gc_full_buckets()
        self.assertFalse(buckets.search([]))


@tagged("post_install", "-at_install")
class TestAddresses(DoorCase):
    """An address spends when a request of it fails before it is known whom it is from."""

    def setUp(self):
        super().setUp()
        self.parameter(freight_rate_limit.FAILURES_PARAMETER, "3")
        self.parameter(freight_rate_limit.BURST_PARAMETER, "4")

    def fail(self, **headers):
        return self.knock(
            self.tms_endpoint, b"{}", headers={"webhook-signature": "v1,AAAA", **headers}
        )

    def test_too_many_failures(self):
        for answer in (
            self.fail(),
            self.knock(self.tms_endpoint, b"{}", source="nobody"),
            self.knock(self.tms_endpoint, b"{}", media_type="image/png"),
            self.knock(self.tms_endpoint, b"{}", headers={"Content-Encoding": "br"}),
        ):
            self.assertIn(answer.status_code, (401, 404, 415))
        answer = self.knock(self.tms_endpoint, b"{}")
        self.assertProblem(answer, 429, "too-many-failures")
        self.assertTrue(0 < int(answer.headers["Retry-After"]) <= 20)
        nowhere = self.knock(self.tms_endpoint, b"{}", source="nobody")
        self.assertProblem(nowhere, 429, "too-many-failures")
        self.assertFalse(self.stored(self.tms_endpoint))

    def test_another_process_learns_of_it_and_forgets_it_with_time(self):
        for _time in range(4):
            self.fail()
        freight_rate_limit.forget()
        self.assertProblem(self.knock(self.tms_endpoint, b"{}"), 429, "too-many-failures")
        self.env.cr.execute(
            "UPDATE freight_rate_bucket"
            " SET full_at = full_at - 21, blocked_until = blocked_until - 21"
        )
        freight_rate_limit.forget()
        self.assertEqual(self.knock(self.tms_endpoint, b"{}").status_code, 202)
        self.fail()
        self.assertEqual(self.fail().status_code, 429)

    def test_who_proves_who_it_is_spends_nothing(self):
        for number in range(8):
            self.assertEqual(self.knock(self.tms_endpoint, b"%d" % number).status_code, 202)
            self.knock(self.tms_endpoint, b"{broken")  # refused, yet known
        self.env.cr.execute("SELECT count(*) FROM freight_rate_bucket WHERE key LIKE 'address:%'")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def test_none_switches_it_off(self):
        self.parameter(freight_rate_limit.FAILURES_PARAMETER, "0")
        for _time in range(9):
            self.assertEqual(self.fail().status_code, 401)

    def test_a_parameter_that_is_no_number_is_the_default(self):
        self.parameter(freight_rate_limit.FAILURES_PARAMETER, "-3")
        self.parameter(freight_rate_limit.BURST_PARAMETER, "")
        with self.assertLogs(freight_rate_limit._logger, "ERROR"):
            quota = self.env["freight.rate.limit"]._failure_quota("address:x")
        self.assertEqual(quota, Quota("address:x", 60, 60))

    def test_a_forwarded_for_header_counts_only_from_a_proxy_of_ours(self):
        for number in range(4):
            self.fail(**{"X-Forwarded-For": f"198.51.100.{number}"})
        self.assertEqual(self.fail(**{"X-Forwarded-For": "198.51.100.9"}).status_code, 429)

    def test_behind_a_proxy_everybody_has_an_address(self):
        self.parameter(freight_rate_limit.PROXIES_PARAMETER, f"{HERE}, 10.0.0.0/8")
        guilty = {"X-Forwarded-For": "192.0.2.1, 198.51.100.7, 10.1.1.1"}
        for _time in range(4):
            self.assertEqual(self.fail(**guilty).status_code, 401)
        self.assertEqual(self.fail(**guilty).status_code, 429)
        lying = {"X-Forwarded-For": "203.0.113.5, 198.51.100.7"}
        self.assertEqual(self.fail(**lying).status_code, 429, "what stands left is hearsay")
        innocent = {"X-Forwarded-For": "198.51.100.7, 203.0.113.5"}
        self.assertEqual(self.fail(**innocent).status_code, 401)

    def test_with_odoos_proxy_mode(self):
        """Odoo has replaced the peer's address by the last of the header then."""
        headers = {"X-Forwarded-For": "203.0.113.5, 198.51.100.7", "X-Forwarded-Host": "a.example"}
        with patch.dict(config.options, {"proxy_mode": True}):
            self.assertEqual(self.address(headers), "198.51.100.7")
            self.parameter(freight_rate_limit.PROXIES_PARAMETER, "10.0.0.0/8")
            self.assertEqual(self.address(headers), HERE, "the peer is no proxy of ours")
            self.parameter(freight_rate_limit.PROXIES_PARAMETER, f"{HERE} 198.51.100.0/24")
            self.assertEqual(self.address(headers), "203.0.113.5")

    def test_a_list_of_proxies_that_cannot_be_read_trusts_nobody(self):
        self.parameter(freight_rate_limit.PROXIES_PARAMETER, f"{HERE}, proxy.example")
        with self.assertLogs(freight_rate_limit._logger, "ERROR"):
            self.assertEqual(self.address({"X-Forwarded-For": "198.51.100.7"}), HERE)

    def address(self, headers):
        """Return whose address the door sees."""
        seen = []
        original = freight_rate_limit.client_address

        def spy(env, http_request):
            seen.append(original(env, http_request))
            return seen[-1]

        with patch.object(hooks, "client_address", spy):
            self.knock(self.tms_endpoint, b"{}", headers=headers)
        return seen[0]


@tagged("post_install", "-at_install")
class TestCost(DoorCase):
    """What the door asks of the database for one message, so that nobody adds to it unnoticed."""

    def statements(self, knock):
        """Return what is executed beside savepoints while ``knock`` is answered."""
        knock()  # opens the door, looks at what others know
        cursor = type(self.env.cr)
        seen, execute = [], cursor.execute
        here = threading.get_ident()

        def spy(cr, query, params=None, log_exceptions=True):
            text = str(query)
            if threading.get_ident() != here and "SAVEPOINT" not in text:
                seen.append(" ".join(text.split()))
            return execute(cr, query, params, log_exceptions)

        with patch.object(cursor, "execute", spy):
            self.assertEqual(knock().status_code, 202)
        odoos_own = ("base_registry_signaling", "base_cache_signaling", "res_users")
        return [text for text in seen if not any(name in text for name in odoos_own)]

    def test_one_round_trip_to_store_and_to_wake(self):
        self.env["freight.queue.lane"].search([]).asleep = False
        body = build_214()
        stored = self.statements(lambda: self.knock(self.carrier_endpoint, body))
        self.assertEqual(len(stored), 1, stored)
        lock, insert = map(stored[0].index, ("pg_advisory_xact_lock_shared", "INSERT INTO"))
        self.assertLess(lock, insert, "whether a lane sleeps is looked at under the lock")

    def test_a_limit_costs_one_more(self):
        self.env["freight.queue.lane"].search([]).asleep = False
        self.carrier_endpoint.rate_per_minute = 60
        body = build_214()
        stored = self.statements(lambda: self.knock(self.carrier_endpoint, body))
        self.assertEqual(len(stored), 2, stored)
        self.assertIn("INSERT INTO freight_rate_bucket", stored[0])


@tagged("post_install", "-at_install")
class TestInterface(DoorCase):
    """What other controllers use."""

    def test_spending(self):
        limits = self.env["freight.rate.limit"]
        self.assertEqual(limits._spend(Quota("token:1", 0)), {})
        quota = Quota("token:1", 60, 2)
        self.assertEqual(set(limits._spend(quota, 2)), {"RateLimit", "RateLimit-Policy"})
        with self.assertRaises(Rejection) as raised:
            limits._spend(quota)
        self.assertEqual(raised.exception.status, 429)
        self.assertEqual(
            set(raised.exception.headers), {"RateLimit", "RateLimit-Policy", "Retry-After"}
        )

    def test_the_secret_that_was_used_is_known(self):
        newer = "whsec_" + b64encode(b"the secret of next month").decode()
        old = self.tms_endpoint.credential_ids
        new = self.env["freight.credential"].create(
            {"endpoint_id": self.tms_endpoint.id, "secret": newer}
        )
        self.knock(self.tms_endpoint, b"{}", secret=newer)
        self.assertTrue(new.last_used)
        self.assertFalse(old.last_used)
        self.knock(self.tms_endpoint, b"{}")
        self.assertTrue(old.last_used)

    def test_a_use_that_cannot_be_recorded_changes_no_answer(self):
        with (
            patch.object(
                freight_credential.db,
                "read_committed",
                side_effect=psycopg2.OperationalError("down"),
            ),
            self.assertLogs(freight_credential._logger, "WARNING"),
        ):
            freight_credential._record_use(self.registry, 0)
