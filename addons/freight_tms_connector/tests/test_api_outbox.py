"""What partners behind a firewall fetch: offered until it is acknowledged, to nobody else."""

import base64
import hashlib
from unittest.mock import patch

from odoo.tests import tagged

from ..models import freight_message_out_pull
from .api_common import ApiCase


@tagged("post_install", "-at_install")
class TestOutbox(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["freight.environment"]._declare(True)
        cls.endpoint = cls.tms_endpoint
        cls.endpoint.write({"delivery_way": "pull", "on_dead_letter": "block"})
        cls.outbox = cls.env["freight.message.out"]

    def tell(self, subject, endpoint=None, **values):
        """Write a message about ``subject``; return it."""
        return self.outbox._enqueue(
            [
                {
                    "endpoint": endpoint or self.endpoint,
                    "company": self.company,
                    "event_type": "shipment.released",
                    "subject": subject,
                    "shipment": self.env["freight.shipment"],
                    "trace_id": False,
                    "data": {"n": subject},
                    **values,
                }
            ]
        )

    def offered(self, **query):
        answer = self.call("GET", "/outbox", query=query)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()

    def ids(self, **query):
        return [item["id"] for item in self.offered(**query)["items"]]

    def acknowledge(self, *ids, **values):
        answer = self.call("POST", "/outbox/acknowledgements", {"ids": [*ids]}, **values)
        self.assertEqual(answer.status_code, 200, answer.text)
        return [(one["id"], one["result"]) for one in answer.json()["results"]]

    def test_what_waits_is_offered_in_order_until_it_is_acknowledged(self):
        first, second = self.tell("a"), self.tell("b")
        page = self.offered()
        self.assertEqual([one["id"] for one in page["items"]], [first.uuid, second.uuid])
        self.assertIsNone(page["next"])
        self.assertEqual(page["items"][0]["data"], {"n": "a"})
        self.assertEqual(self.ids(), [first.uuid, second.uuid], "fetched is not acknowledged")
        self.assertEqual(self.drain("outbox"), 0, "no lane takes it")
        self.assertEqual(self.acknowledge(first.uuid), [(first.uuid, "acknowledged")])
        self.assertEqual(self.ids(), [second.uuid])
        self.assertEqual((first.state, second.state), ("delivered", "queued"))
        self.assertTrue(first.delivered)
        self.assertEqual(first.attempt_ids.mapped("outcome"), ["done"])

    def test_acknowledging_twice_does_no_harm(self):
        message = self.tell("a")
        self.acknowledge(message.uuid, message.uuid)
        stamp = message.delivered
        self.assertEqual(self.acknowledge(message.uuid), [(message.uuid, "already")])
        self.assertEqual((message.delivered, len(message.attempt_ids)), (stamp, 1))

    def test_what_is_given_up_or_made_up_is_unknown(self):
        given_up = self.tell("a")
        given_up.write({"state": "cancelled"})
        for identity in (given_up.uuid, "0" * 32):
            self.assertEqual(self.acknowledge(identity), [(identity, "unknown")])
        self.assertEqual(given_up.state, "cancelled")
        self.assertFalse(given_up.attempt_ids)

    def test_messages_of_others_are_neither_seen_nor_acknowledged(self):
        self.carrier_endpoint.delivery_way = "pull"
        theirs = self.tell("a", endpoint=self.carrier_endpoint)
        self.assertEqual(self.ids(), [])
        self.assertProblem(self.call("GET", f"/outbox/{theirs.uuid}"), 404, "not-found")
        self.assertEqual(self.acknowledge(theirs.uuid), [(theirs.uuid, "unknown")])
        self.assertEqual(theirs.state, "queued")
        answer = self.call("GET", "/outbox", token=self.carrier_token)
        self.assertEqual([one["id"] for one in answer.json()["items"]], [theirs.uuid])

    def test_pages_lose_and_repeat_nothing(self):
        told = [self.tell(str(number)).uuid for number in range(5)]
        seen, page = [], self.offered(limit=2)
        while page["next"]:
            seen += [one["id"] for one in page["items"]]
            page = self.offered(limit=2, cursor=page["next"])
        self.assertEqual(seen + [one["id"] for one in page["items"]], told)
        answer = self.call("GET", "/outbox", query={"cursor": "bm8"})
        self.assertProblem(answer, 400, "invalid-cursor")

    def test_a_page_of_long_messages_is_shorter(self):
        told = [self.tell(str(number)).uuid for number in range(3)]
        with patch.object(freight_message_out_pull, "PAGE_SIZE", 1):
            page = self.offered()
            self.assertEqual([one["id"] for one in page["items"]], told[:1])
            self.assertEqual(self.ids(cursor=page["next"]), told[1:2])

    def test_what_follows_a_dead_letter_is_held_back_as_the_endpoint_says(self):
        dead, follows, other = self.tell("a"), self.tell("a"), self.tell("b")
        dead.write({"state": "dead"})
        self.assertEqual(self.ids(), [other.uuid])
        self.endpoint.on_dead_letter = "pass"
        self.assertEqual(self.ids(), [follows.uuid, other.uuid])

    def test_other_forms_go_as_their_bytes(self):
        body = b"a;b\r\n\xff"
        message = self.tell("a", body=body, media_type="text/csv")
        [item] = self.offered()["items"]
        self.assertEqual(base64.b64decode(item["data_base64"]), body)
        self.assertEqual((item["datacontenttype"], item["id"]), ("text/csv", message.uuid))
        self.assertNotIn("data", item)
        answer = self.call("GET", f"/outbox/{message.uuid}")
        self.assertEqual(answer.content, body)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/csv"))
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        self.assertEqual(answer.headers["Content-Digest"], f"sha-256=:{digest}:")

    def test_what_claims_to_be_an_event_of_ours_is_wrapped(self):
        kind = "application/cloudevents+json"
        for body in (b"no json", b"[1]", b'{"id": "another"}'):
            message = self.tell("a", body=body, media_type=kind)
            item = self.offered()["items"][-1]
            self.assertEqual(item["id"], message.uuid)
            self.assertEqual(base64.b64decode(item["data_base64"]), body)

    def test_edi_is_numbered_once_when_it_is_first_fetched(self):
        self.endpoint.write(
            {"edi_sender": "OURSIDE", "edi_receiver": "ABCD", "edi_receiver_qualifier": "02"}
        )
        self.env["freight.endpoint.form"].create(
            {
                "endpoint_id": self.endpoint.id,
                "pattern": "shipment.released",
                "mapping_id": self.env["freight.mapping"].search([("code", "=", "x12_204_out")]).id,
            }
        )
        self.endpoint.write({"subscription_ids": [(0, 0, {"pattern": "shipment.released"})]})
        self.make_shipment()
        message = self.outbox.search([("endpoint_id", "=", self.endpoint.id)])
        self.assertTrue(message.unnumbered)
        first, again = (self.offered()["items"] for _round in range(2))
        self.assertEqual(first, again)
        self.assertTrue(base64.b64decode(first[0]["data_base64"]).startswith(b"ISA*"))
        self.assertTrue(message.control)

    def test_what_was_erased_is_left_out(self):
        gone, here = self.tell("a"), self.tell("b")
        self.env.cr.execute(
            "DELETE FROM freight_message_payload WHERE direction = 'out' AND message_id = %s",
            [gone.id],
        )
        self.assertEqual(self.ids(), [here.uuid])
        self.assertProblem(self.call("GET", f"/outbox/{gone.uuid}"), 404, "not-found")

    def test_what_was_acknowledged_can_be_read_again(self):
        message = self.tell("a")
        self.acknowledge(message.uuid)
        answer = self.call("GET", f"/outbox/{message.uuid}")
        self.assertEqual(answer.json()["id"], message.uuid)

    def test_connections_that_we_send_to_fetch_nothing(self):
        self.endpoint.delivery_way = "post"
        self.tell("a")
        self.assertProblem(self.call("GET", "/outbox"), 403, "not-fetched")
        answer = self.call("POST", "/outbox/acknowledgements", {"ids": ["0" * 32]})
        self.assertProblem(answer, 403, "not-fetched")

    def test_a_copy_hands_out_nothing_of_production(self):
        self.endpoint.environment = "production"
        self.tell("a")
        self.assertEqual(len(self.ids()), 1)
        self.env["freight.environment"]._declare(False)
        self.assertProblem(self.call("GET", "/outbox"), 403, "environment-closed")

    def test_reading_and_acknowledging_are_scopes_of_their_own(self):
        message = self.tell("a")
        reads = self.make_token(self.tms_client, "outbox:read")
        body = {"ids": [message.uuid]}
        answer = self.call("POST", "/outbox/acknowledgements", body, token=reads)
        self.assertProblem(answer, 403, "insufficient-scope")
        writes = self.make_token(self.tms_client, "outbox:write")
        self.assertProblem(self.call("GET", "/outbox", token=writes), 403, "insufficient-scope")
        self.assertEqual(message.state, "queued")

    def test_wrong_acknowledgements_are_refused(self):
        for body in ({}, {"ids": []}, {"ids": ["x"]}, {"ids": [1]}, {"ids": ["0" * 32] * 1001}):
            answer = self.call("POST", "/outbox/acknowledgements", body)
            self.assertProblem(answer, 422, "schema-violation")
