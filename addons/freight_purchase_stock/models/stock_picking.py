from odoo import api, models
from odoo.addons.freight_stock import releasing
from odoo.fields import Command


class StockPicking(models.Model):
    _inherit = "stock.picking"

    @api.model
    def _freight_ours_domains(self):
        """Add receipts and dropshipped goods of orders that go by the TMS."""
        receipts = [
            ("move_ids.purchase_line_id.order_id.freight_by_tms", "=", True),
            ("picking_type_id.code", "!=", "outgoing"),
        ]
        return [*super()._freight_ours_domains(), receipts]

    def _freight_purchase_orders(self):
        return self.move_ids.purchase_line_id.order_id

    def _freight_read_ahead(self):
        """Read orders and their lines."""
        lines = self.move_ids.purchase_line_id
        lines.mapped("price_subtotal")
        lines.order_id.mapped("date_order")
        return super()._freight_read_ahead()

    def _freight_buying_order(self):
        """Return the one order that we get this transfer by; what we deliver has none."""
        buying = self._freight_direction() != releasing.OUTGOING
        return self._freight_purchase_orders()[:1] if buying else self.env["purchase.order"]

    def _freight_ends(self):
        """Fetch from the supplier; what is dropshipped goes to the customer."""
        shipper, consignee = super()._freight_ends()
        order = self._freight_buying_order()
        if order and self._freight_direction() == releasing.DROPSHIP:
            return order.partner_id, order.dest_address_id or self.partner_id
        return shipper or order.partner_id, consignee

    def _freight_incoterm(self):
        """Return the order's, as it says who pays the carriage."""
        return self._freight_buying_order().incoterm_id.code or super()._freight_incoterm()

    def _freight_promised(self):
        """Return the day on which the supplier is to deliver: the receipt's deadline."""
        promised = self._freight_buying_order() and self.date_deadline
        return promised or super()._freight_promised()

    def _freight_ordered(self):
        """Return when the order was approved."""
        order = self._freight_buying_order()
        return order.date_approve or order.date_order or super()._freight_ordered()

    def _freight_origins(self):
        """Name the orders."""
        orders = self._freight_purchase_orders()
        return orders.mapped("name") if orders else super()._freight_origins()

    def _freight_references(self):
        """Add our orders, and what suppliers call them."""
        orders = self._freight_purchase_orders()
        return [
            *super()._freight_references(),
            *(["po", order.name] for order in orders),
            *(["so", order.partner_ref] for order in orders.filtered("partner_ref")),
        ]

    def _freight_order_commands(self):
        """Link the shipment with the orders."""
        orders = self._freight_purchase_orders()
        return {
            **super()._freight_order_commands(),
            "purchase_order_ids": [Command.set(orders.ids)],
        }


class StockMove(models.Model):
    _inherit = "stock.move"

    def _freight_value(self):
        """Return the part of the order line's untaxed amount that these goods are."""
        line = self.purchase_line_id
        if not line.product_qty:
            return super()._freight_value()
        quantity = self.product_uom._compute_quantity(
            self._freight_quantity(), line.product_uom, round=False
        )
        return line.price_subtotal * quantity / line.product_qty
