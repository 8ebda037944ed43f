from odoo import fields, models


class FreightShipmentLine(models.Model):
    _inherit = "freight.shipment.line"

    stock_move_id = fields.Many2one(
        "stock.move",
        string="Delivery line",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="What Odoo ships: of one order several deliveries, of several orders one shipment.",
    )
    sale_line_id = fields.Many2one(
        related="stock_move_id.sale_line_id", string="Order line", readonly=True
    )
