"""Tokens: RFC 6749 client credentials, RFC 7009 revocation, RFC 6750 use."""

from base64 import b64encode
from datetime import timedelta
from unittest.mock import Mock, patch

import psycopg2
from freezegun import freeze_time
from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..api_tokens import digest
from ..models import freight_api_token
from .api_common import ApiCase

FORM = "application/x-www-form-urlencoded"


class TokenCase(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client(cls.tms_endpoint, "events:write shipments:read")
        cls.secret = cls.client._new_secret(overlap_hours=0)

    def ask(self, basic=True, path="/oauth/token", headers=None, **form):
        """POST a form to the token endpoint; prove the client by Basic unless told otherwise."""
        proof = basic if isinstance(basic, tuple) else (self.client.client_code, self.secret)
        sent = dict(headers or {})
        if basic:
            sent["Authorization"] = f"Basic {b64encode(':'.join(proof).encode()).decode()}"
        if "token" not in form and path == "/oauth/token":
            form.setdefault("grant_type", "client_credentials")
        self.env.flush_all()
        answer = self.opener.post(
            self.base_url() + f"/freight/v1{path}", data=form, headers=sent, timeout=30
        )
        self.env.invalidate_all()
        return answer

    def assertRefused(self, answer, status, error):
        self.assertEqual((answer.status_code, answer.json()["error"]), (status, error))
        self.assertEqual(answer.headers["Cache-Control"], "no-store")


@tagged("post_install", "-at_install")
class TestIssuing(TokenCase):
    def test_a_client_gets_a_token_that_works(self):
        answer = self.ask()
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        told = answer.json()
        self.assertEqual(
            {**told, "access_token": None},
            {
                "access_token": None,
                "token_type": "Bearer",
                "expires_in": 3600,
                "scope": "events:write shipments:read",
            },
        )
        self.assertTrue(told["access_token"].startswith("freight_st_"))
        self.assertEqual(
            self.call("GET", "/shipments", token=told["access_token"]).status_code, 200
        )

    def test_the_secret_may_stand_in_the_form(self):
        form = {"client_id": self.client.client_code, "client_secret": self.secret}
        self.assertEqual(self.ask(basic=False, **form).status_code, 200)

    def test_a_part_of_the_scopes_can_be_asked_for(self):
        answer = self.ask(scope="shipments:read")
        self.assertEqual(answer.json()["scope"], "shipments:read")
        token = answer.json()["access_token"]
        refused = self.call("POST", "/events", {}, token=token)
        self.assertProblem(refused, 403, "insufficient-scope")
        self.assertIn('error="insufficient_scope"', refused.headers["WWW-Authenticate"])

    def test_more_than_the_client_has_is_refused(self):
        self.assertRefused(self.ask(scope="shipments:read masters:read"), 400, "invalid_scope")
        self.client.scope_ids = False
        self.assertRefused(self.ask(), 400, "invalid_scope")

    def test_a_wrong_secret_and_an_unknown_client_look_alike(self):
        answers = [
            self.ask(basic=(self.client.client_code, "wrong")),
            self.ask(basic=("freight-nobody", self.secret)),
            self.ask(basic=("\x00", "\x00")),
            self.ask(basic=(self.client.client_code, "")),
            self.ask(basic=False),
            self.ask(basic=False, headers={"Authorization": "Basic ???"}),
            self.ask(basic=False, headers={"Authorization": "Bearer abc"}),
        ]
        for answer in answers:
            self.assertRefused(answer, 401, "invalid_client")
            self.assertIn("Basic", answer.headers["WWW-Authenticate"])
        self.assertEqual(len({answer.text for answer in answers}), 1)

    def test_a_client_that_is_out_of_use_gets_nothing(self):
        self.client.active = False
        self.assertRefused(self.ask(), 401, "invalid_client")
        self.client.active = True
        self.tms_endpoint.state = "disabled"
        self.assertRefused(self.ask(), 401, "invalid_client")

    def test_a_client_without_a_secret_is_closed(self):
        closed = self.make_client(self.tms_endpoint)
        for secret in ("", "-", "False"):
            self.assertRefused(self.ask(basic=(closed.client_code, secret)), 401, "invalid_client")

    def test_other_grants_are_not_there(self):
        self.assertRefused(self.ask(grant_type="password"), 400, "unsupported_grant_type")
        self.assertRefused(self.ask(grant_type=""), 400, "invalid_request")

    def test_what_is_no_such_form_is_refused(self):
        both = {"client_id": self.client.client_code, "client_secret": self.secret}
        self.assertRefused(self.ask(**both), 400, "invalid_request")
        twice = self.ask(scope=["shipments:read", "events:write"])
        self.assertRefused(twice, 400, "invalid_request")
        answer = self.call("POST", "/oauth/token", {"grant_type": "client_credentials"}, token=None)
        self.assertRefused(answer, 400, "invalid_request")
        for path in ("/oauth/token", "/hooks/test_tms"):
            answer = self.opener.post(
                self.base_url() + f"/freight/v1{path}",
                data=b"client_id=\xff",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                timeout=30,
            )
            self.assertProblem(answer, 400, "bad-request")
        answer = self.call("GET", "/oauth/token", token=None)
        self.assertProblem(answer, 405, "method-not-allowed")
        self.assertEqual(answer.headers["Allow"], "OPTIONS, POST")

    def test_a_rotated_secret_works_on_until_its_overlap_ends(self):
        old, self.secret = self.secret, self.client._new_secret(overlap_hours=2)
        self.assertEqual(self.ask().status_code, 200)
        self.assertEqual(self.ask(basic=(self.client.client_code, old)).status_code, 200)
        self.client.previous_until = fields.Datetime.now() - timedelta(seconds=1)
        self.assertRefused(self.ask(basic=(self.client.client_code, old)), 401, "invalid_client")
        self.assertEqual(self.ask().status_code, 200)

    def test_without_an_overlap_the_old_secret_ends_at_once(self):
        old, self.secret = self.secret, self.client._new_secret(overlap_hours=0)
        self.assertRefused(self.ask(basic=(self.client.client_code, old)), 401, "invalid_client")
        self.assertEqual(self.ask().status_code, 200)


@tagged("post_install", "-at_install")
class TestRevoking(TokenCase):
    def test_a_revoked_token_opens_nothing_from_then_on(self):
        token = self.ask().json()["access_token"]
        self.assertEqual(self.call("GET", "/shipments", token=token).status_code, 200)
        self.assertEqual(self.ask(path="/oauth/revoke", token=token).status_code, 200)
        self.assertProblem(self.call("GET", "/shipments", token=token), 401, "unauthenticated")

    def test_what_is_not_the_clients_is_answered_alike_and_goes_on(self):
        for other in (self.carrier_token, "nonsense", "\x00"):
            self.assertEqual(self.ask(path="/oauth/revoke", token=other).status_code, 200)
        self.assertEqual(self.call("GET", "/shipments", token=self.carrier_token).status_code, 200)

    def test_it_wants_a_client_and_a_token(self):
        self.assertRefused(
            self.ask(basic=False, path="/oauth/revoke", token="x"), 401, "invalid_client"
        )
        self.assertRefused(self.ask(path="/oauth/revoke"), 400, "invalid_request")


@tagged("post_install", "-at_install")
class TestUsing(TokenCase):
    def test_without_a_valid_token_nothing_opens(self):
        expired = self.make_token(
            self.client, "shipments:read", expires=fields.Datetime.now() - timedelta(seconds=1)
        )
        bodies = set()
        for token in ("wrong", expired, self.token[:-1], f"{self.token}x"):
            answer = self.call("GET", "/shipments", token=token)
            problem = self.assertProblem(answer, 401, "unauthenticated")
            self.assertIn('error="invalid_token"', answer.headers["WWW-Authenticate"])
            bodies.add(problem["detail"])
        answer = self.call("GET", "/shipments", token=None)
        self.assertProblem(answer, 401, "unauthenticated")
        self.assertEqual(answer.headers["WWW-Authenticate"], 'Bearer realm="freight"')
        self.assertEqual(len(bodies), 1)

    def test_a_token_in_the_address_is_not_taken(self):
        answer = self.call("GET", "/shipments", token=None, access_token=self.token)
        self.assertEqual(answer.status_code, 401)

    def test_what_a_client_loses_its_tokens_lose_at_once(self):
        for change in ({"active": False}, {"active": True}):
            self.tms_client.write(change)
            status = self.call("GET", "/shipments").status_code
            self.assertEqual(status, 200 if change["active"] else 401)
        scope = self.env.ref("freight_tms_connector.scope_shipments_read")
        for lost in (True, False):
            self.tms_client.scope_ids = [(3 if lost else 4, scope.id)]
            status = self.call("GET", "/shipments").status_code
            self.assertEqual(status, 403 if lost else 200)
        self.tms_endpoint.state = "disabled"
        self.assertEqual(self.call("GET", "/shipments").status_code, 401)

    def test_an_endpoint_lets_in_only_the_addresses_it_names(self):
        self.tms_endpoint.allowed_networks = "203.0.113.0/24"
        self.assertProblem(self.call("GET", "/shipments"), 401, "unauthenticated")
        self.assertRefused(self.ask(), 401, "invalid_client")
        self.tms_endpoint.allowed_networks = "203.0.113.0/24\n127.0.0.0/8"
        self.assertEqual(self.call("GET", "/shipments").status_code, 200)
        self.assertEqual(self.ask().status_code, 200)

    def test_the_last_use_is_noted_once_a_minute(self):
        token = self.env["freight.api.token"].search([("digest", "=", digest(self.token))])
        self.assertFalse(token.last_used)
        self.call("GET", "/shipments")
        first = token.last_used
        self.assertTrue(first)
        with patch.object(type(token), "_note_use") as noting:
            self.call("GET", "/shipments")
            noting.assert_not_called()
        token.last_used = first - timedelta(minutes=2)
        self.call("GET", "/shipments")
        self.assertGreaterEqual(token.last_used, first)

    @mute_logger("odoo.addons.freight_tms_connector.models.freight_api_token")
    def test_a_use_that_cannot_be_noted_fails_nobody(self):
        away = Mock(read_committed=Mock(side_effect=psycopg2.OperationalError))
        with patch.object(freight_api_token, "db", away):
            self.assertEqual(self.call("GET", "/shipments").status_code, 200)

    def test_the_database_holds_no_token_and_no_secret(self):
        self.env.flush_all()
        for table in ("freight_api_token", "freight_api_client"):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")
            rows = str(self.env.cr.fetchall())
            for text in (self.token, self.secret, self.carrier_token):
                self.assertNotIn(text, rows)

    def test_ended_tokens_are_forgotten_in_time(self):
        tokens = self.env["freight.api.token"]
        with freeze_time("2026-01-01"):
            old, _text = tokens._issue(
                self.client, "short", ["events:write"], fields.Datetime.now() + timedelta(hours=1)
            )
        tokens._purge()
        self.assertFalse(old.exists())
        self.assertEqual(self.call("GET", "/shipments").status_code, 200)
