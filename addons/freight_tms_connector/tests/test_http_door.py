"""What a source may send: how much, from where, how packed, and how many at once, over HTTP."""

import gzip
import json
import threading
from base64 import b64encode
from contextlib import contextmanager
from unittest.mock import patch

import psycopg2
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import config, mute_logger

from ..cloudevents import BATCH, MAX_ITEMS, STRUCTURED
from ..controllers import hooks
from ..limiting import Quota
from ..models import freight_credential, freight_rate_limit
from ..models.freight_reception import Rejection
from .http_common import HookCase
from .x12_samples import build_214

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
EVENT = {"specversion": "1.0", "id": "e-1", "source": "/tms", "type": "a.b", "data": {"n": 1}}
HERE = "127.0.0.1"


def event(number, **values):
    return {**EVENT, "id": f"e-{number}", **values}


def batch(*events):
    return json.dumps(events).encode()


class DoorCase(HookCase):
    def knock_batch(self, *events, **options):
        return self.knock(self.tms_endpoint, batch(*events), media_type=BATCH, **options)

    def parameter(self, name, value):
        self.env["ir.config_parameter"].set_param(name, value)

    def bodies(self, endpoint=None):
        return [message._body() for message in self.stored(endpoint or self.tms_endpoint)]


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
class TestAllowedNetworks(DoorCase):
    def test_from_the_list_only(self):
        self.tms_endpoint.allowed_networks = "203.0.113.0/24\n2001:db8::/32"
        with patch.object(hooks._logger, "info") as log:
            answer = self.knock(self.tms_endpoint, b"{}")
        problem = self.assertProblem(answer, 401, "unauthenticated")
        self.assertEqual(problem["detail"], "The request could not be authenticated.")
        self.assertIn(HERE, str(log.call_args))
        self.tms_endpoint.allowed_networks += f"\n{HERE}/32"
        self.assertEqual(self.knock(self.tms_endpoint, b"{}").status_code, 202)

    def test_a_header_opens_nothing(self):
        self.tms_endpoint.allowed_networks = "203.0.113.0/24"
        forged = {"X-Forwarded-For": "203.0.113.5", "X-Real-IP": "203.0.113.5"}
        self.assertEqual(self.knock(self.tms_endpoint, b"{}", headers=forged).status_code, 401)
        self.parameter(freight_rate_limit.PROXIES_PARAMETER, HERE)
        self.assertEqual(self.knock(self.tms_endpoint, b"{}", headers=forged).status_code, 202)

    def test_from_the_list_yet_unsigned(self):
        self.tms_endpoint.allowed_networks = HERE
        answer = self.knock(self.tms_endpoint, b"{}", headers={"webhook-signature": "v1,AAAA"})
        self.assertProblem(answer, 401, "unauthenticated")

    def test_a_bad_entry_is_named(self):
        for bad in ("203.0.113.0/33", "carrier.example", "203.0.113"):
            with self.subTest(bad), self.assertRaisesRegex(ValidationError, bad):
                self.tms_endpoint.allowed_networks = f"203.0.113.0/24\n{bad}"


@tagged("post_install", "-at_install")
class TestRequiredKey(DoorCase):
    def setUp(self):
        super().setUp()
        self.endpoint = self.make_endpoint(
            self.make_system("keyless", "carrier"), "api_key", "a key", [], key_required=True
        )

    def test_without_an_id(self):
        answer = self.knock(self.endpoint, b'{"a": 1}', secret="a key")
        self.assertProblem(answer, 400, "idempotency-key-missing")
        evidence = self.stored(self.endpoint)
        self.assertEqual((evidence.state, evidence._body()), ("refused", b'{"a": 1}'))

    def test_any_id_will_do(self):
        for number, (body, media_type, headers) in enumerate(
            (
                (b"{}", None, {"Idempotency-Key": "k-1"}),
                (b"{}", None, {"ce-id": "1", "ce-source": "/tms"}),
                (json.dumps(EVENT).encode(), STRUCTURED, {}),
            )
        ):
            with self.subTest(number):
                answer = self.knock(
                    self.endpoint, body, media_type=media_type, headers=headers, secret="a key"
                )
                self.assertEqual(answer.status_code, 202)
        self.assertEqual(
            self.stored(self.endpoint).mapped("message_key"), ["k-1", "/tms 1", "/tms e-1"]
        )

    def test_half_an_id_will_not(self):
        answer = self.knock(self.endpoint, b"{}", headers={"ce-id": "1"}, secret="a key")
        self.assertProblem(answer, 400, "idempotency-key-missing")

    def test_a_signed_id_will_do(self):
        self.tms_endpoint.key_required = True
        self.assertEqual(self.knock(self.tms_endpoint, b"{}").status_code, 202)


@tagged("post_install", "-at_install")
class TestCompressed(DoorCase):
    BODY = json.dumps({"text": "x" * 5000}).encode()

    def setUp(self):
        super().setUp()
        self.tms_endpoint.accepts_compressed = True

    def knock_packed(self, raw, coding="gzip", **options):
        return self.knock(
            self.tms_endpoint,
            raw,
            media_type=options.pop("media_type", "application/json"),
            headers={"Content-Encoding": coding},
            **options,
        )

    def test_the_signature_covers_the_bytes_as_sent_and_the_plain_ones_are_kept(self):
        answer = self.knock_packed(gzip.compress(self.BODY))
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(self.bodies(), [self.BODY])

    def test_a_signature_of_the_plain_bytes_is_none(self):
        headers = self.signed(self.tms_endpoint, self.BODY)
        answer = self.knock_unsigned(
            self.tms_endpoint.code,
            gzip.compress(self.BODY),
            {"Content-Type": "application/json", "Content-Encoding": "gzip", **headers},
        )
        self.assertProblem(answer, 401, "unauthenticated")

    def test_a_bomb(self):
        bomb = gzip.compress(b" " * (2 * self.tms_endpoint.max_bytes))
        self.assertProblem(self.knock_packed(bomb), 413, "too-large")
        self.assertFalse(self.stored(self.tms_endpoint))

    def test_damage_is_kept_as_it_came(self):
        raw = gzip.compress(self.BODY)[:-4]
        self.assertProblem(self.knock_packed(raw), 400, "malformed")
        self.assertEqual(self.bodies(), [raw])
        self.assertEqual(self.stored(self.tms_endpoint).state, "refused")

    def test_a_batch(self):
        answer = self.knock_packed(gzip.compress(batch(event(1), event(2))), media_type=BATCH)
        self.assertEqual([one["status"] for one in answer.json()["results"]], ["accepted"] * 2)
        damaged = self.knock_packed(b"no gzip", media_type=BATCH)
        self.assertProblem(damaged, 400, "malformed")
        bomb = gzip.compress(b" " * (2 * self.tms_endpoint.max_bytes))
        self.assertProblem(self.knock_packed(bomb, media_type=BATCH), 413, "too-large")

    def test_other_codings(self):
        for coding in ("br", "zstd", "gzip, gzip", "nonsense"):
            answer = self.knock_packed(b"{}", coding)
            self.assertProblem(answer, 415, "unsupported-encoding")
            self.assertEqual(answer.headers["Accept-Encoding"], "gzip, deflate")
        self.assertEqual(self.knock_packed(b"{}", "Identity").status_code, 202)
        self.assertEqual(self.knock_packed(gzip.compress(b"{}"), "GZIP").status_code, 202)


@tagged("post_install", "-at_install")
class TestStructured(DoorCase):
    def knock_event(self, value, **options):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        endpoint = options.pop("endpoint", self.tms_endpoint)
        return self.knock(endpoint, body, media_type=STRUCTURED, **options)

    def test_the_signed_id_is_the_identity(self):
        self.knock_event(EVENT, message_id="m-1")
        self.assertEqual(self.knock_event(EVENT, message_id="m-2").status_code, 202)
        self.assertEqual(self.stored(self.tms_endpoint).mapped("message_key"), ["m-1", "m-2"])

    def test_without_one_it_is_source_and_id(self):
        endpoint = self.make_endpoint(self.make_system("events", "tms"), "api_key", "a key", [])
        knock = {"endpoint": endpoint, "secret": "a key"}
        self.assertEqual(self.knock_event(EVENT, **knock).status_code, 202)
        self.assertEqual(self.knock_event(EVENT, **knock).status_code, 200)
        self.assertEqual(self.knock_event({**EVENT, "source": "/b"}, **knock).status_code, 202)
        self.assertProblem(
            self.knock_event({**EVENT, "data": 2}, **knock), 422, "idempotency-mismatch"
        )

    def test_what_lacks_an_attribute_is_quarantined(self):
        for name in ("specversion", "id", "source", "type"):
            answer = self.knock_event({key: EVENT[key] for key in EVENT if key != name})
            self.assertEqual((answer.status_code, answer.json()["status"]), (202, "quarantined"))
            message = self.stored(self.tms_endpoint)[-1:]
            self.assertEqual(message.state, "quarantined")
            self.assertIn(name, message.error)

    def test_what_is_no_json(self):
        self.assertProblem(self.knock_event(b"{"), 400, "malformed")

    def test_the_events_own_trace_is_taken_over(self):
        inner = {**EVENT, "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        answer = self.knock_event(inner)
        self.assertEqual(answer.json()["trace_id"], TRACE)
        self.assertEqual(self.stored(self.tms_endpoint).trace_id, TRACE)
        self.assertNotEqual(self.knock_event({**EVENT, "traceparent": "x"}).json()["trace_id"], "x")


@tagged("post_install", "-at_install")
class TestBatch(DoorCase):
    def results(self, *events, **options):
        answer = self.knock_batch(*events, **options)
        self.assertEqual(answer.status_code, 202, answer.text)
        return answer.json()["results"]

    def told(self, results):
        return [(one["status"], one["http_status"]) for one in results]

    def test_each_event_is_a_message_of_its_own(self):
        results = self.results(event(1), event(2), event(3))
        self.assertEqual(self.told(results), [("accepted", 202)] * 3)
        messages = self.stored(self.tms_endpoint)
        by_uuid = {message.uuid: message for message in messages}
        self.assertEqual(
            [by_uuid[one["id"]].message_key for one in results],
            ["/tms e-1", "/tms e-2", "/tms e-3"],
        )
        self.assertEqual(set(messages.mapped("media_type")), {STRUCTURED})
        self.assertEqual(by_uuid[results[1]["id"]]._body(), json.dumps(event(2)).encode())

    def test_none(self):
        self.assertEqual(self.results(), [])

    def test_events_that_came_before_and_twice(self):
        self.results(event(1))
        results = self.results(event(1), event(2), event(2))
        self.assertEqual(
            [(one["http_status"], one["duplicate"]) for one in results],
            [(200, True), (202, False), (200, True)],
        )
        self.assertEqual(results[1]["id"], results[2]["id"])
        self.assertEqual(len(self.stored(self.tms_endpoint)), 2)

    def test_one_bad_event_spoils_no_other(self):
        self.results(event(1))
        results = self.results(
            event(1, data="changed"),
            event(2),
            {"id": "e-3"},
            7,
            {**event(5), "data": "\0"},
            event(6),
        )
        self.assertEqual(
            self.told(results),
            [("rejected", 422), ("accepted", 202), ("quarantined", 202), ("quarantined", 202),
             ("rejected", 400), ("accepted", 202)],
        )  # fmt: skip
        self.assertEqual(
            [one.get("problem", {}).get("code") for one in results],
            ["idempotency-mismatch", None, "no-event", "no-event", "malformed", None],
        )
        self.assertEqual(
            sorted(self.stored(self.tms_endpoint).mapped("state")),
            ["quarantined"] * 2 + ["received"] * 3 + ["refused"] * 2,
        )

    def test_required_keys(self):
        self.tms_endpoint.key_required = True
        results = self.results(event(1), {**EVENT, "id": ""})
        self.assertEqual(self.told(results), [("accepted", 202), ("rejected", 400)])
        self.assertEqual(results[1]["problem"]["code"], "idempotency-key-missing")

    def test_traces(self):
        outer, inner = "a" * 32, TRACE
        results = self.results(
            event(1),
            event(2, traceparent=f"00-{inner}-00f067aa0ba902b7-01"),
            event(3, traceparent=7),
            headers={"traceparent": f"00-{outer}-00f067aa0ba902b7-01"},
        )
        self.assertEqual([one["trace_id"] for one in results], [outer, inner, outer])

    def test_five_hundred_and_not_one_more(self):
        self.assertEqual(len(self.results(*map(event, range(MAX_ITEMS)))), MAX_ITEMS)
        answer = self.knock_batch(*map(event, range(MAX_ITEMS + 1)))
        problem = self.assertProblem(answer, 413, "too-many-items")
        self.assertIn("500", problem["detail"])
        self.assertEqual(len(self.stored(self.tms_endpoint)), MAX_ITEMS)

    def test_what_is_no_batch(self):
        for body in (b"", b"{}", b"[1", b"\xff", b"[" * 50_000):
            answer = self.knock(self.tms_endpoint, body or b" ", media_type=BATCH)
            self.assertProblem(answer, 400, "malformed")
        self.assertEqual(set(self.stored(self.tms_endpoint).mapped("state")), {"refused"})

    def test_it_is_worked_off(self):
        shipment = self.make_shipment()
        first = json.loads(self.cloud_event(shipment, "dispatched", "b-1"))
        second = json.loads(self.cloud_event(shipment, "picked_up", "b-2"))
        self.results(first, second)
        self.drain()
        self.assertEqual(set(self.stored(self.tms_endpoint).mapped("state")), {"applied"})


@tagged("post_install", "-at_install")
class TestHandshake(DoorCase):
    def ask(self, source=None, **headers):
        self.env.flush_all()
        return self.opener.request(
            "OPTIONS",
            f"{self.base_url()}/freight/v1/hooks/{source or self.tms_endpoint.code}",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            timeout=12,
        )

    def test_granted(self):
        self.tms_endpoint.rate_per_minute = 120
        answer = self.ask(
            WebHook_Request_Origin="events.example.com",
            WebHook_Request_Rate="500",
            WebHook_Request_Callback="http://127.0.0.1:1/confirm",
        )
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["WebHook-Allowed-Origin"], "events.example.com")
        self.assertEqual(answer.headers["WebHook-Allowed-Rate"], "120")
        self.assertEqual(answer.headers["Allow"], "POST, OPTIONS")
        self.assertFalse(answer.content)

    def test_no_limit(self):
        answer = self.ask(WebHook_Request_Origin="a.b", WebHook_Request_Rate="500")
        self.assertEqual(answer.headers["WebHook-Allowed-Rate"], "*")
        self.assertNotIn("WebHook-Allowed-Rate", self.ask(WebHook_Request_Origin="a.b").headers)

    def test_an_ordinary_question(self):
        for headers in ({}, {"WebHook_Request_Origin": "<script>"}):
            answer = self.ask(**headers)
            self.assertEqual((answer.status_code, answer.headers["Allow"]), (204, "POST, OPTIONS"))
            self.assertNotIn("WebHook-Allowed-Origin", answer.headers)

    def test_what_is_not_there(self):
        asked = {"WebHook_Request_Origin": "a.b"}
        self.assertProblem(self.ask("nobody", **asked), 404, "unknown-source")
        self.tms_endpoint.state = "retired"
        self.assertProblem(self.ask(**asked), 410, "retired-source")


@tagged("post_install", "-at_install")
class TestNotReady(DoorCase):
    """Whatever the database cannot do now, the sender is asked to come back."""

    def assertComeBack(self, answer, code="not-ready"):
        self.assertProblem(answer, 503, code)
        self.assertTrue(int(answer.headers["Retry-After"]) > 0)
        self.assertFalse(self.stored(self.tms_endpoint))

    def test_while_the_addon_is_updated(self):
        for state in ("to upgrade", "to install", "to remove"):
            self.module_state(state)
            self.assertComeBack(self.knock(self.tms_endpoint, b"{}"), "updating")
        self.module_state("installed")
        self.assertEqual(self.knock(self.tms_endpoint, b"{}").status_code, 202)

    def module_state(self, state):
        self.env.cr.execute(
            "UPDATE ir_module_module SET state = %s WHERE name = 'freight_tms_connector'", [state]
        )
        freight_rate_limit.forget()

    def test_faults_of_the_database(self):
        for fault in (
            psycopg2.OperationalError("the database is down"),
            psycopg2.errors.LockNotAvailable("somebody alters the table"),
            psycopg2.errors.DiskFull("no space left"),
            psycopg2.errors.TooManyConnections("sorry"),
        ):
            with self.subTest(fault), self.failing(fault):
                self.assertComeBack(self.knock(self.tms_endpoint, b"{}"))

    def test_a_database_that_was_upgraded_beside_us(self):
        for fault in (psycopg2.errors.UndefinedColumn("x"), psycopg2.errors.NotNullViolation("x")):
            with (
                self.subTest(fault),
                self.failing(fault),
                self.assertLogs(hooks._logger, "ERROR"),
            ):
                self.assertComeBack(self.knock(self.tms_endpoint, b"{}"))

    @contextmanager
    def failing(self, fault):
        with patch.object(type(self.env["freight.admission"]), "_insert", side_effect=fault):
            yield

    def test_an_unknown_address_is_a_problem_too(self):
        answer = self.url_open("/freight/v1/nothing/here")
        self.assertProblem(answer, 404, "unknown-address")


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
