"""Where a source may send from, how it packs and names messages, and when nobody can take them."""

import gzip
import json
from contextlib import contextmanager
from unittest.mock import patch

import psycopg2
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..cloudevents import BATCH, STRUCTURED
from ..controllers import hooks
from ..models import freight_rate_limit
from .http_common import EVENT, DoorCase, batch, event

HERE = "127.0.0.1"


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

    def test_a_source_that_no_database_can_look_up(self):
        for source in ("a%00b", "%ff", "%0a", "%ED%A0%80"):
            with self.subTest(source):
                answer = self.url_open(f"/freight/v1/hooks/{source}", data=b"{}")
                self.assertProblem(answer, 404, "unknown-source")

    def test_an_unknown_address_is_a_problem_too(self):
        answer = self.url_open("/freight/v1/nothing/here")
        self.assertProblem(answer, 404, "unknown-address")
