"""The table of answers of POST /freight/v1/hooks/{source}, row by row, over HTTP."""

import gzip
import hashlib
import os
import time
from base64 import b64encode
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import config

from ..models.freight_vault import KEYS_OPTION, KEYS_VARIABLE
from .common import SECRET, WHSEC
from .http_common import HookCase
from .x12_samples import build_214

BODY = b'{"specversion": "1.0", "id": "evt-1", "data": {}}'
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
UNAUTHENTICATED = "The request could not be authenticated."


@tagged("post_install", "-at_install")
class TestAccepted(HookCase):
    def test_a_new_message_is_stored_sealed_and_answered_202(self):
        answer = self.knock(self.tms_endpoint, BODY, message_id="evt-1")
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        told = answer.json()
        self.assertEqual(set(told), {"id", "status", "duplicate", "received_at", "trace_id"})
        self.assertEqual((told["status"], told["duplicate"]), ("accepted", False))
        self.assertEqual(answer.headers["Location"], f"/freight/v1/messages/{told['id']}")
        message = self.stored(self.tms_endpoint)
        self.assertEqual(
            (message.uuid, message.state, message.message_key), (told["id"], "received", "evt-1")
        )
        self.assertEqual(message.digest, hashlib.sha256(BODY).hexdigest())
        self.assertEqual(message._body(), BODY)
        self.assertNotIn(b"specversion", self.sealed(message))

    def test_the_answer_sets_no_cookie(self):
        answer = self.knock(self.tms_endpoint, BODY)
        self.assertNotIn("session_id", answer.cookies)

    def test_the_same_message_again_is_a_duplicate_of_the_first(self):
        first = self.knock(self.tms_endpoint, BODY, message_id="evt-1").json()
        again = self.knock(self.tms_endpoint, BODY, message_id="evt-1")
        self.assertEqual(again.status_code, 200)
        self.assertEqual(again.json(), {**first, "duplicate": True})
        message = self.stored(self.tms_endpoint)
        self.assertEqual((len(message), message.duplicate_count), (1, 1))

    def test_the_same_id_with_another_body_is_refused_and_both_are_kept(self):
        other = BODY.replace(b"evt-1", b"evt-2")
        self.knock(self.tms_endpoint, BODY, message_id="evt-1")
        answer = self.knock(self.tms_endpoint, other, message_id="evt-1")
        problem = self.assertProblem(answer, 422, "idempotency-mismatch")
        first, second = self.stored(self.tms_endpoint)
        self.assertEqual((first.state, second.state), ("received", "refused"))
        self.assertEqual((first._body(), second._body()), (BODY, other))
        self.assertIn(first.uuid, second.error)
        self.assertEqual(second.trace_id, problem["trace_id"], "the answer leads to the evidence")

    def test_the_same_id_at_another_source_is_another_message(self):
        self.knock(self.tms_endpoint, BODY, message_id="evt-1")
        answer = self.knock(self.carrier_endpoint, BODY, message_id="evt-1")
        self.assertEqual(answer.status_code, 202)

    def test_without_an_id_of_the_sender_the_bytes_are_the_identity(self):
        endpoint = self.make_endpoint(
            self.make_system("parcels", "carrier"), "ups_bearer", SECRET, ["ups_track_alert"]
        )
        self.assertEqual(self.knock(endpoint, BODY).status_code, 202)
        self.assertEqual(self.knock(endpoint, BODY).status_code, 200)
        self.assertEqual(self.knock(endpoint, BODY + b" ").status_code, 202)

    def test_traceparent_is_taken_over(self):
        answer = self.knock(
            self.tms_endpoint, BODY, headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        )
        self.assertEqual(answer.json()["trace_id"], TRACE)
        self.assertEqual(self.stored(self.tms_endpoint).trace_id, TRACE)

    def test_a_malformed_traceparent_is_replaced(self):
        for malformed in (
            "nonsense",
            f"00-{TRACE}-00f067aa0ba902b7",
            f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
            f"00-{'0' * 32}-00f067aa0ba902b7-01",
            f"00-{TRACE}-{'0' * 16}-01",
            f"ff-{TRACE}-00f067aa0ba902b7-01",
        ):
            with self.subTest(malformed):
                answer = self.knock(self.tms_endpoint, BODY, headers={"traceparent": malformed})
                trace_id = answer.json()["trace_id"]
                self.assertRegex(trace_id, "^[0-9a-f]{32}$")
                self.assertNotIn(trace_id, (TRACE, "0" * 32))

    def sealed(self, message):
        """Return what lies in the database instead of the body."""
        self.env.cr.execute(
            "SELECT sealed FROM freight_message_payload WHERE direction = 'in' AND message_id = %s",
            [message.id],
        )
        return bytes(self.env.cr.fetchone()[0])


@tagged("post_install", "-at_install")
class TestUnauthenticated(HookCase):
    """One generic 401 whatever was wrong, and nothing is stored."""

    def assertClosed(self, answer, endpoint=None):
        problem = self.assertProblem(answer, 401, "unauthenticated")
        self.assertEqual(problem["detail"], UNAUTHENTICATED)
        self.assertFalse(self.stored(endpoint or self.tms_endpoint))

    def test_another_secret(self):
        other = "whsec_" + b64encode(b"another secret, 24 bytes").decode()
        self.assertClosed(self.knock(self.tms_endpoint, BODY, secret=other))

    def test_another_body(self):
        headers = {"Content-Type": "application/json", **self.signed(self.tms_endpoint, BODY)}
        self.assertClosed(self.knock_unsigned(self.tms_endpoint.code, BODY + b" ", headers))

    def test_no_signature(self):
        for name in ("webhook-signature", "webhook-id", "webhook-timestamp"):
            with self.subTest(name):
                self.assertClosed(self.knock(self.tms_endpoint, BODY, headers={name: None}))

    def test_malformed_signatures(self):
        for malformed in (
            "nonsense",
            "v1",
            "v1,",
            "v1 c2lnbmF0dXJl",
            "v1,***not base64***",
            "v1,c2lnbmF0dXJ",
            "v2,c2lnbmF0dXJl",
            "v1a,c2lnbmF0dXJl",
            "v1,\u00fc\u00e4".encode("latin-1"),
            " ".join(["v1,c2lnbmF0dXJl"] * 50),
        ):
            with self.subTest(malformed):
                self.assertClosed(
                    self.knock(self.tms_endpoint, BODY, headers={"webhook-signature": malformed})
                )

    def test_a_wrongly_signed_body_that_is_no_utf_8(self):
        self.assertClosed(
            self.knock(self.tms_endpoint, b"\xff\xfe\x00", headers={"webhook-signature": "v1,AAAA"})
        )

    def test_a_stale_and_a_future_timestamp(self):
        for offset in (-3600, -301, 330, 3600):
            with self.subTest(offset):
                self.assertClosed(
                    self.knock(self.tms_endpoint, BODY, timestamp=time.time() + offset)
                )

    def test_a_timestamp_that_is_no_time(self):
        for text in ("", "yesterday", "1e999", "-1", "nan"):
            with self.subTest(text):
                self.assertClosed(
                    self.knock(self.tms_endpoint, BODY, headers={"webhook-timestamp": text})
                )

    def test_a_source_without_a_secret_is_closed(self):
        self.tms_endpoint.credential_ids.unlink()
        self.assertClosed(self.knock(self.tms_endpoint, BODY))

    def test_a_source_without_a_profile_is_closed(self):
        headers = {"Content-Type": "application/json", **self.signed(self.tms_endpoint, BODY)}
        self.tms_endpoint.auth_profile_id = False
        self.assertClosed(self.knock_unsigned(self.tms_endpoint.code, BODY, headers))

    def test_a_bad_body_says_nothing_more(self):
        self.assertClosed(
            self.knock(self.tms_endpoint, b"{broken", headers={"webhook-signature": "v1,AAAA"})
        )

    def test_an_outbound_secret_opens_no_door(self):
        self.tms_endpoint.credential_ids.use = "outbound"
        self.assertClosed(self.knock(self.tms_endpoint, BODY))


@tagged("post_install", "-at_install")
class TestRotation(HookCase):
    def test_two_live_secrets_are_both_accepted(self):
        newer = "whsec_" + b64encode(b"the secret of next month").decode()
        self.add_secret(newer)
        for secret in (WHSEC, newer):
            self.assertEqual(self.knock(self.tms_endpoint, BODY, secret=secret).status_code, 202)

    def test_an_expired_secret_is_not(self):
        older = "whsec_" + b64encode(b"the secret of last month").decode()
        self.add_secret(older, expires=fields.Datetime.now() - timedelta(minutes=1))
        answer = self.knock(self.tms_endpoint, BODY, secret=older)
        self.assertProblem(answer, 401, "unauthenticated")
        self.assertEqual(self.knock(self.tms_endpoint, BODY).status_code, 202)

    def test_a_secret_holds_until_it_expires(self):
        overlap = "whsec_" + b64encode(b"the secret of this month").decode()
        credential = self.add_secret(overlap, expires=fields.Datetime.now() + timedelta(hours=1))
        self.assertEqual(self.knock(self.tms_endpoint, BODY, secret=overlap).status_code, 202)
        credential.active = False
        answer = self.knock(self.tms_endpoint, BODY, secret=overlap)
        self.assertProblem(answer, 401, "unauthenticated")

    def add_secret(self, secret, **values):
        return self.env["freight.credential"].create(
            {"endpoint_id": self.tms_endpoint.id, "secret": secret, **values}
        )


@tagged("post_install", "-at_install")
class TestRefused(HookCase):
    def assertNothingStored(self):
        self.assertFalse(self.stored(self.tms_endpoint))

    def test_an_unknown_source(self):
        answer = self.knock(self.tms_endpoint, BODY, source="nobody")
        self.assertProblem(answer, 404, "unknown-source")

    def test_a_disabled_source_answers_as_if_unknown(self):
        unknown = self.knock(self.tms_endpoint, BODY, source="nobody").json()
        self.tms_endpoint.state = "disabled"
        disabled = self.knock(self.tms_endpoint, BODY)
        problem = self.assertProblem(disabled, 404, "unknown-source")
        self.assertEqual({**problem, "trace_id": 0}, {**unknown, "trace_id": 0})
        self.assertNothingStored()

    def test_a_retired_source(self):
        self.tms_endpoint.state = "retired"
        self.assertProblem(self.knock(self.tms_endpoint, BODY), 410, "retired-source")
        self.assertNothingStored()

    def test_other_methods(self):
        address = f"{self.base_url()}/freight/v1/hooks/{self.tms_endpoint.code}"
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            with self.subTest(method):
                answer = self.opener.request(method, address, timeout=12)
                self.assertProblem(answer, 405, "method-not-allowed")
                self.assertEqual(answer.headers["Allow"], "POST, OPTIONS")

    def test_forms_are_refused_before_a_signature_is_computed(self):
        for media_type, body in (
            ("application/x-www-form-urlencoded", b"payload=%7B%7D"),
            ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"'
                                                b"\r\n\r\n1\r\n--x--\r\n"),
        ):  # fmt: skip
            with self.subTest(media_type):
                answer = self.knock(self.tms_endpoint, body, media_type=media_type)
                self.assertProblem(answer, 415, "unsupported-media-type")
        self.assertNothingStored()

    def test_a_media_type_that_nobody_reads(self):
        answer = self.knock(self.tms_endpoint, b"\x89PNG", media_type="image/png")
        self.assertProblem(answer, 415, "unsupported-media-type")
        self.assertNothingStored()

    def test_a_compressed_body(self):
        answer = self.knock(
            self.tms_endpoint, gzip.compress(BODY), headers={"Content-Encoding": "gzip"}
        )
        self.assertProblem(answer, 415, "unsupported-encoding")
        self.assertNothingStored()

    def test_two_mebibytes_and_the_sender_sees_the_answer(self):
        body = b'{"data": "' + b"x" * (2 * 1024 * 1024) + b'"}'
        self.assertProblem(self.knock(self.tms_endpoint, body), 413, "too-large")
        self.assertNothingStored()
        nowhere = self.knock(self.tms_endpoint, body, source="nobody")
        self.assertProblem(nowhere, 404, "unknown-source")

    def test_more_than_we_read_away(self):
        body = b"x" * (9 * 1024 * 1024)
        self.assertProblem(self.knock(self.tms_endpoint, body), 413, "too-large")

    def test_the_limit_is_the_endpoints_own(self):
        self.tms_endpoint.max_bytes = len(BODY)
        self.assertEqual(self.knock(self.tms_endpoint, BODY).status_code, 202)
        self.assertProblem(self.knock(self.tms_endpoint, BODY + b" "), 413, "too-large")

    def test_a_body_of_unknown_length(self):
        headers = {"Content-Type": "application/json", **self.signed(self.tms_endpoint, BODY)}
        answer = self.knock_unsigned(self.tms_endpoint.code, iter([BODY]), headers)
        self.assertProblem(answer, 411, "length-required")
        self.assertNothingStored()


@tagged("post_install", "-at_install")
class TestUnreadable(HookCase):
    """Who proved to be the sender is taken seriously: what it sent is kept as evidence."""

    def test_invalid_json_is_refused_and_kept(self):
        for body in (b'{"id": "evt-1"', b"", b"\xff\xfe{}", b"[1, 2"):
            with self.subTest(body):
                headers = {
                    "Content-Type": "application/json",
                    **self.signed(self.tms_endpoint, body),
                }
                answer = self.opener.post(
                    f"{self.base_url()}/freight/v1/hooks/{self.tms_endpoint.code}",
                    data=body, headers=headers, timeout=12,
                )  # fmt: skip
                self.env.invalidate_all()
                problem = self.assertProblem(answer, 400, "malformed")
                evidence = self.stored(self.tms_endpoint)[-1:]
                self.assertEqual((evidence.state, evidence._body()), ("refused", body))
                self.assertEqual(evidence.trace_id, problem["trace_id"])

    def test_what_was_refused_is_never_worked_off(self):
        self.knock(self.tms_endpoint, b"{broken")
        self.drain()
        self.assertEqual(self.stored(self.tms_endpoint).state, "refused")

    def test_a_corrected_message_may_use_the_id_of_a_refused_one(self):
        self.knock(self.tms_endpoint, b"{broken", message_id="evt-1")
        answer = self.knock(self.tms_endpoint, BODY, message_id="evt-1")
        self.assertEqual(answer.status_code, 202)

    def test_a_truncated_interchange_is_quarantined_since_carriers_give_up(self):
        whole = build_214(statuses=[("D1", "2026-11-04", "1115", "CS")])
        for length in (3, 60, 106, len(whole) // 2):
            with self.subTest(length):
                body = whole[:length]
                answer = self.knock(self.carrier_endpoint, body)
                self.assertEqual(answer.status_code, 202)
                self.assertEqual(answer.json()["status"], "quarantined")
                message = self.stored(self.carrier_endpoint)[-1:]
                self.assertEqual((message.state, message._body()), ("quarantined", body))
                self.assertTrue(message.error)

    def test_a_truncated_interchange_again_is_still_quarantined(self):
        body = build_214(statuses=[("D1", "2026-11-04", "1115", "CS")])[:200]
        self.knock(self.carrier_endpoint, body, message_id="one")
        answer = self.knock(self.carrier_endpoint, body, message_id="one")
        self.assertEqual((answer.status_code, answer.json()["status"]), (200, "quarantined"))


@tagged("post_install", "-at_install")
class TestWithoutAKey(HookCase):
    """Without a key nothing is accepted: nothing is answered that could not be sealed."""

    def test_no_key(self):
        with self.keys(""):
            self.assertNotReady(self.knock_signed())

    def test_no_key_although_the_secret_was_opened_before(self):
        self.assertEqual(self.knock_signed().status_code, 202)
        with self.keys("", forget=False):
            self.assertNotReady(self.knock_signed(), stored=1)

    def test_another_key(self):
        with self.keys("k9:" + b64encode(b"9" * 32).decode()):
            self.assertNotReady(self.knock_signed())

    def test_a_malformed_key(self):
        with self.keys("k1:short"):
            self.assertNotReady(self.knock_signed())

    def test_the_sender_may_come_back(self):
        headers = self.signed(self.tms_endpoint, BODY, message_id="evt-1")
        with self.keys(""):
            self.assertNotReady(self.knock_signed(headers))
        self.assertEqual(self.knock_signed(headers).status_code, 202)

    def assertNotReady(self, answer, stored=0):
        self.assertProblem(answer, 503, "not-ready")
        self.assertTrue(int(answer.headers["Retry-After"]) > 0)
        self.assertEqual(len(self.stored(self.tms_endpoint)), stored)

    def knock_signed(self, headers=None):
        headers = headers or self.signed(self.tms_endpoint, BODY)
        return self.knock_unsigned(
            self.tms_endpoint.code, BODY, {"Content-Type": "application/json", **headers}
        )

    @contextmanager
    def keys(self, text, forget=True):
        """Run with other vault keys; ``forget`` what a worker opened before."""
        self.env.flush_all()
        if forget:
            self.registry.clear_cache()
        self.addCleanup(self.registry.clear_cache)
        environment = {name: value for name, value in os.environ.items() if name != KEYS_VARIABLE}
        with (
            patch.dict(config.options, {KEYS_OPTION: text}),
            patch.dict(os.environ, environment, clear=True),
        ):
            yield
