from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.freight_canonical.documents import Document
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestPurchaseOrder(TransactionCase):
    """A purchase order whose carriage is ours becomes an inbound shipment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.tms = cls.env["freight.system"].create(
            {"code": "purchase_tms", "name": "TMS", "kind": "tms"}
        )
        cls.company.freight_tms_id = cls.tms
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.supplier = cls.env["res.partner"].create(
            {"name": "Supplier", "city": "Atlanta", "zip": "30301",
             "country_id": cls.env.ref("base.us").id}
        )  # fmt: skip
        cls.customer = cls.env["res.partner"].create({"name": "Customer", "city": "Dallas"})
        cls.steel = cls.env["product.product"].create(
            {"name": "Steel", "detailed_type": "product", "weight": 100.0}
        )
        cls.policy = cls.env["freight.release.policy"].create(
            {"company_id": cls.company.id, "direction": "incoming"}
        )

    def setUp(self):
        super().setUp()
        self.told = []
        emitter = type(self.env["freight.emitter"])
        patcher = patch.object(
            emitter, "_announce", lambda _self, news: self.told.extend(one.name for one in news)
        )
        patcher.start()
        self.addCleanup(patcher.stop)

    def order(self, incoterm=None, quantity=10, **values):
        terms = self.env["account.incoterms"].search([("code", "=", incoterm)], limit=1)
        return self.env["purchase.order"].create(
            {
                "partner_id": self.supplier.id,
                "partner_ref": "SUP 77",
                "incoterm_id": terms.id,
                "order_line": [
                    (0, 0, {"product_id": self.steel.id, "product_qty": quantity,
                            "price_unit": 50.0, "date_planned": datetime(2030, 3, 10, 12)})
                ],
                **values,
            }
        )  # fmt: skip

    def confirmed(self, *args, **values):
        order = self.order(*args, **values)
        order.button_confirm()
        self.commit()
        return order

    def commit(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()

    def received(self, picking, quantity):
        picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        picking._action_done()
        self.commit()

    def report(self, shipment, kind):
        [outcome] = self.env["freight.event"]._apply_freight_documents(
            [
                Document(
                    data={
                        "kind": "event",
                        "id": None,
                        "shipment": {"references": [{"type": "shipment", "value": shipment.name}]},
                        "type": kind,
                        "raw_code": kind,
                        "classifier": "actual",
                        "occurred": f"{fields.Datetime.now().isoformat()}Z",
                    },
                    system=self.tms,
                    company=self.company,
                    received=fields.Datetime.now(),
                    trace_id="0" * 31 + "1",
                )
            ]
        )
        self.assertEqual(outcome.status, "applied", outcome.detail)
        self.env.ref("freight_stock.consumer_fulfilment")._consume(shipment.event_ids)
        self.commit()

    def test_confirmation_releases_an_inbound_shipment(self):
        order = self.confirmed("FCA")
        shipment = order.freight_shipment_ids
        self.assertEqual(shipment.transport_state, "released")
        self.assertEqual((shipment.freight_terms, shipment.incoterm), ("CC", "FCA"))
        self.assertEqual(shipment.shipper_id, self.supplier)
        self.assertEqual(shipment.consignee_id, self.warehouse.partner_id)
        self.assertEqual(shipment.bill_to_id, self.company.partner_id)
        self.assertEqual(shipment.stop_ids.mapped("city")[0], "Atlanta")
        self.assertEqual(shipment.planned_delivery, datetime(2030, 3, 10, 12))
        self.assertEqual(shipment.planned_pickup, datetime(2030, 3, 8, 12))
        self.assertEqual((shipment.weight, shipment.line_ids.value), (1000.0, 500.0))
        self.assertEqual(
            {(ref.type, ref.value) for ref in shipment.reference_ids},
            {("shipment", shipment.name), ("po", order.name), ("so", "SUP 77"),
             ("delivery_order", order.picking_ids.name)},
        )  # fmt: skip
        self.assertEqual(self.told, ["shipment.released"])

    def test_what_the_supplier_delivers_is_not_ours(self):
        for incoterm in ("DAP", "DDP", "CIF"):
            order = self.confirmed(incoterm)
            self.assertFalse(order.freight_by_tms)
            self.assertFalse(order.freight_shipment_ids)
        order.action_freight_release()
        self.assertEqual(order.freight_shipment_ids.freight_terms, "PP")

    def test_without_a_policy_receipts_wait_for_a_person(self):
        self.policy.active = False
        self.env.flush_all()
        order = self.confirmed("EXW")
        self.assertFalse(order.freight_shipment_ids)
        waiting = self.env["stock.picking"].search([("freight_to_release", "=", True)])
        self.assertIn(order.picking_ids, waiting)
        waiting.action_freight_release()
        self.assertTrue(order.freight_shipment_ids)

    def test_an_order_without_incoterm_is_fetched(self):
        self.assertEqual(self.confirmed().freight_shipment_ids.freight_terms, "CC")

    def test_a_changed_quantity_is_told(self):
        order = self.confirmed("FOB")
        order.order_line.product_qty = 14
        self.commit()
        self.assertEqual(order.freight_shipment_ids.pieces, 14)
        self.assertEqual(self.told, ["shipment.released", "shipment.changed"])

    def test_a_new_date_is_told(self):
        order = self.confirmed("FOB")
        order.order_line.date_planned += timedelta(days=4)
        self.commit()
        self.assertEqual(order.freight_shipment_ids.planned_delivery, datetime(2030, 3, 14, 12))
        self.assertEqual(self.told, ["shipment.released", "shipment.changed"])

    def test_a_cancelled_order_cancels(self):
        order = self.confirmed("FOB")
        order.button_cancel()
        self.commit()
        self.assertEqual(order.freight_shipment_ids.transport_state, "cancelled")
        self.assertEqual(self.told, ["shipment.released", "shipment.cancelled"])

    def test_a_partial_receipt_leaves_a_shipment_for_the_rest(self):
        order = self.confirmed("FOB")
        shipment = order.freight_shipment_ids
        self.report(shipment, "departed_pickup")
        self.received(order.picking_ids, 6)
        rest = order.freight_shipment_ids - shipment
        self.assertEqual((rest.line_ids.quantity, rest.transport_state), (4, "released"))
        self.assertEqual(shipment.line_ids.quantity, 10)
        case = shipment.exception_ids.filtered(lambda one: one.code == "order_changed")
        self.assertIn("10 → 6", case.description)

    def test_a_delivery_receives_nothing_by_itself_but_by_policy(self):
        first = self.confirmed("FOB")
        self.report(first.freight_shipment_ids, "delivered")
        self.assertEqual(first.picking_ids.state, "assigned")
        self.policy.fulfil_on = "delivery"
        second = self.confirmed("FOB")
        self.report(second.freight_shipment_ids, "delivered")
        self.assertEqual(second.picking_ids.state, "done")
        self.assertEqual(second.order_line.qty_received, 10)

    def test_receipts_of_one_supplier_for_one_day_travel_together(self):
        self.policy.write({"consolidate": True, "cutoff": "before", "hours_before": 1})
        orders = self.confirmed("FOB") | self.confirmed("FOB", quantity=3)
        shipment = orders.freight_shipment_ids
        self.assertEqual(len(shipment), 1)
        self.assertEqual(shipment.purchase_order_ids, orders)
        self.assertEqual(sum(shipment.line_ids.mapped("quantity")), 13)
        titles = [one["title"] for one in shipment.get_trace()["nodes"]]
        self.assertLessEqual(
            {*orders.mapped("name"), *orders.picking_ids.mapped("name")}, {*titles}
        )

    def test_dropshipped_goods_go_from_the_supplier_to_the_customer(self):
        kind = self.warehouse.in_type_id.copy(
            {
                "name": "Dropship",
                "sequence_code": "DS",
                "default_location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "default_location_src_id": self.env.ref("stock.stock_location_suppliers").id,
            }
        )
        self.policy.copy({"direction": "dropship"})
        order = self.confirmed("FCA", picking_type_id=kind.id, dest_address_id=self.customer.id)
        shipment = order.freight_shipment_ids
        self.assertEqual(shipment.shipper_id, self.supplier)
        self.assertEqual(shipment.consignee_id, self.customer)
        self.assertEqual(shipment.freight_terms, "TP")
        self.assertEqual(shipment.bill_to_id, self.company.partner_id)

    def test_a_return_to_the_supplier_is_not_released(self):
        order = self.confirmed("FOB")
        self.received(order.picking_ids, 10)
        wizard = self.env["stock.return.picking"].with_context(
            active_id=order.picking_ids.id, active_model="stock.picking"
        ).create({})  # fmt: skip
        back = self.env["stock.picking"].browse(wizard.create_returns()["res_id"])
        self.commit()
        self.assertFalse(back.freight_shipment_id)

    def test_a_purchaser_confirms_and_a_dispatcher_releases(self):
        self.policy.release_when = "manual"
        purchaser = new_test_user(
            self.env, "freight_purchaser", groups="purchase.group_purchase_user"
        )
        dispatcher = new_test_user(
            self.env, "freight_inbound", groups="freight_canonical.group_freight_dispatcher"
        )
        order = self.order("FOB")
        order.with_user(purchaser).button_confirm()
        self.commit()
        with self.assertRaises(AccessError):
            order.with_user(purchaser).action_freight_release()
        order.with_user(dispatcher).action_freight_release()
        shipment = order.freight_shipment_ids
        self.assertEqual(shipment.with_user(purchaser).name, shipment.name)
        self.assertEqual(shipment.with_user(dispatcher).purchase_order_ids, order)

    def test_views_load(self):
        for model in ("purchase.order", "freight.shipment"):
            self.env[model].get_views([(False, "form")])
