from odoo.exceptions import AccessError
from odoo.tests import Form, TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestScreens(TransactionCase):
    """The views load, a policy can be entered, and transfers without an order are shipped too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.env.company.id)], limit=1
        )
        cls.customer = cls.env["res.partner"].create({"name": "Customer", "city": "Dallas"})
        cls.goods = cls.env["product.product"].create({"name": "Crate", "weight": 2.0})

    def transfer(self, **values):
        kind = self.warehouse.out_type_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": kind.id,
                "partner_id": self.customer.id,
                "location_id": kind.default_location_src_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                **values,
            }
        )
        self.env["stock.move"].create(
            {
                "name": "Crate",
                "picking_id": picking.id,
                "product_id": self.goods.id,
                "product_uom_qty": 4,
                "location_id": picking.location_id.id,
                "location_dest_id": picking.location_dest_id.id,
            }
        )
        picking.action_confirm()
        self.env.flush_all()
        self.env.cr.precommit.run()
        return picking

    def test_views_load(self):
        for model, kinds in (
            ("freight.release.policy", ("tree", "form", "search")),
            ("stock.picking", ("form", "search")),
            ("stock.warehouse", ("form",)),
            ("freight.shipment", ("form", "search")),
            ("res.config.settings", ("form",)),
        ):
            self.env[model].get_views([(False, kind) for kind in kinds])
        action = self.env.ref("freight_stock.stock_picking_to_release_action")
        self.env["stock.picking"].get_views([(action.view_id.id, "tree")])

    def test_a_policy_is_entered(self):
        with Form(self.env["freight.release.policy"]) as form:
            form.warehouse_id = self.warehouse
            form.consolidate = True
            form.cutoff = "time"
            form.cutoff_hour = 15.5
            with form.rule_ids.new() as rule:
                rule.weight_to = 30
                rule.mode = "parcel"
        policy = form.save()
        self.assertEqual(policy.name, f"Deliveries: {self.warehouse.name}")
        copy = policy.copy({"direction": "incoming"})
        self.assertEqual(copy.rule_ids.mode, "parcel")

    def test_a_transfer_without_an_order_is_released_by_hand_alone(self):
        picking = self.transfer()
        self.assertFalse(picking.freight_shipment_id)
        self.assertFalse(picking.freight_to_release)
        picking.action_freight_release()
        shipment = picking.freight_shipment_id
        self.assertEqual(shipment.transport_state, "released")
        self.assertEqual((shipment.weight, shipment.origin), (8.0, picking.name))
        self.assertEqual(picking.action_open_freight_shipment()["res_id"], shipment.id)

    def test_transfers_inside_are_no_freight(self):
        inside = self.transfer(
            picking_type_id=self.warehouse.int_type_id.id,
            location_dest_id=self.warehouse.lot_stock_id.id,
        )
        inside.action_freight_release()
        self.assertFalse(inside.freight_shipment_id)

    def test_nobody_writes_what_only_the_suite_writes(self):
        picking = self.transfer()
        picking.action_freight_release()
        dispatcher = new_test_user(
            self.env, "release_guard", groups="freight_canonical.group_freight_dispatcher"
        )
        for name, value in (("order_basis", {}), ("consolidation_key", "x")):
            with self.subTest(name), self.assertRaises(AccessError):
                picking.freight_shipment_id.with_user(dispatcher).write({name: value})
