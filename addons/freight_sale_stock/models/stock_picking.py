from odoo import api, models
from odoo.addons.freight_stock import releasing
from odoo.fields import Command


class StockPicking(models.Model):
    _inherit = "stock.picking"

    @api.model
    def _freight_ours_domains(self):
        """Add deliveries of orders that go by the TMS."""
        deliveries = [
            ("sale_id.freight_by_tms", "=", True),
            ("picking_type_id.code", "=", "outgoing"),
        ]
        return [*super()._freight_ours_domains(), deliveries]

    def _freight_sale_orders(self):
        return self.sale_id

    def _freight_read_ahead(self):
        """Read orders and their lines."""
        self.sale_id.mapped("date_order")
        self.move_ids.sale_line_id.mapped("price_subtotal")
        return super()._freight_read_ahead()

    def _freight_selling_order(self):
        """Return the one order that we deliver by this transfer; what we bring in has none."""
        selling = self._freight_direction() == releasing.OUTGOING
        return self._freight_sale_orders()[:1] if selling else self.env["sale.order"]

    def _freight_ends(self):
        """Deliver where the order says, should the transfer name nobody."""
        shipper, consignee = super()._freight_ends()
        return shipper, consignee or self._freight_selling_order().partner_shipping_id

    def _freight_incoterm(self):
        """Return the order's, as it says who pays the carriage."""
        return self._freight_selling_order().incoterm.code or super()._freight_incoterm()

    def _freight_promised(self):
        """Return the day that the order promises."""
        return self._freight_selling_order().commitment_date or super()._freight_promised()

    def _freight_ordered(self):
        """Return when the order was placed."""
        return self._freight_selling_order().date_order or super()._freight_ordered()

    def _freight_origins(self):
        """Name the orders."""
        orders = self._freight_sale_orders()
        return orders.mapped("name") if orders else super()._freight_origins()

    def _freight_references(self):
        """Add the orders, and what customers call them."""
        orders = self._freight_sale_orders()
        customers = orders.filtered("client_order_ref")
        return [
            *super()._freight_references(),
            *(["so", order.name] for order in orders),
            *(["po", order.client_order_ref] for order in customers),
        ]

    def _freight_order_commands(self):
        """Link the shipment with the orders."""
        orders = self._freight_sale_orders()
        return {**super()._freight_order_commands(), "sale_order_ids": [Command.set(orders.ids)]}


class StockMove(models.Model):
    _inherit = "stock.move"

    def _freight_value(self):
        """Return the part of the order line's untaxed amount that these goods are."""
        line = self.sale_line_id
        if not line.product_uom_qty:
            return super()._freight_value()
        quantity = self.product_uom._compute_quantity(
            self._freight_quantity(), line.product_uom, round=False
        )
        return line.price_subtotal * quantity / line.product_uom_qty
