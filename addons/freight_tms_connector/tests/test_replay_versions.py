"""A replay under another version of the mapping: what it finds, and what it passes over."""

import json

from odoo.tests import tagged

from .test_inbox_queue import QueueCase


@tagged("post_install", "-at_install")
class TestReplayUnderAnotherVersion(QueueCase):
    EVENTS = (("departed_pickup", "2026-11-02T12:00:00Z"), ("delivered", "2026-11-04T12:00:00Z"))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mapping = cls.env["freight.mapping"].create(
            {"code": "own", "name": "Own", "codec": "json", "kind": "json"}
        )
        cls.tms_endpoint.mapping_ids = cls.mapping
        cls.shipment = cls.make_shipment()

    def activate(self, number, items):
        """Put a version to work that reads an event for each of ``items``, a JMESPath."""
        fields = [
            {"target": "type", "source": "each.type"},
            {"target": "raw_code", "source": "each.type"},
            {"target": "classifier", "default": "actual"},
            {"target": "occurred", "source": "each.at", "cast": "datetime"},
            {
                "target": "shipment.references[]",
                "foreach": "doc.shipment",
                "fields": [
                    {"target": "type", "default": "shipment"},
                    {"target": "value", "source": "each"},
                ],
            },
        ]
        version = self.env["freight.mapping.version"].create(
            {
                "mapping_id": self.mapping.id,
                "number": number,
                "definition": {
                    "documents": [{"kind": "event", "foreach": items, "fields": fields}]
                },
            }
        )
        version._activate()
        return version

    def push(self):
        body = {
            "shipment": self.shipment.name,
            "events": [{"type": kind, "at": moment} for kind, moment in self.EVENTS],
        }
        [message] = self.admit(self.tms_endpoint, json.dumps(body).encode(), codec="json")
        self.drain()
        return message

    def came(self):
        self.env.invalidate_all()
        events = self.shipment.event_ids.filtered(lambda event: event.source_id == self.tms)
        return sorted(events.mapped("type_code"))

    def again(self, message):
        message.action_replay()
        self.drain()
        return message

    def test_what_it_finds_at_a_place_that_was_settled_is_applied(self):
        self.activate(1, "doc.events[1:]")
        message = self.push()
        self.assertEqual(self.came(), ["delivered"])
        version = self.activate(2, "doc.events")
        self.again(message)
        self.assertEqual(self.came(), ["delivered", "departed_pickup"])
        self.assertEqual(message.document_ids.mapped("status"), ["applied", "duplicate"])
        self.assertEqual(message.document_ids.version_id, version)

    def test_what_it_does_not_find_any_more_leaves_no_row(self):
        self.activate(1, "doc.events")
        message = self.push()
        self.activate(2, "doc.events[:1]")
        self.again(message)
        self.assertEqual(message.document_ids.mapped("position"), [0])
        self.assertEqual(self.came(), ["delivered", "departed_pickup"], "what happened stands")

    def test_under_the_same_version_nothing_is_handed_out_again(self):
        self.activate(1, "doc.events")
        message = self.again(self.push())
        self.assertEqual(message.state, "applied")
        self.assertEqual(message.event_ids.mapped("duplicate_count"), [0, 0])

    def test_what_was_known_already_stays_ignored(self):
        self.activate(1, "doc.events")
        self.push()
        body = json.dumps(
            {
                "again": True,
                "shipment": self.shipment.name,
                "events": [{"type": kind, "at": moment} for kind, moment in self.EVENTS],
            }
        ).encode()
        [message] = self.admit(self.tms_endpoint, body, codec="json")
        self.drain()
        self.assertEqual(message.state, "ignored")
        self.assertEqual(self.again(message).state, "ignored")
