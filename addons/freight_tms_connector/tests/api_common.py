"""Call the real API over HTTP as a partner does."""

import json
import time
from datetime import timedelta

from odoo import fields

from .http_common import HookCase

EVERYTHING = (
    "shipments:read shipments:write events:read events:write documents:read documents:write"
    " masters:read masters:write messages:read outbox:read outbox:write"
    " subscriptions:read subscriptions:write"
)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class ApiFixtures:
    """Clients and tokens of the fixtures' endpoints, in ``cls.env``."""

    @classmethod
    def make_client(cls, endpoint, scopes=EVERYTHING):
        return cls.env["freight.api.client"].create(
            {
                "name": endpoint.name,
                "endpoint_id": endpoint.id,
                "scope_ids": [
                    (6, 0, cls.env["freight.api.scope"]
                     .search([("code", "in", scopes.split())]).ids)
                ],
            }
        )  # fmt: skip

    @classmethod
    def make_token(cls, client, scopes=EVERYTHING, **values):
        """Return the text of a new long-lived token."""
        values.setdefault("expires", fields.Datetime.now() + timedelta(days=1))
        return cls.env["freight.api.token"]._issue(
            client, kind="long", scopes=scopes.split(), **values
        )[1]

    @classmethod
    def event(cls, shipment, event_type="dispatched", identity=None, **data):
        """Return a canonical event document."""
        return {
            "kind": "event",
            "id": identity or f"evt-{time.monotonic_ns()}",
            "shipment": {"references": [{"type": "shipment", "value": shipment.name}]},
            "type": event_type,
            "raw_code": event_type,
            "classifier": "actual",
            "occurred": "2026-11-02T12:00:00Z",
            **data,
        }


class ApiCase(ApiFixtures, HookCase):
    """A TMS and a carrier with tokens for everything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tms_client = cls.make_client(cls.tms_endpoint)
        cls.carrier_client = cls.make_client(cls.carrier_endpoint)
        cls.token = cls.make_token(cls.tms_client)
        cls.carrier_token = cls.make_token(cls.carrier_client)
        cls.env.flush_all()

    def call(self, method, path, body=None, token=True, headers=None, query=None, **params):
        """Call ``/freight/v1`` + ``path``; return the answer.

        :param body: bytes, or what is sent as JSON
        :param token: a text, True for the TMS's, None for none
        :param query: further parameters, laid over ``params``
        """
        self.env.flush_all()
        sent = {"Content-Type": "application/json"} if body is not None else {}
        token = self.token if token is True else token
        if token:
            sent["Authorization"] = f"Bearer {token}"
        sent.update(headers or {})
        if isinstance(body, dict | list):
            body = json.dumps(body).encode()
        answer = self.opener.request(
            method,
            self.base_url() + f"/freight/v1{path}",
            data=body,
            headers={name: value for name, value in sent.items() if value is not None},
            params={**params, **(query or {})},
            timeout=30,
        )
        self.env.invalidate_all()
        return answer

    def assertProblem(self, answer, status, code):
        """The answer is an RFC 9457 problem that can be traced."""
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        problem = answer.json()
        self.assertEqual((problem["status"], problem["code"]), (status, code))
        self.assertRegex(problem["trace_id"], "^[0-9a-f]{32}$")
        return problem
