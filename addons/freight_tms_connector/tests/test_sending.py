"""What we send and what its answers mean, against a real server that misbehaves."""

import hashlib
import json
import re
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from .. import outgoing
from ..models import freight_message_out_claim, freight_message_out_delivery
from ..outgoing import Limits
from .common import WHSEC
from .misbehaving_server import Authority, TlsPartner, hang_up, named, no_http, reset, slow
from .partner_api import as_json, dripping, endless, truncated
from .sending_common import OK, SendingCase

OTHER = "whsec_" + b64encode(b"another secret of thirty-two byt").decode()
IM = "freight_tms_connector.group_integration_manager"


@tagged("post_install", "-at_install")
class TestHeaders(SendingCase):
    def sent(self):
        self.tell()
        self.send()
        _path, _query, headers, body = self.partner.requests[-1]
        return headers, body

    def test_a_partner_verifies_it_with_the_standard_library(self):
        headers, body = self.sent()
        self.assertEqual(Webhook(WHSEC).verify(body, headers), json.loads(body))
        with self.assertRaises(WebhookVerificationError):
            Webhook(WHSEC).verify(body + b" ", headers)
        with self.assertRaises(WebhookVerificationError):
            Webhook(OTHER).verify(body, headers)

    def test_while_a_secret_is_rotated_both_verify(self):
        old = self.endpoint.credential_ids.filtered(lambda one: one.use == "outbound")
        old.expires = fields.Datetime.now() + timedelta(days=1)
        self.endpoint.credential_ids = [(0, 0, {"use": "outbound", "secret": OTHER})]
        headers, body = self.sent()
        self.assertEqual(len(headers["webhook-signature"].split()), 2)
        for secret in (WHSEC, OTHER):
            Webhook(secret).verify(body, headers)
        old.expires = fields.Datetime.now() - timedelta(seconds=1)
        headers, body = self.sent()
        Webhook(OTHER).verify(body, headers)
        with self.assertRaises(WebhookVerificationError):
            Webhook(WHSEC).verify(body, headers)

    def test_all_headers(self):
        headers, body = self.sent()
        message = self.outbox.search([], limit=1)
        digest = b64encode(hashlib.sha256(body).digest()).decode()
        self.assertEqual(headers["webhook-id"], message.uuid)
        self.assertEqual(headers["Idempotency-Key"], message.uuid)
        self.assertEqual(headers["Content-Digest"], f"sha-256=:{digest}:")
        self.assertEqual(headers["Content-Type"], "application/cloudevents+json")
        self.assertEqual(headers["Content-Length"], str(len(body)))
        self.assertRegex(headers["traceparent"], r"^00-[0-9a-f]{32}-[0-9a-f]{16}-01$")
        self.assertEqual(json.loads(body)["traceparent"][:2], "00")
        self.assertTrue(headers["User-Agent"].startswith("Odoo/"))
        self.assertEqual(json.loads(body)["id"], message.uuid)

    def test_the_trace_is_that_of_the_fact(self):
        self.tell(trace_id="ab" * 16)
        self.send()
        self.assertIn("ab" * 16, self.partner.requests[-1][2]["traceparent"])


@tagged("post_install", "-at_install")
class TestOutcomes(SendingCase):
    def outcome(self, answer):
        """Return the message after one attempt that is answered so."""
        message = self.tell()
        self.send(answer)
        return message

    def test_2xx_is_done(self):
        for status in (200, 201, 202, 204):
            message = self.outcome((status, {}, b""))
            self.assertEqual((message.state, message.attempts), ("delivered", 1), status)
            self.assertFalse(message.error or message.claim_token or message.next_attempt)
            self.assertTrue(message.delivered)

    def test_what_the_body_is_like_does_not_matter(self):
        with patch.object(outgoing, "EXCERPT_SECONDS", 0.1):
            for answer in (endless(), truncated(b"o", 99), dripping(3), (200, {}, b"\x00\xff")):
                self.assertEqual(self.outcome(answer).state, "delivered")

    def test_what_may_pass_is_tried_again(self):
        for status in (408, 425, 429, 500, 502, 503, 504, 599):
            message = self.outcome((status, {}, b"later"))
            self.assertEqual((message.state, message.attempts), ("retry", 1), status)
            self.assertEqual(message.attempt_ids.status, status)
            self.assertIn("later", message.error)
            self.breaker().unlink()

    def test_faults_of_the_network_are_tried_again(self):
        for answer in (reset, hang_up, no_http, slow(2)):
            message = self.outcome(answer)
            self.assertEqual((message.state, message.attempt_ids.status), ("retry", 0), answer)
            self.breaker().unlink()
        self.partner.close()
        self.assertEqual(self.outcome(OK).state, "retry")

    def test_what_will_not_change_is_a_dead_letter_at_once(self):
        for status in (300, 304, 400, 401, 403, 404, 405, 409, 413, 415, 422, 451):
            message = self.outcome((status, {}, b"no"))
            self.assertEqual((message.state, message.attempts), ("dead", 1), status)
            self.assertIn(str(status), message.error)

    def test_a_redirect_is_not_followed_and_says_what_to_do(self):
        other = self.up()
        for status in (301, 302, 307, 308):
            message = self.outcome((status, {"Location": other.url}, b""))
            self.assertEqual(message.state, "dead")
            self.assertIn("redirects are not followed", message.error)
        self.assertFalse(other.requests)

    def test_the_schedule_with_its_jitter_and_its_end(self):
        message = self.tell()
        self.answers((500, {}, b""))
        low, high = [], []
        with freeze_time("2026-11-02 12:00:00") as clock:
            for number in range(10):
                self.env["freight.breaker"].search([]).unlink()
                self.due()
                self.send()
                if message.next_attempt:
                    low.append(message.next_attempt - fields.Datetime.now())
                self.assertEqual(message.attempts, number + 1)
                clock.tick(60)
        high = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
        for waited, scheduled in zip(low, high, strict=True):
            self.assertTrue(0.79 * scheduled - 1 <= waited.total_seconds() <= 1.21 * scheduled)
        self.assertEqual(message.state, "dead")
        self.assertEqual(len(message.attempt_ids), 10)
        case = self.env["freight.exception"].search([("code", "=", "message_failed")])
        self.assertIn(self.endpoint.name, case.description)

    def test_retry_after_is_honoured(self):
        noon = datetime(2026, 11, 2, 12, tzinfo=timezone.utc)
        date = format_datetime(noon + timedelta(hours=2), usegmt=True)
        for status in (429, 503):
            for header in ("7200", date):
                with freeze_time("2026-11-02 12:00:00"):
                    message = self.outcome((status, {"Retry-After": header}, b""))
                    self.assertEqual(message.next_attempt, datetime(2026, 11, 2, 14))
                    paused = self.breaker()
                    self.assertEqual((paused.state, paused.until), ("paused", message.next_attempt))
                paused.unlink()

    def test_a_partner_who_asks_for_a_pause_is_left_alone(self):
        self.outcome((429, {"Retry-After": "3600"}, b""))
        self.answers(OK)
        others = self.tell(3)
        self.send()
        self.assertEqual(len(self.partner.requests), 1)
        self.assertEqual(set(others.mapped("state")), {"queued"})
        self.assertIn("asked us to wait", self.endpoint.health_reason)
        self.probe_due()
        self.send()
        self.assertEqual(set(self.outbox.search([]).mapped("state")), {"delivered"})

    def test_gone_stops_deliveries_until_a_person_acts(self):
        [gone, waiting] = self.tell(2)[:2]
        with patch.object(freight_message_out_claim, "AT_ONCE", 1):
            self.send((410, {}, b""))
        self.assertTrue(self.endpoint.deliveries_stopped)
        self.assertEqual((gone.state, waiting.state, waiting.attempts), ("retry", "queued", 0))
        self.assertEqual(len(self.partner.requests), 1)
        case = self.env["freight.exception"].search([("code", "=", "partner_down")])
        self.assertEqual((case.state, case.dedup_key), ("open", f"gone:{self.endpoint.code}"))
        with self.assertRaises(AccessError):
            user = new_test_user(self.env, "gone_user", "freight_canonical.group_freight_user")
            self.endpoint.with_user(user).action_resume_deliveries()
        manager = new_test_user(self.env, "gone_im", IM)
        self.endpoint.with_user(manager).action_resume_deliveries()
        self.assertEqual(case.state, "resolved" if case.state != "open" else "open")
        self.send(OK)
        self.assertEqual((gone.state, waiting.state), ("delivered", "delivered"))
        self.assertNotEqual(case.state, "open")

    def test_what_a_partner_echoes_does_not_tell_our_secret(self):
        bearer = self.env["freight.auth.profile"].search([("code", "=", "ups_bearer")])
        self.endpoint.outbound_profile_id = bearer
        secret = "a-secret-that-nobody-may-read"
        self.endpoint.credential_ids.filtered(lambda one: one.use == "outbound").secret = secret
        message = self.tell()
        self.partner.answers = None

        def echo(handler):
            body = "\n".join(f"{name}: {value}" for name, value in handler.headers.items())
            handler.send_response(400)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body.encode())

        self.send(echo)
        sent = str(self.partner.requests[-1][2])
        self.assertIn(secret, sent, "the profile proves us by it")
        kept = f"{message.error} {message.attempt_ids.answer}"
        self.assertNotIn(secret, kept)
        self.assertIn("[...]", kept)
        self.assertLessEqual(len(message.attempt_ids.answer), 500)

    def test_an_attempt_tells_what_happened(self):
        message = self.outcome((503, {}, b"busy"))
        self.due()
        self.send(OK)
        last, first = message.attempt_ids
        self.assertEqual((first.status, first.outcome, first.answer), (503, "retry", "busy"))
        self.assertEqual((last.status, last.outcome), (204, "done"))
        self.assertTrue(first.started and first.duration > 0)


@tagged("post_install", "-at_install")
class TestObstacles(SendingCase):
    def test_an_address_that_is_refused_is_a_dead_letter_with_a_reason(self):
        self.endpoint.environment = "sandbox"
        with named("meta.example", "169.254.169.254"):
            self.endpoint.url = "http://meta.example/x"
            message = self.tell()
            self.send()
        self.assertEqual(message.state, "dead")
        self.assertIn("private network", message.error)
        self.assertFalse(self.breaker().filtered(lambda one: one.state != "closed"))

    def test_outside_the_sandbox_only_https_to_public_or_allowed_addresses(self):
        self.env["freight.environment"]._declare(True)
        with self.assertRaisesRegex(ValidationError, "https://"):
            self.endpoint.environment = "production"
        authority = Authority()
        self.addCleanup(authority.close)
        partner = TlsPartner(authority.issue("partner.example"), lambda _p, _q: as_json({}))
        self.addCleanup(partner.close)
        self.endpoint.write({"url": partner.url, "environment": "production"})
        with named("partner.example", "127.0.0.1"), authority.trusted():
            message = self.tell()
            self.send()
            self.assertEqual(message.state, "dead")
            self.assertFalse(partner.requests)
            self.env["ir.config_parameter"].set_param("freight.outgoing_allowed", "127.0.0.0/8")
            message.action_resend()
            self.send()
        self.assertEqual(message.state, "delivered")
        self.assertEqual(partner.requests[0][2]["webhook-id"], message.uuid)

    def test_a_wrong_certificate_is_tried_again(self):
        authority = Authority()
        self.addCleanup(authority.close)
        partner = TlsPartner(authority.issue("other.example"), lambda _p, _q: as_json({}))
        self.addCleanup(partner.close)
        self.endpoint.url = partner.url
        with named("partner.example", "127.0.0.1"), authority.trusted():
            message = self.tell()
            self.send()
        self.assertEqual(message.state, "retry")
        self.assertRegex(message.error, "(?i)certificate")
        self.assertFalse(partner.requests)

    def test_addresses_that_cannot_be_meant_are_refused_when_they_are_saved(self):
        for url in ("https://u:p@a.example/", "ftp://a.example", "https://", "nonsense"):
            with self.subTest(url), self.assertRaises(ValidationError):
                self.endpoint.url = url

    def test_without_address_or_secret_it_says_what_to_do(self):
        self.endpoint.url = False
        message = self.tell()
        self.send()
        self.assertIn("no address", message.error)
        self.endpoint.url = self.partner.url
        self.endpoint.credential_ids.filtered(lambda one: one.use == "outbound").unlink()
        message.action_resend()
        self.send()
        self.assertEqual(message.state, "dead")
        self.assertIn("no secret", message.error)

    def test_what_waits_for_a_disabled_endpoint_is_not_lost(self):
        message = self.tell()
        self.endpoint.state = "disabled"
        self.send()
        self.assertEqual((message.state, message.attempts), ("queued", 0))
        self.endpoint.state = "active"
        self.send()
        self.assertEqual(message.state, "delivered")

    def test_an_erased_body_is_not_sent_empty(self):
        message = self.tell()
        self.env.cr.execute(
            "DELETE FROM freight_message_payload WHERE message_id = %s", message.ids
        )
        self.send()
        self.assertEqual((message.state, self.partner.requests), ("dead", []))


@tagged("post_install", "-at_install")
class TestOrder(SendingCase):
    def sequence(self, policy):
        """Return three messages of one key after the first became a dead letter."""
        self.endpoint.on_dead_letter = policy
        messages = self.tell(3, subject="one key")
        self.send((422, {}, b""))
        self.answers(OK)
        self.send()
        return messages

    def test_a_dead_letter_holds_back_what_follows(self):
        messages = self.sequence("block")
        self.assertEqual(messages.mapped("state"), ["dead", "queued", "queued"])
        messages[0].action_resend()
        self.send()
        self.assertEqual(messages.mapped("state"), ["delivered"] * 3)
        self.assertEqual(self.ids, [messages[0].uuid, *messages.mapped("uuid")])

    def test_a_dead_letter_is_passed_over_where_the_endpoint_says_so(self):
        messages = self.tell(3, subject="one key")
        self.endpoint.on_dead_letter = "pass"
        replies = iter([(422, {}, b""), OK, OK])
        self.partner.answers = lambda _path, _query: next(replies)
        self.send()
        self.assertEqual(messages.mapped("state"), ["dead", "delivered", "delivered"])
        self.assertEqual(self.ids, messages.mapped("uuid"))

    def test_keys_do_not_wait_for_each_other(self):
        self.tell(2, subject="bad")
        good = self.tell(2, subject="good")
        bad_ids = self.outbox.search([("subject", "=", "bad")]).mapped("uuid")

        def answer(handler):
            handler.send_response(500 if handler.headers["webhook-id"] in bad_ids else 204)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.send(answer)
        self.assertEqual(good.mapped("state"), ["delivered", "delivered"])
        self.assertEqual(
            self.outbox.search([("subject", "=", "bad")], order="id").mapped("state"),
            ["retry", "queued"],
        )

    def test_one_that_has_much_takes_no_turn_from_others(self):
        other = self.up()
        self.carrier_endpoint.write({"url": other.url, **self.proof})
        self.tell(100)
        self.tell(1, self.carrier_endpoint)
        self.env.flush_all()
        self.outbox._queue_step()
        self.assertEqual(len(other.requests), 1, "in the first batch already")
        self.assertEqual(len(self.partner.requests), freight_message_out_claim.AT_ONCE)

    def test_no_more_than_so_many_are_under_way_to_one(self):
        self.tell(30)
        first = self.outbox._queue_claim()[1]
        self.assertEqual(len(first), freight_message_out_claim.AT_ONCE)
        self.assertFalse(self.outbox._queue_claim()[1], "another lane finds no room")

    def test_many_deliveries_take_few_queries(self):
        self.tell(8)
        self.env.flush_all()
        with patch.object(freight_message_out_delivery, "LIMITS", Limits(5, 5, 100)):
            before = self.env.cr.sql_log_count
            self.outbox._queue_step()
            self.assertLess(self.env.cr.sql_log_count - before, 90)
        self.assertEqual(len(set(self.ids)), 8)
        self.assertTrue(all(re.fullmatch("[0-9a-f]{32}", one) for one in self.ids))
