"""A webhook's source that proves itself by a token which we issued."""

import json

from odoo.tests import tagged

from .api_common import ApiCase


@tagged("post_install", "-at_install")
class TestIssuedTokens(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tms_endpoint.auth_profile_id = cls.env["freight.auth.profile"].search(
            [("code", "=", "issued_token")]
        )
        cls.env.flush_all()

    def push(self, token):
        body = self.cloud_event(self.make_shipment(), "dispatched", "e-1")
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self.knock_unsigned(self.tms_endpoint.code, body, headers)

    def test_a_token_of_its_own_client_opens(self):
        answer = self.push(self.token)
        self.assertEqual(answer.status_code, 202, answer.text)
        self.drain()
        self.assertEqual(self.stored(self.tms_endpoint).state, "applied")

    def test_nothing_else_does(self):
        revoked = self.make_token(self.tms_client)
        self.env["freight.api.token"].search([], order="id desc", limit=1).action_revoke()
        for token in (self.carrier_token, revoked, "wrong", None):
            answer = self.push(token)
            self.assertEqual((answer.status_code, json.loads(answer.text)["code"]),
                             (401, "unauthenticated"))  # fmt: skip
        self.assertFalse(self.stored(self.tms_endpoint))

    def test_it_must_be_allowed_to_report(self):
        answer = self.push(self.make_token(self.tms_client, "events:read"))
        self.assertEqual(answer.status_code, 403)
