from odoo import _, fields, models


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    purchase_order_ids = fields.Many2many(
        "purchase.order",
        "freight_shipment_purchase_order_rel",
        string="Purchase orders",
        copy=False,
        check_company=True,
    )

    def _trace_nodes(self):
        """Begin with the purchase orders that the shipment brings in."""
        orders = self._trace_records("purchase.order", [("freight_shipment_ids", "in", self.ids)])
        return super()._trace_nodes() + [order._freight_trace_node() for order in orders]

    def action_open_purchase_orders(self):
        """Open the purchase orders of this shipment."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Purchase orders"),
            "res_model": "purchase.order",
            "view_mode": "tree,form",
            "domain": [("id", "in", self.purchase_order_ids.ids)],
        }
