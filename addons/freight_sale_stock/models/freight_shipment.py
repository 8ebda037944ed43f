from odoo import _, fields, models


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    sale_order_ids = fields.Many2many(
        "sale.order",
        "freight_shipment_sale_order_rel",
        string="Sales orders",
        copy=False,
        check_company=True,
    )

    def _notice_partner(self):
        """Tell the customer of the order, if the company says so."""
        if self.company_id.freight_notice_to == "customer" and self.sale_order_ids:
            return self.sale_order_ids[:1].partner_id
        return super()._notice_partner()

    def _trace_nodes(self):
        """Begin with the orders that the shipment carries out."""
        orders = self._trace_records("sale.order", [("freight_shipment_ids", "in", self.ids)])
        return super()._trace_nodes() + [order._freight_trace_node() for order in orders]

    def action_open_sale_orders(self):
        """Open the orders of this shipment."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Sales orders"),
            "res_model": "sale.order",
            "view_mode": "tree,form",
            "domain": [("id", "in", self.sale_order_ids.ids)],
        }
