from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ReleaseCase


@tagged("post_install", "-at_install")
class TestReleaseFulfilment(ReleaseCase):
    """Events fulfil deliveries by policy, and deliveries report pickups by policy."""

    def test_nobody_validates_by_default(self):
        order = self.confirmed()
        self.report(order.freight_shipment_ids, "delivered")
        self.fulfil(order.freight_shipment_ids)
        self.assertNotEqual(order.picking_ids.state, "done")

    def test_the_pickup_validates_with_exact_quantities(self):
        self.policy(fulfil_on="pickup")
        self.stocked()
        order = self.confirmed()
        shipment = order.freight_shipment_ids
        self.fulfil(shipment)
        self.assertEqual(order.picking_ids.state, "assigned")
        self.report(shipment, "departed_pickup")
        self.names()
        self.fulfil(shipment)
        self.fulfil(shipment)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(order.order_line.qty_delivered, 20)
        self.assertFalse(self.cases("order_changed"))
        self.assertEqual(self.names(), [])

    def test_the_delivery_validates_and_the_pickup_does_not(self):
        self.policy(fulfil_on="delivery")
        order = self.confirmed()
        shipment = order.freight_shipment_ids
        self.report(shipment, "departed_pickup")
        self.fulfil(shipment)
        self.assertNotEqual(order.picking_ids.state, "done")
        self.report(shipment, "delivered")
        self.fulfil(shipment)
        self.assertEqual(order.picking_ids.state, "done")

    def test_what_cannot_be_validated_is_a_case_and_holds_up_nobody(self):
        self.policy(fulfil_on="pickup", consolidate=True)
        serial = self.goods("Engine", tracking="serial", weight=100)
        orders = self.order(goods=serial, quantity=1) | self.order()
        orders.action_confirm()
        shipment = orders.freight_shipment_ids
        self.assertEqual(len(shipment), 1)
        self.report(shipment, "departed_pickup")
        self.fulfil(shipment)
        self.assertEqual(orders[1].picking_ids.state, "done")
        self.assertNotEqual(orders[0].picking_ids.state, "done")
        case = self.cases("not_fulfilled", shipment)
        self.assertIn(orders[0].picking_ids.name, case.description)

    def test_goods_that_are_not_there_yet_are_not_shipped_from_nowhere(self):
        self.policy(fulfil_on="pickup")
        self.warehouse.delivery_steps = "pick_ship"
        order = self.confirmed()
        out = order.picking_ids.filtered(lambda one: one.picking_type_code == "outgoing")
        self.assertEqual(out.state, "waiting")
        self.report(order.freight_shipment_ids, "departed_pickup")
        self.fulfil(order.freight_shipment_ids)
        self.assertEqual(out.state, "waiting")
        self.assertIn("earlier step", self.cases("not_fulfilled").description)

    def test_validation_reports_the_pickup_only_by_policy(self):
        order = self.confirmed()
        self.validated(order.picking_ids)
        self.assertEqual(order.freight_shipment_ids.transport_state, "released")
        self.policy(report_pickup=True)
        other = self.confirmed()
        self.validated(other.picking_ids)
        self.assertEqual(other.freight_shipment_ids.transport_state, "in_transit")

    def test_the_last_delivery_of_a_shipment_reports_it(self):
        self.policy(report_pickup=True, consolidate=True)
        orders = self.order() | self.order()
        orders.action_confirm()
        shipment = orders.freight_shipment_ids
        self.validated(orders[0].picking_ids)
        self.assertEqual(shipment.transport_state, "released")
        self.validated(orders[1].picking_ids)
        self.assertEqual(shipment.transport_state, "in_transit")
        self.assertEqual(shipment.event_ids.mapped("type_code").count("departed_pickup"), 1)

    # Who may ------------------------------------------------------------------------------------

    def test_releasing_by_hand_needs_a_dispatcher(self):
        self.company.freight_release_policy = "manual"
        order = self.confirmed()
        salesman = new_test_user(
            self.env, "release_salesman", groups="sales_team.group_sale_salesman_all_leads"
        )
        store = new_test_user(self.env, "release_store", groups="stock.group_stock_user")
        dispatcher = new_test_user(
            self.env, "release_dispatcher", groups="freight_canonical.group_freight_dispatcher"
        )
        with self.assertRaises(AccessError):
            order.with_user(salesman).action_freight_release()
        for name in ("action_freight_release", "action_freight_hold", "action_freight_resume"):
            with self.subTest(name), self.assertRaises(AccessError):
                getattr(order.picking_ids.with_user(store), name)()
        order.with_user(dispatcher).action_freight_release()
        self.assertEqual(order.freight_shipment_ids.transport_state, "released")
        order.picking_ids.with_user(dispatcher).action_freight_hold()
        self.assertEqual(order.freight_shipment_ids.transport_state, "cancelled")

    def test_a_storeman_validates_without_a_freight_role(self):
        self.policy(report_pickup=True)
        order = self.confirmed()
        store = new_test_user(self.env, "release_store", groups="stock.group_stock_user")
        picking = order.picking_ids.with_user(store)
        self.validated(picking, 12)
        self.assertEqual(order.freight_shipment_ids.mapped("line_ids.quantity"), [8, 12])

    def test_what_left_is_not_held(self):
        order = self.confirmed()
        self.report(order.freight_shipment_ids, "departed_pickup")
        with self.assertRaisesRegex(UserError, "left its pickup"):
            order.picking_ids.action_freight_hold()

    def test_policies_are_the_managers(self):
        policy = self.policy(rule_ids=[(0, 0, {"mode": "ftl"})])
        reader = new_test_user(
            self.env, "release_auditor", groups="freight_canonical.group_freight_auditor"
        )
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertEqual(policy.with_user(reader).rule_ids.mode, "ftl")
        with self.assertRaises(AccessError):
            policy.with_user(reader).release_when = "manual"
        manager = new_test_user(
            self.env, "release_manager", groups="freight_canonical.group_freight_manager",
            company_id=other.id, company_ids=[(6, 0, other.ids)],
        )  # fmt: skip
        with self.assertRaises(AccessError):
            policy.with_user(manager).read(["name"])
        mine = self.env["freight.release.policy"].with_user(manager).create({})
        self.assertEqual(mine.company_id, other)
