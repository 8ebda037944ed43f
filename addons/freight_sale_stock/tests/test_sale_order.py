from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestSaleOrder(TransactionCase):
    """A confirmed order with a delivery becomes a shipment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.tms = cls.env["freight.system"].create(
            {"code": "sale_tms", "name": "TMS", "kind": "tms"}
        )
        cls.company.write({"freight_tms_id": cls.tms.id, "freight_release_policy": "confirm"})
        cls.customer = cls.env["res.partner"].create(
            {"name": "Consignee", "city": "Dallas", "zip": "75201",
             "country_id": cls.env.ref("base.us").id}
        )  # fmt: skip
        cls.goods = cls.env["product.product"].create(
            {"name": "Crate", "detailed_type": "consu", "weight": 26.0, "volume": 0.1}
        )
        cls.service = cls.env["product.product"].create(
            {"name": "Advice", "detailed_type": "service"}
        )

    def order(self, product=None, quantity=20, **values):
        return self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "client_order_ref": "PO 4711",
                "order_line": [
                    (0, 0, {"product_id": (product or self.goods).id, "product_uom_qty": quantity})
                ],
                **values,
            }
        )

    def test_confirmation_releases_a_shipment(self):
        order = self.order()
        order.action_confirm()
        shipment = order.freight_shipment_ids
        self.assertEqual(len(shipment), 1)
        self.assertEqual(shipment.transport_state, "released")
        self.assertEqual(shipment.stop_ids.mapped("role"), ["pickup", "delivery"])
        self.assertEqual(shipment.consignee_id, self.customer)
        self.assertEqual(shipment.picking_ids, order.picking_ids)
        self.assertAlmostEqual(shipment.line_ids.weight, 520.0)
        self.assertEqual(
            {(ref.type, ref.value) for ref in shipment.reference_ids},
            {("shipment", shipment.name), ("so", order.name), ("po", "PO 4711"),
             ("delivery_order", order.picking_ids.name)},
        )  # fmt: skip

    def test_goods_know_the_delivery_and_the_order_they_come_from(self):
        order = self.order()
        order.action_confirm()
        line = order.freight_shipment_ids.line_ids
        self.assertEqual(line.stock_move_id, order.picking_ids.move_ids)
        self.assertEqual(line.sale_line_id, order.order_line)

    def test_one_order_on_two_shipments_and_two_orders_on_one(self):
        first, second = self.order(), self.order()
        first.action_confirm()
        picking = first.picking_ids
        picking.move_ids.quantity = 12
        picking.move_ids.picked = True
        picking.with_context(cancel_backorder=False)._action_done()
        self.assertEqual(len(first.picking_ids), 2, first.picking_ids.mapped("state"))
        first.action_freight_release()
        self.assertEqual(len(first.freight_shipment_ids), 2)
        rest = first.freight_shipment_ids - picking.freight_shipment_id
        self.assertEqual(rest.line_ids.quantity, 8)
        self.company.freight_release_policy = "manual"
        second.action_confirm()
        second.picking_ids.freight_shipment_id = rest
        rest.sale_order_ids |= second
        self.assertEqual(rest.sale_order_ids, first | second)
        orders = [node["title"] for node in rest._trace_nodes() if node["stage"] == "order"]
        self.assertEqual(sorted(orders), sorted((first | second).mapped("name")))

    def test_services_ship_nothing(self):
        order = self.order(self.service)
        order.action_confirm()
        self.assertFalse(order.freight_shipment_ids)

    def test_by_hand_waits_for_a_person(self):
        self.company.freight_release_policy = "manual"
        order = self.order()
        order.action_confirm()
        self.assertFalse(order.freight_shipment_ids)
        order.action_freight_release()
        self.assertEqual(order.freight_shipment_ids.transport_state, "released")

    def test_releasing_twice_makes_one_shipment(self):
        order = self.order()
        order.action_confirm()
        order.action_freight_release()
        self.assertEqual(len(order.freight_shipment_ids), 1)

    def test_cancelling_the_order_cancels_the_shipment(self):
        order = self.order()
        order.action_confirm()
        order._action_cancel()
        self.assertEqual(order.freight_shipment_ids.transport_state, "cancelled")

    def test_a_salesman_without_freight_role_confirms(self):
        salesman = self.env["res.users"].create(
            {
                "name": "Salesman",
                "login": "freight_salesman",
                "groups_id": [(6, 0, [self.env.ref("sales_team.group_sale_salesman").id])],
            }
        )
        order = self.order(user_id=salesman.id)
        order.with_user(salesman).action_confirm()
        self.assertEqual(order.freight_shipment_ids.transport_state, "released")

    def test_the_trace_begins_with_the_order(self):
        order = self.order()
        order.action_confirm()
        nodes = order.freight_shipment_ids.get_trace()["nodes"]
        self.assertIn(("order", order.name), [(node["stage"], node["title"]) for node in nodes])

    def test_light_deliveries_go_as_parcels(self):
        self.company.freight_parcel_weight = 30.0
        light, heavy = self.order(quantity=1), self.order(quantity=2)
        (light + heavy).action_confirm()
        self.assertEqual(light.freight_shipment_ids.mode, "parcel")
        self.assertEqual(heavy.freight_shipment_ids.mode, self.company.freight_mode)

    def test_the_goods_leave_in_time_for_the_promised_day(self):
        promised = fields.Datetime.now() + timedelta(days=10)
        order = self.order(commitment_date=promised)
        order.action_confirm()
        shipment = order.freight_shipment_ids
        self.assertEqual(shipment.planned_delivery, order.commitment_date)
        self.assertEqual(shipment.planned_pickup, order.commitment_date - timedelta(days=2))

    def test_a_salesman_sees_of_the_trace_what_he_may(self):
        salesman = self.env["res.users"].create(
            {
                "name": "Salesman",
                "login": "freight_trace_salesman",
                "groups_id": [(6, 0, [self.env.ref("sales_team.group_sale_salesman").id])],
            }
        )
        order = self.order(user_id=salesman.id)
        order.action_confirm()
        nodes = order.freight_shipment_ids.with_user(salesman).get_trace()["nodes"]
        self.assertEqual({node["stage"] for node in nodes}, {"order", "transfer", "event"})
