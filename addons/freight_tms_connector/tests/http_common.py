"""Knock at the real door: signed requests to the controller over HTTP."""

import json

from odoo.tests import HttpCase

from ..cloudevents import BATCH
from ..models.freight_rate_limit import forget
from .common import ConnectorCase


class HookCase(ConnectorCase, HttpCase):
    """The fixtures of the connector behind a real HTTP server, in one transaction."""

    registry_test_mode = False  # ConnectorCase entered it already

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        forget()

    def knock(self, endpoint, body, **options):
        """POST ``body`` signed for ``endpoint``. Return the answer.

        :param headers: laid over those that prove the sender; None takes one away
        :param media_type: by default told by the body
        :param source: the path's last part where it is not the endpoint's code
        :param options: what :meth:`ConnectorCase.signed` takes
        """
        overlaid = options.pop("headers", {})
        source = options.pop("source", endpoint.code)
        media_type = options.pop("media_type", None) or (
            "application/edi-x12" if body.startswith(b"ISA") else "application/json"
        )
        headers = {
            "Content-Type": media_type,
            **self.signed(endpoint, body, **options),
            **overlaid,
        }
        return self.knock_unsigned(source, body, headers)

    def knock_unsigned(self, source, body, headers):
        """POST ``body`` with these headers and no others. Return the answer."""
        self.env.flush_all()
        answer = self.url_open(
            f"/freight/v1/hooks/{source}",
            data=body,
            headers={name: value for name, value in headers.items() if value is not None},
        )
        self.env.invalidate_all()
        return answer

    def stored(self, endpoint):
        """Return all messages that ``endpoint`` brought, the first one first."""
        return self.env["freight.message.in"].search(
            [("endpoint_id", "=", endpoint.id)], order="id"
        )

    def assertProblem(self, answer, status, code):
        """The answer is an RFC 9457 problem that can be traced."""
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        problem = json.loads(answer.text)
        self.assertEqual((problem["status"], problem["code"]), (status, code))
        self.assertRegex(problem["trace_id"], "^[0-9a-f]{32}$")
        self.assertEqual(set(problem), {"type", "title", "status", "detail", "code", "trace_id"})
        return problem


EVENT = {"specversion": "1.0", "id": "e-1", "source": "/tms", "type": "a.b", "data": {"n": 1}}


def event(number, **values):
    """Return a CloudEvent that no mapping reads."""
    return {**EVENT, "id": f"e-{number}", **values}


def batch(*events):
    """Return the bytes of a CloudEvents batch."""
    return json.dumps(events).encode()


class DoorCase(HookCase):
    """Sends batches, and turns what the door is configured by."""

    def knock_batch(self, *events, **options):
        """POST ``events`` as a signed batch of the TMS. Return the answer."""
        return self.knock(self.tms_endpoint, batch(*events), media_type=BATCH, **options)

    def parameter(self, name, value):
        """Set a system parameter."""
        self.env["ir.config_parameter"].set_param(name, value)

    def bodies(self, endpoint=None):
        """Return what lies in the inbox."""
        return [message._body() for message in self.stored(endpoint or self.tms_endpoint)]
