"""The OpenAPI document held against a live server: nothing undocumented, no server error.

schemathesis makes requests of the document, right ones and wrong ones, and checks each answer by
it: status, content type, schema and headers; that wrong requests are refused, right ones are not,
and nothing is open without a token. The examples are bounded and the same in each run.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from odoo.tests import BaseCase, tagged

from .api_common import ApiFixtures
from .common import Fixtures
from .live_server import LiveDatabase, LiveServer

#: Random requests for each operation, beside those at the bounds of each schema.
EXAMPLES = 10
#: Seconds that one run may take; it takes about thirty.
PATIENCE = 240
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")


@tagged("post_install", "-at_install")
class TestDocument(ApiFixtures, Fixtures, BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = LiveDatabase(cls.__name__.lower())
        cls.addClassCleanup(cls.database.drop)
        with cls.database.env() as cls.env:
            cls.make_fixtures()
            cls.number = cls.make_shipment().name
            cls.tms_endpoint.url = "http://127.0.0.1:9/"
            values = {"endpoint_id": cls.tms_endpoint.id, "pattern": "tender.sent"}
            subscriptions = cls.env["freight.subscription"].create([values, values])
            cls.subscription, cls.ended = subscriptions.mapped("uuid")
            cls.outbox_id = cls.waiting()
            client = cls.make_client(cls.tms_endpoint)
            cls.token = cls.make_token(client)
            cls.proof = f"{client.client_code}:{client._new_secret(overlap_hours=0)}"
            parameters = cls.env["ir.config_parameter"]
            # Thousands of wrong requests from one address are what this test is about.
            parameters.set_param("freight.address_failures_per_minute", "0")
        cls.server = LiveServer(cls.database)
        cls.addClassCleanup(cls.server.kill)
        cls.server.start()
        cls.url = f"http://127.0.0.1:{cls.server.port}/freight/v1/openapi.json"
        cls.message_id = cls.sent()

    @classmethod
    def waiting(cls):
        """Write messages that wait to be fetched, in two forms; return the id of the last."""
        cls.env["freight.environment"]._declare(True)
        cls.tms_endpoint.delivery_way = "pull"
        entry = {
            "endpoint": cls.tms_endpoint,
            "company": cls.tms_endpoint.company_id,
            "event_type": "shipment.released",
            "subject": cls.number,
            "shipment": cls.env["freight.shipment"],
            "trace_id": False,
        }
        return cls.env["freight.message.out"]._enqueue(
            [{**entry, "data": {}}, {**entry, "body": b"a;b", "media_type": "text/csv"}]
        )[-1].uuid  # fmt: skip

    @classmethod
    def sent(cls):
        """Send an event; return the id of its message."""
        with cls.database.env() as env:
            shipment = env["freight.shipment"].search([("name", "=", cls.number)])
            event = cls.event(shipment)
        status, receipt = cls.server.post(
            "/freight/v1/events",
            json.dumps(event),
            {"Content-Type": "application/json", "Authorization": f"Bearer {cls.token}"},
        )
        assert status == 202, receipt
        return receipt["id"]

    def schemathesis(self, *arguments):
        """Run schemathesis on the live document; what it finds is the failure."""
        known = {
            "reference": self.number,
            "id": self.message_id,
            "subscription": self.subscription,
            "ended": self.ended,
            "outbox": self.outbox_id,
            "type": "shipment.released.v1",
        }
        folder = tempfile.TemporaryDirectory()  # it leaves notes where it runs
        self.addCleanup(folder.cleanup)
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", self.url),
                *("--max-examples", str(EXAMPLES), "--generation-deterministic"),
                *("--phases", "examples,coverage,fuzzing", "--generation-allow-x00", "false"),
                *("--continue-on-failure", "--no-color"),
                *arguments,
            ],
            cwd=folder.name,
            env={
                **os.environ,
                "SCHEMATHESIS_HOOKS": str(HOOKS),
                "FREIGHT_KNOWN": json.dumps(known),
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        self.assertEqual(run.returncode, 0, f"{run.stdout}\n{run.stderr}")
        self.assertIn("No issues found", run.stdout)
        self.assertNotIn("Rate limited", run.stdout)

    def test_what_needs_a_token(self):
        self.schemathesis("--exclude-tag", "Access", "-H", f"Authorization: Bearer {self.token}")

    def test_what_needs_a_client(self):
        self.schemathesis("--include-tag", "Access", "--auth", self.proof)
