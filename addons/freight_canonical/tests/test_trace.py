from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import NOON, CanonicalCase


@tagged("post_install", "-at_install")
class TestTrace(CanonicalCase):
    def test_the_nodes_stand_in_the_order_of_time(self):
        shipment = self.make_shipment()
        self.report(
            self.document(shipment, "delivered", 9, place={"city": "Dallas", "state": "TX"}),
            self.document(shipment, "departed_pickup", 2),
        )
        trace = shipment.get_trace()
        self.assertEqual((trace["id"], trace["name"]), (shipment.id, shipment.name))
        self.assertEqual(trace["trace_id"], shipment.trace_id)
        times = [node["time"] for node in trace["nodes"]]
        self.assertEqual(times, sorted(times))
        [delivered] = [
            node for node in trace["nodes"]
            if node["stage"] == "event" and node["title"] == "Delivered"
        ]  # fmt: skip
        self.assertEqual(
            set(delivered),
            {"stage", "model", "res_id", "title", "subtitle", "time", "amount", "state",
             "trace_id", "parent"},
        )  # fmt: skip
        self.assertEqual(delivered["time"], f"{NOON.replace(hour=21).isoformat()}Z")
        self.assertIn("Dallas, TX", delivered["subtitle"])
        self.assertIsNone(delivered["state"])

    def test_what_was_retracted_is_shown_as_such(self):
        shipment = self.make_shipment()
        self.report(
            self.document(shipment, "delivered", 9, id="wrong"),
            self.document(shipment, "retraction", 10, retracts="wrong"),
        )
        states = {
            node["title"]: node["state"]
            for node in shipment.get_trace()["nodes"]
            if node["stage"] == "event"
        }
        self.assertEqual(states["Delivered"], "does not count")
        self.assertIsNone(states["Released"])

    def test_the_page_is_for_who_may_read_the_shipment(self):
        shipment = self.make_shipment()
        employee = self.make_user("no_role", "base.group_user")
        with self.assertRaises(AccessError):
            shipment.with_user(employee).get_trace()

    def test_the_action_opens_the_page_of_this_shipment(self):
        shipment = self.make_shipment()
        action = shipment.action_open_trace()
        self.assertEqual(action["tag"], "freight_trace")
        self.assertEqual(action["params"], {"shipment_id": shipment.id})
