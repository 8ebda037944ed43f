"""Routing rules that forward: the bytes or what they say, once, never back and never in circles."""

import json
from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import SECRET, ConnectorCase
from .x12_samples import build_214

STATUS = ("AF", "2026-11-02", "0930", "CS")


@tagged("post_install", "-at_install")
class TestForwarding(ConnectorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.platform = cls.make_system("platform", "tms")
        cls.target = cls.make_endpoint(
            cls.platform, "generic_hmac", SECRET, ["x12_214"], url="http://127.0.0.1:9/in"
        )

    def rule(self, **values):
        return self.env["freight.routing.rule"].create(
            {
                "endpoint_id": self.carrier_endpoint.id,
                "kind": "214",
                "forward_endpoint_id": self.target.id,
                **values,
            }
        )

    def send(self, shipment, control=1, endpoint=None, **details):
        body = build_214(shipment=shipment.name, statuses=[STATUS], control=control, **details)
        message = self.message(self.post(endpoint or self.carrier_endpoint, body))
        self.drain()
        return message

    def forwarded(self, endpoint=None):
        return self.env["freight.message.out"].search(
            [("endpoint_id", "=", (endpoint or self.target).id), ("forwarded_id", "!=", False)]
        )

    def test_the_very_bytes_once(self):
        self.rule()
        message = self.send(self.make_shipment())
        sent = self.forwarded()
        self.assertEqual((message.state, sent._body()), ("applied", message._body()))
        self.assertEqual((sent.trace_id, sent.forwarded_id), (message.trace_id, message))
        self.assertEqual((sent.event_type, sent.media_type),
                         ("forwarded.message", "application/edi-x12"))  # fmt: skip
        message.sudo()._restart("received")
        self.drain()
        self.assertEqual(len(self.forwarded()), 1)

    def test_what_it_says(self):
        self.rule(forward_as="documents")
        shipment = self.make_shipment()
        self.send(shipment)
        sent = self.forwarded()
        self.assertEqual((sent.event_type, sent.shipment_id), ("forwarded.event", shipment))
        document = json.loads(sent._body())["data"]["document"]
        self.assertEqual((document["kind"], document["type"]), ("event", "departed_pickup"))

    def test_what_it_says_in_their_form(self):
        self.rule(forward_as="documents")
        self.target.form_ids = [
            (0, 0, {"pattern": "forwarded.*", "mapping_id": self.env["freight.mapping"].search(
                [("code", "=", "json_plain_out")]).id})
        ]  # fmt: skip
        self.send(self.make_shipment())
        made = json.loads(self.forwarded()._body())
        self.assertEqual(made["document"]["type"], "departed_pickup")

    def test_an_ignored_one_may_pass_through(self):
        self.rule(action="ignore", reason="Only for the platform")
        message = self.send(self.make_shipment())
        self.assertEqual((message.state, len(self.forwarded())), ("ignored", 1))

    def test_one_that_no_rule_names_stays(self):
        self.rule(kind="210")
        self.send(self.make_shipment())
        self.assertFalse(self.forwarded())

    def test_rules_that_cannot_be(self):
        own = self.make_endpoint(
            self.carrier_system, "generic_hmac", SECRET, [], code="other_of_carrier"
        )
        with self.assertRaises(ValidationError):
            self.rule(forward_endpoint_id=own.id)
        with self.assertRaises(ValidationError):
            self.rule(action="ignore", reason="x", forward_as="documents")
        other = self.env["res.company"].create({"name": "Elsewhere"})
        abroad = self.make_endpoint(
            self.platform, "generic_hmac", SECRET, [], code="abroad", company_id=other.id
        )
        with self.assertRaises(ValidationError):
            self.rule(forward_endpoint_id=abroad.id)
        with self.assertRaises(ValidationError):
            self.rule(forward_endpoint_id=False)

    def test_a_circle_ends_and_is_reported(self):
        self.rule()
        self.env["freight.routing.rule"].create(
            {
                "endpoint_id": self.target.id,
                "kind": "214",
                "forward_endpoint_id": self.carrier_endpoint.id,
            }
        )
        shipment = self.make_shipment()
        endpoint, message = self.carrier_endpoint, self.send(shipment)
        for number in range(6):
            there = self.target if endpoint == self.carrier_endpoint else self.carrier_endpoint
            out = self.forwarded(there).filtered(lambda one, m=message: one.forwarded_id == m)
            if not out:
                break
            answer = self.post(there, out._body(), message_id=f"round-{number}")
            endpoint, message = there, self.message(answer)
            self.drain()
        self.assertEqual(len(self.forwarded() | self.forwarded(self.carrier_endpoint)), 3)
        case = self.env["freight.exception"].search([("dedup_key", "=like", "circle:%")])
        self.assertIn("comes back again", case.description)

    def test_the_same_bytes_on_another_day_are_another_fact(self):
        self.rule()
        shipment = self.make_shipment()
        for day in range(5):
            with freeze_time(fields.Datetime.now() + timedelta(days=2 * day)):
                body = build_214(shipment=shipment.name, statuses=[STATUS])
                self.post(self.carrier_endpoint, body, message_id=f"day-{day}")
                self.drain()
        self.assertEqual(len(self.forwarded()), 5)
