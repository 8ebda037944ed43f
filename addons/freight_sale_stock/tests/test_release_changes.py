from datetime import datetime, timedelta

from odoo.tests import tagged

from .common import ReleaseCase


@tagged("post_install", "-at_install")
class TestReleaseChanges(ReleaseCase):
    """A changed or cancelled order sends its change; delivery and shipment stay in step."""

    def released(self, **values):
        order = self.confirmed(commitment_date=datetime(2030, 3, 1, 18), **values)
        self.assertEqual(self.names(), ["shipment.released"])
        return order

    def test_a_changed_quantity_is_told_once(self):
        order = self.released()
        order.order_line.product_uom_qty = 24
        order.client_order_ref = "PO 99"
        self.commit()
        shipment = order.freight_shipment_ids
        self.assertEqual(shipment.line_ids.quantity, 24)
        self.assertEqual(self.last_body()["weight_kg"], "624.000")
        self.assertIn({"type": "po", "value": "PO 99"}, self.last_body()["references"])
        self.assertEqual(self.names(), ["shipment.changed"])

    def test_fewer_pieces_are_told(self):
        order = self.released()
        order.order_line.product_uom_qty = 15
        self.commit()
        shipment = order.freight_shipment_ids
        self.assertEqual(shipment.pieces, sum(order.picking_ids.filtered(
            lambda one: one.state != "cancel").move_ids.mapped("product_uom_qty")))  # fmt: skip

    def test_nothing_material_is_not_told(self):
        order = self.released()
        order.note = "Call before"
        order.picking_ids.note = "Ring twice"
        order.order_line.product_uom_qty = 24
        order.order_line.product_uom_qty = 20
        self.commit()
        self.assertNotIn("shipment.changed", self.names()[1:])

    def test_a_line_added_joins_the_shipment(self):
        order = self.released()
        order.order_line = [(0, 0, {"product_id": self.drum.id, "product_uom_qty": 2})]
        self.commit()
        self.assertEqual(order.freight_shipment_ids.line_ids.product_id, self.crate | self.drum)
        self.assertEqual(self.names(), ["shipment.changed"])

    def test_a_line_at_zero_leaves_it(self):
        order = self.released(
            order_line=[
                (0, 0, {"product_id": self.crate.id, "product_uom_qty": 5}),
                (0, 0, {"product_id": self.drum.id, "product_uom_qty": 2}),
            ]
        )
        move = order.picking_ids.move_ids.filtered(lambda one: one.product_id == self.drum)
        move._action_cancel()
        self.commit()
        self.assertEqual(order.freight_shipment_ids.line_ids.product_id, self.crate)
        self.assertEqual(self.names(), ["shipment.changed"])

    def test_a_new_promise_moves_the_windows_that_nobody_planned_otherwise(self):
        order = self.released()
        shipment = order.freight_shipment_ids
        order.commitment_date += timedelta(days=3)
        self.commit()
        self.assertEqual(shipment.planned_delivery, order.commitment_date)
        self.assertEqual(shipment.stop_ids[-1].window_end, order.commitment_date)
        self.assertEqual(self.names(), ["shipment.changed"])

    def test_what_the_tms_planned_stays_and_a_person_is_told(self):
        order = self.released()
        shipment = order.freight_shipment_ids
        planned = datetime(2030, 3, 2, 9)
        shipment.planned_delivery = planned
        shipment.stop_ids[-1].write({"window_end": planned, "city": "Fort Worth"})
        order.commitment_date += timedelta(days=3)
        self.commit()
        self.assertEqual(shipment.planned_delivery, planned)
        self.assertEqual(shipment.stop_ids[-1].window_end, planned)
        self.assertEqual(shipment.stop_ids[-1].city, "Fort Worth")
        case = self.cases("order_changed", shipment)
        self.assertIn("TMS planned otherwise", case.description)
        self.commit()
        self.assertEqual(case.occurrences, 1)

    def test_a_route_that_is_ours_follows_the_order(self):
        self.env["freight.ownership"].create(
            {"domain": "route", "kind": "odoo", "company_id": self.company.id}
        )
        order = self.released()
        shipment = order.freight_shipment_ids
        shipment.planned_delivery = datetime(2030, 3, 2, 9)
        order.commitment_date += timedelta(days=3)
        self.commit()
        self.assertEqual(shipment.planned_delivery, order.commitment_date)
        self.assertFalse(self.cases("order_changed", shipment))

    def test_another_address_is_told(self):
        order = self.released()
        order.picking_ids.partner_id = self.chicago
        self.commit()
        shipment = order.freight_shipment_ids
        self.assertEqual(shipment.consignee_id, self.chicago)
        self.assertEqual(self.last_body()["stops"][-1]["city"], "Chicago")
        self.assertEqual(self.names(), ["shipment.changed"])

    def test_a_change_after_the_pickup_is_for_a_person(self):
        order = self.released()
        shipment = order.freight_shipment_ids
        self.report(shipment, "departed_pickup")
        self.names()
        order.order_line.product_uom_qty = 24
        self.commit()
        self.assertEqual(shipment.line_ids.quantity, 20)
        case = self.cases("order_changed", shipment)
        self.assertIn("20 → 24", case.description)
        order.picking_ids._freight_touch()
        self.commit()
        self.assertEqual(case.occurrences, 1)
        self.assertEqual(self.names(), [])

    def test_a_draft_changes_and_tells_nobody(self):
        self.policy(consolidate=True, cutoff="before", hours_before=1)
        order = self.confirmed(commitment_date=datetime(2030, 3, 1, 18))
        order.order_line.product_uom_qty = 24
        self.commit()
        self.assertEqual(order.freight_shipment_ids.line_ids.quantity, 24)
        self.assertEqual(self.names(), [])

    def test_goods_that_came_otherwise_stay(self):
        order = self.released()
        shipment = order.freight_shipment_ids
        shipment.line_ids = [(0, 0, {"name": "Pallets", "quantity": 2})]
        order.order_line.product_uom_qty = 24
        self.commit()
        self.assertEqual(sorted(shipment.line_ids.mapped("quantity")), [2, 24])

    # Several orders -----------------------------------------------------------------------------

    def together(self):
        self.policy(consolidate=True)
        orders = self.order(commitment_date=datetime(2030, 3, 1, 18)) | self.order(
            goods=self.drum, quantity=2, commitment_date=datetime(2030, 3, 1, 18)
        )
        orders.action_confirm()
        self.commit()
        self.assertEqual(self.names(), ["shipment.released"])
        return orders

    def test_one_cancelled_order_leaves_and_the_last_cancels(self):
        first, second = self.together()
        shipment = first.freight_shipment_ids
        first._action_cancel()
        self.commit()
        self.assertEqual(shipment.transport_state, "released")
        self.assertEqual(shipment.sale_order_ids, second)
        self.assertEqual(shipment.line_ids.product_id, self.drum)
        self.assertNotIn(first.name, shipment.reference_ids.mapped("value"))
        self.assertEqual(self.names(), ["shipment.changed"])
        second._action_cancel()
        self.commit()
        self.assertEqual(shipment.transport_state, "cancelled")
        self.assertEqual(self.names(), ["shipment.cancelled"])

    def test_an_order_promised_for_another_day_travels_alone(self):
        first, second = self.together()
        shipment = first.freight_shipment_ids
        second.commitment_date += timedelta(days=5)
        self.commit()
        self.assertEqual(shipment.sale_order_ids, first)
        self.assertEqual(second.freight_shipment_ids.transport_state, "released")
        self.assertNotEqual(second.freight_shipment_ids, shipment)
        self.assertEqual(sorted(self.names()), ["shipment.changed", "shipment.released"])

    def test_if_all_orders_move_the_shipment_moves(self):
        orders = self.together()
        shipment = orders.freight_shipment_ids
        for order in orders:
            order.commitment_date += timedelta(days=5)
        self.commit()
        self.assertEqual(orders.freight_shipment_ids, shipment)
        self.assertEqual(shipment.planned_delivery, datetime(2030, 3, 6, 18))
        self.assertEqual(self.names(), ["shipment.changed"])

    # Transfers ----------------------------------------------------------------------------------

    def test_a_backorder_has_a_shipment_of_its_own(self):
        order = self.released()
        picking, shipment = order.picking_ids, order.freight_shipment_ids
        self.validated(picking, 12)
        self.assertEqual(shipment.line_ids.quantity, 12)
        rest = order.freight_shipment_ids - shipment
        self.assertEqual((rest.line_ids.quantity, rest.transport_state), (8, "released"))
        self.assertEqual(rest.picking_ids, picking.backorder_ids)
        self.assertEqual(sorted(self.names()), ["shipment.changed", "shipment.released"])

    def test_exact_quantities_are_no_change(self):
        order = self.released()
        self.validated(order.picking_ids)
        self.assertEqual(self.names(), [])

    def test_a_cancelled_delivery_cancels_its_shipment(self):
        order = self.released()
        order.picking_ids.action_cancel()
        self.commit()
        self.assertEqual(order.freight_shipment_ids.transport_state, "cancelled")
        self.assertEqual(self.names(), ["shipment.cancelled"])

    def test_cancelled_under_way_is_for_a_person(self):
        order = self.released()
        self.report(order.freight_shipment_ids, "departed_pickup")
        order._action_cancel()
        self.commit()
        self.assertEqual(order.freight_shipment_ids.transport_state, "in_transit")
        order.picking_ids._freight_touch()
        self.commit()
        case = self.cases("order_changed")
        self.assertIn("under way", case.description)
        self.assertEqual(case.occurrences, 1)

    def test_a_deleted_delivery_leaves(self):
        order = self.released()
        shipment = order.freight_shipment_ids
        order.picking_ids.action_cancel()
        order.picking_ids.unlink()
        self.commit()
        self.assertEqual(shipment.transport_state, "cancelled")

    def test_a_shipment_from_before_agrees_with_its_orders_at_first(self):
        order = self.released()
        shipment = order.freight_shipment_ids
        shipment.write({"order_basis": False, "planned_delivery": datetime(2030, 3, 2, 9)})
        order.order_line.product_uom_qty = 24
        self.commit()
        self.assertEqual(shipment.planned_delivery, datetime(2030, 3, 2, 9))
        self.assertEqual(shipment.line_ids.quantity, 24)
        self.assertFalse(self.cases("order_changed"))
        self.assertEqual(self.names(), ["shipment.changed"])

    def test_who_told_us_is_not_told(self):
        order = self.released()
        shipment = order.freight_shipment_ids
        shipment.with_context(freight_origin_system_id=self.tms.id).planned_delivery += timedelta(1)
        order.picking_ids._freight_touch()
        self.commit()
        self.assertEqual(self.names(), [])
