from odoo import api, models

#: Fields of a move by whose change its transfer's shipment may change.
TOLD = frozenset(
    {
        "state",
        "product_id",
        "product_uom_qty",
        "product_uom",
        "quantity",
        "picking_id",
        "date",
        "date_deadline",
    }
)


class StockMove(models.Model):
    _inherit = "stock.move"

    @api.model_create_multi
    def create(self, vals_list):
        """Create; what joins a transfer may change its shipment."""
        moves = super().create(vals_list)
        moves.picking_id._freight_touch()
        return moves

    def write(self, vals):
        """Write; where goods, dates or states change, the shipment follows."""
        told = bool(TOLD & set(vals))
        if told and "picking_id" in vals:
            self.picking_id._freight_touch()
        result = super().write(vals)
        if told:
            self.picking_id._freight_touch()
        return result

    def unlink(self):
        """Delete; what is no longer to be moved leaves its shipment."""
        pickings = self.picking_id
        pickings._freight_touch()
        lines = self.env["freight.shipment.line"].sudo()
        gone = lines.search([("stock_move_id", "in", self.ids)]) if self.ids else lines
        result = super().unlink()
        gone.exists()._leave_with_move()
        return result

    def _freight_quantity(self):
        """Return how much travels, in the unit of the move: what was done, else what is asked."""
        self.ensure_one()
        return self.quantity if self.state == "done" else self.product_uom_qty

    def _freight_value(self):
        """Return what these goods are worth; an addon that knows prices says it."""
        return 0.0
