"""Messages that are fetched, in real transactions: EDI is numbered once, acknowledged once."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor

from odoo.tests import tagged

from .. import codecs
from ..api_operation import Call
from ..routes import OPERATIONS
from .test_live import LiveCase

MESSAGES = 10
WORKERS = 8
BY_ID = {one.id: one for one in OPERATIONS}


class Calling:
    """Who calls, as far as these operations look at it."""

    def __init__(self, endpoint):
        self.endpoint_id = endpoint.id


@tagged("post_install", "-at_install")
class TestFetching(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.database.env() as env:
            env["freight.environment"]._declare(True)
            mapping = env["freight.mapping"].search([("code", "=", "x12_204_out")])
            cls.carrier_endpoint.with_env(env).write(
                {
                    "delivery_way": "pull",
                    "edi_sender": "OURSIDE",
                    "edi_receiver": "ABCD",
                    "subscription_ids": [(0, 0, {"pattern": "shipment.released"})],
                    "form_ids": [(0, 0, {"pattern": "*", "mapping_id": mapping.id})],
                }
            )
        cls.released(MESSAGES)

    def call(self, operation, document=None):
        """Return the body of an answer, given in a transaction whose snapshot is taken before."""
        with self.database.env() as env:
            env.cr.execute("SELECT count(*) FROM freight_message_payload")
            one = BY_ID[operation]
            caller = Calling(self.carrier_endpoint)
            call = Call(one, caller, "0" * 32, document=document)
            return getattr(env[one.model], one.handler)(call).body

    def test_many_fetch_the_same_bytes_and_acknowledge_once(self):
        with ThreadPoolExecutor(WORKERS) as pool:
            pages = list(pool.map(lambda _n: self.call("listOutbox"), range(WORKERS)))
        self.assertEqual(len({json.dumps(page, sort_keys=True) for page in pages}), 1)
        items = pages[0]["items"]
        self.assertEqual(len(items), MESSAGES)
        controls = []
        for item in items:
            [decoded] = codecs.get("x12").decode(base64.b64decode(item["data_base64"]))
            self.assertIsNone(decoded.error)
            controls.append(int(decoded.control["interchange"]))
        self.assertEqual(controls, list(range(1, MESSAGES + 1)))
        ids = [item["id"] for item in items]
        for result in ("acknowledged", "already"):
            answered = self.call("acknowledgeOutbox", {"ids": ids})["results"]
            self.assertEqual({one["result"] for one in answered}, {result})
        self.assertEqual(self.call("listOutbox")["items"], [])
        [[attempts]] = self.database.query(
            "SELECT count(*) FROM freight_message_attempt a"
            " JOIN freight_message_out m ON m.id = a.message_id WHERE m.uuid IN %s",
            tuple(ids),
        )
        self.assertEqual(attempts, MESSAGES)
