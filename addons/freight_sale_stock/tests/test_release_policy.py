from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import ReleaseCase


@tagged("post_install", "-at_install")
class TestReleasePolicy(ReleaseCase):
    """When orders become shipments, how they travel, and what waits for what."""

    def test_reserved_goods_are_released_when_they_are_reserved(self):
        self.company.freight_release_policy = "reserve"
        order = self.confirmed()
        self.assertFalse(order.freight_shipment_ids)
        self.stocked()
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(order.freight_shipment_ids.transport_state, "released")

    def test_a_warehouse_goes_before_the_company(self):
        self.policy(release_when="confirm")
        self.policy(release_when="manual", warehouse_id=self.warehouse.id)
        self.assertFalse(self.confirmed().freight_shipment_ids)

    def test_one_policy_for_each_place(self):
        self.policy()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.policy()
        self.env["freight.release.policy"].search([]).active = False
        self.env.flush_all()
        self.policy()

    def test_receipts_are_not_reserved(self):
        with self.assertRaises(ValidationError):
            self.policy(direction="incoming", release_when="reserve")

    def test_the_first_rule_that_fits_decides(self):
        carrier = self.env["res.partner"].create({"name": "Parcels", "freight_is_carrier": True})
        self.policy(
            rule_ids=[
                (0, 0, {"weight_to": 100, "mode": "parcel", "service": "GROUND",
                        "carrier_id": carrier.id}),
                (0, 0, {"weight_from": 5000, "mode": "ftl"}),
            ]
        )  # fmt: skip
        light = self.confirmed(quantity=2).freight_shipment_ids
        middle = self.confirmed(quantity=10).freight_shipment_ids
        heavy = self.confirmed(quantity=500).freight_shipment_ids
        self.assertEqual(
            (light.mode, light.service, light.carrier_id), ("parcel", "GROUND", carrier)
        )
        self.assertEqual((middle.mode, heavy.mode), (self.company.freight_mode, "ftl"))

    def test_a_rule_leaves_goods_to_people(self):
        us = self.env.ref("base.us")
        self.policy(rule_ids=[(0, 0, {"country_ids": [(4, us.id)], "by_tms": False})])
        order = self.confirmed()
        self.assertFalse(order.freight_shipment_ids)
        order.action_freight_release()
        self.assertTrue(order.freight_shipment_ids)

    def test_incoterms_say_who_pays(self):
        for code, terms in (("FOB", "CC"), ("DAP", "PP")):
            incoterm = self.env["account.incoterms"].search([("code", "=", code)], limit=1)
            shipment = self.confirmed(incoterm=incoterm.id).freight_shipment_ids
            self.assertEqual((shipment.freight_terms, shipment.incoterm), (terms, code))
        works = self.env["account.incoterms"].search([("code", "=", "EXW")], limit=1)
        order = self.confirmed(incoterm=works.id)
        self.assertFalse(order.freight_by_tms)
        self.assertFalse(order.freight_shipment_ids)

    # Consolidation ------------------------------------------------------------------------------

    def waiting(self, **values):
        return self.policy(consolidate=True, cutoff="before", hours_before=1, **values)

    def promised(self, days=10, **values):
        day = datetime(2030, 3, 1, 18) + timedelta(days=days)
        return self.confirmed(commitment_date=day, **values)

    def test_orders_to_one_place_on_one_day_travel_together(self):
        self.waiting()
        first, second = self.promised(), self.promised(goods=self.drum, quantity=2)
        shipment = first.freight_shipment_ids
        self.assertEqual(shipment, second.freight_shipment_ids)
        self.assertEqual(shipment.transport_state, "draft")
        self.assertEqual(shipment.sale_order_ids, first | second)
        self.assertEqual(shipment.line_ids.stock_move_id, (first | second).picking_ids.move_ids)
        self.assertAlmostEqual(shipment.weight, 20 * 26 + 2 * 200)
        self.assertEqual(shipment.origin, f"{first.name}, {second.name}")
        numbers = {ref.value for ref in shipment.reference_ids}
        self.assertLessEqual(
            {first.name, second.name, *(first | second).picking_ids.mapped("name")}, numbers
        )
        self.assertEqual(self.names(), [])

    def test_another_day_place_or_payer_travels_alone(self):
        self.waiting()
        fob = self.env["account.incoterms"].search([("code", "=", "FOB")], limit=1)
        orders = [
            self.promised(),
            self.promised(days=11),
            self.promised(partner=self.chicago),
            self.promised(incoterm=fob.id),
        ]
        shipments = self.env["freight.shipment"].union(
            *(one.freight_shipment_ids for one in orders)
        )
        self.assertEqual(len(shipments), 4)

    def test_the_day_is_that_of_the_customer(self):
        self.waiting()
        late = self.confirmed(commitment_date=datetime(2030, 3, 2, 4))
        early = self.confirmed(commitment_date=datetime(2030, 3, 1, 20))
        next_day = self.confirmed(commitment_date=datetime(2030, 3, 2, 8))
        self.assertEqual(late.freight_shipment_ids, early.freight_shipment_ids)
        self.assertNotEqual(late.freight_shipment_ids, next_day.freight_shipment_ids)

    def test_what_is_released_is_joined_by_none(self):
        self.waiting()
        first = self.promised()
        first.freight_shipment_ids.action_release()
        self.assertNotEqual(self.promised().freight_shipment_ids, first.freight_shipment_ids)

    def test_orders_confirmed_together_travel_together_at_once(self):
        self.policy(consolidate=True)
        orders = self.order() | self.order()
        orders.action_confirm()
        self.assertEqual(len(orders.freight_shipment_ids), 1)
        self.assertEqual(orders.freight_shipment_ids.transport_state, "released")

    def test_the_cut_off_releases(self):
        self.waiting()
        order = self.promised()
        shipment = order.freight_shipment_ids
        self.assertEqual(shipment.release_due, shipment.planned_pickup - timedelta(hours=1))
        shipments = self.env["freight.shipment"]
        shipments._cron_release()
        self.assertEqual(shipment.transport_state, "draft")
        with freeze_time(shipment.release_due):
            shipments._cron_release()
            shipments._cron_release()
        self.assertEqual(shipment.transport_state, "released")
        self.assertEqual(self.names(), ["shipment.released"])

    def test_an_earlier_order_brings_the_cut_off_forward(self):
        self.waiting()
        shipment = self.promised().freight_shipment_ids
        early = self.confirmed(commitment_date=datetime(2030, 3, 11, 15))
        self.assertEqual(early.freight_shipment_ids, shipment)
        self.assertEqual(shipment.planned_delivery, datetime(2030, 3, 11, 15))
        self.assertEqual(shipment.release_due, datetime(2030, 3, 9, 14))

    def test_a_time_of_day_is_that_of_the_warehouse(self):
        self.warehouse.partner_id.tz = "America/New_York"
        self.policy(cutoff="time", cutoff_hour=16.5)
        with freeze_time("2030-01-10 15:00:00"):
            shipment = self.promised().freight_shipment_ids
        self.assertEqual(shipment.release_due, datetime(2030, 1, 10, 21, 30))

    def test_one_that_fails_at_the_cut_off_holds_up_nobody(self):
        self.waiting()
        poor, good = self.promised(), self.promised(partner=self.chicago)
        poor.freight_shipment_ids.stop_ids[0].unlink()
        with freeze_time("2031-01-01"):
            self.env["freight.shipment"]._cron_release()
        self.assertEqual(good.freight_shipment_ids.transport_state, "released")
        self.assertEqual(poor.freight_shipment_ids.transport_state, "draft")
        self.assertFalse(poor.freight_shipment_ids.release_due)
        self.assertIn("by hand", self.cases("not_released", poor.freight_shipment_ids).description)

    def test_by_hand_a_draft_does_not_wait(self):
        self.waiting()
        order = self.promised()
        order.action_freight_release()
        self.assertEqual(order.freight_shipment_ids.transport_state, "released")

    # What keeps a transfer ----------------------------------------------------------------------

    def test_a_warehouse_without_address_stops_no_sale(self):
        self.warehouse.partner_id = False
        order = self.confirmed()
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.freight_shipment_ids)
        self.assertIn(self.warehouse.name, self.cases("not_released").description)
        with self.assertRaisesRegex(UserError, self.warehouse.name):
            order.action_freight_release()
        self.warehouse.partner_id = self.company.partner_id
        order.action_freight_release()
        self.assertTrue(order.freight_shipment_ids)
        self.assertFalse(self.cases("not_released"))

    def test_what_is_missing_is_a_warning(self):
        stranger = self.env["res.partner"].create({"name": "Somebody"})
        feather = self.goods("Feather")
        shipment = self.confirmed(stranger, feather).freight_shipment_ids
        self.assertEqual(shipment.transport_state, "released")
        self.assertIn("Feather has no weight", shipment.release_warning)
        self.assertIn("Somebody lacks: city, ZIP, country", shipment.release_warning)
        self.assertFalse(self.confirmed().freight_shipment_ids.release_warning)

    def test_weights_are_kilograms_whatever_the_database_says(self):
        self.env["ir.config_parameter"].set_param("product.weight_in_lbs", "1")
        line = self.confirmed(quantity=10).freight_shipment_ids.line_ids
        self.assertAlmostEqual(line.weight, 260 * 0.45359237, places=1)

    def test_a_dozen_is_twelve(self):
        order = self.order(quantity=1)
        order.order_line.product_uom = self.env.ref("uom.product_uom_dozen")
        order.action_confirm()
        self.assertAlmostEqual(order.freight_shipment_ids.weight, 12 * 26.0)

    def test_held_goods_are_released_by_nobody(self):
        self.company.freight_release_policy = "manual"
        order = self.confirmed()
        waiting = self.env["stock.picking"].search([("freight_to_release", "=", True)])
        self.assertIn(order.picking_ids, waiting)
        self.assertTrue(order.picking_ids.freight_to_release)
        order.picking_ids.action_freight_hold()
        self.company.freight_release_policy = "confirm"
        order.picking_ids._freight_touch()
        self.commit()
        self.assertFalse(order.freight_shipment_ids)
        waiting = self.env["stock.picking"].search([("freight_to_release", "=", False)])
        self.assertIn(order.picking_ids, waiting)
        order.picking_ids.action_freight_resume()
        self.assertTrue(order.freight_shipment_ids)

    def test_holding_takes_a_delivery_off_and_it_may_go_again(self):
        order = self.confirmed()
        first = order.freight_shipment_ids
        order.picking_ids.action_freight_hold()
        self.assertEqual(first.transport_state, "cancelled")
        self.assertFalse(order.picking_ids.freight_shipment_id)
        order.action_freight_release()
        self.assertEqual(order.picking_ids.freight_shipment_id.transport_state, "released")
        self.assertNotEqual(order.picking_ids.freight_shipment_id, first)
        self.assertFalse(order.picking_ids.freight_hold)

    def test_after_a_cancelled_shipment_a_person_releases_again(self):
        order = self.confirmed()
        first = order.freight_shipment_ids
        first.action_cancel()
        order.order_line.product_uom_qty = 22
        self.commit()
        self.assertEqual(order.freight_shipment_ids, first)
        self.assertTrue(order.freight_releasable)
        order.action_freight_release()
        self.assertEqual(len(order.freight_shipment_ids), 2)

    def test_returns_are_not_released(self):
        order = self.confirmed()
        self.validated(order.picking_ids)
        wizard = self.env["stock.return.picking"].with_context(
            active_id=order.picking_ids.id, active_model="stock.picking"
        ).create({})  # fmt: skip
        back = self.env["stock.picking"].browse(wizard.create_returns()["res_id"])
        self.commit()
        self.assertFalse(back.freight_shipment_id)
        self.assertFalse(back.freight_to_release)

    def test_a_hundred_orders_take_as_many_queries_as_ten(self):
        def follow(count):
            self.company.freight_release_policy = "manual"
            orders = self.env["sale.order"].create(
                [
                    {"partner_id": self.dallas.id,
                     "order_line": [(0, 0, {"product_id": self.crate.id, "product_uom_qty": 1})]}
                    for _number in range(count)
                ]
            )  # fmt: skip
            orders.action_confirm()
            self.commit()
            self.company.freight_release_policy = "confirm"
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            orders.picking_ids._freight_follow()
            self.commit()
            self.assertEqual(len(orders.freight_shipment_ids), count)
            return self.env.cr.sql_log_count - before

        with patch.object(type(self.env["freight.shipment"]), "_estimate_charges"):
            follow(2)
            few, many = follow(10), follow(100)
        self.assertLess(many, few + 30)
