"""What people search and see of messages."""

from lxml import etree
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .desk_common import DeskCase

MODELS = {
    "freight.message.in": ("tree", "form", "search", "kanban", "graph", "pivot"),
    "freight.message.out": ("tree", "form", "search"),
    "freight.message.replay": ("tree", "search"),
    "freight.endpoint": ("tree", "form", "search", "kanban"),
    "freight.ping.tally": ("tree",),
    "freight.message.rerun": ("form",),
    "freight.message.dismiss": ("form",),
    "freight.message.fix": ("form",),
}


@tagged("post_install", "-at_install")
class TestScreens(DeskCase):
    def test_every_view_loads_for_who_uses_it(self):
        for model, kinds in MODELS.items():
            with self.subTest(model):
                views = (
                    self.env[model]
                    .with_user(self.manager)
                    .get_views([(False, kind) for kind in kinds])["views"]
                )
                self.assertEqual({*views}, {*kinds})

    def test_the_payload_tab_is_for_those_who_may_read_it(self):
        for user, seen in ((self.manager, True), (self.auditor, True), (self.clerk, False)):
            views = self.env["freight.message.in"].with_user(user).get_views([(False, "form")])
            with self.subTest(user.login):
                self.assertEqual("freight_payload" in views["views"]["form"]["arch"], seen)

    def search(self, text, name):
        """Search as somebody who types ``text`` into the field ``name`` of the box."""
        arch = self.env["freight.message.in"].get_view(view_type="search")["arch"]
        node = etree.fromstring(arch).xpath(f"//field[@name='{name}']")[0]
        domain = safe_eval(node.get("filter_domain"), {"self": text})
        return self.env["freight.message.in"].with_user(self.manager).search(domain)

    def test_messages_are_found_by_what_people_have_in_hand(self):
        shipment = self.make_shipment(
            reference_ids=[(0, 0, {"type": "load", "value": "LOAD 77-A"})]
        )
        message = self.take_in(self.status(shipment), key="their-id-1", trace_id="ab" * 16)
        self.take_in(self.status("OTHER", "P2"), key="their-id-2")
        self.drain()
        for text in ("their-id-1", message.uuid, "ab" * 16):
            self.assertEqual(self.search(text, "message_key"), message)
        for text in (shipment.name, "load77a"):
            self.assertEqual(self.search(text, "shipment_ids"), message)
        self.assertIn(message, self.search("Test Carrier", "system_id"))

    def test_a_message_leads_to_its_shipments_and_their_traces(self):
        shipment = self.make_shipment()
        message = self.take_in(self.status(shipment))
        self.drain()
        mine = message.with_user(self.manager)
        self.assertEqual(mine.shipment_ids, shipment)
        self.assertEqual(mine.action_open_trace()["tag"], "freight_trace")
        other = self.make_shipment()
        self.env["freight.message.document"]._record(
            [(message.id, 7, "event", "applied", None, other.id, None)]
        )
        self.env.invalidate_all()
        self.assertEqual(mine.action_open_trace()["domain"], [("id", "in", mine.shipment_ids.ids)])
        self.assertEqual(mine.shipment_ids, shipment + other)

    def test_repeats_and_filtered_pings_are_counted(self):
        message = self.take_in(self.status("A-1"), key="one")
        self.take_in(self.status("A-1"), key="one")
        self.take_in(self.status("A-1"), key="one")
        self.env["freight.message.document"]._record(
            [(message.id, 0, "event", "filtered", None, None, None)]
        )
        self.env.invalidate_all()
        self.assertEqual(message.duplicate_count, 2)
        self.assertEqual(message.last_repeat, message.duplicate_ids[0].received)
        self.assertEqual(message.filtered_count, 1)

    def test_who_sees_no_message_sees_no_replay(self):
        with self.assertRaises(AccessError):
            self.env["freight.message.replay"].with_user(self.env.ref("base.public_user")).search(
                []
            )
