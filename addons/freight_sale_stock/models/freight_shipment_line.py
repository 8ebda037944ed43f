from odoo import fields, models


class FreightShipmentLine(models.Model):
    _inherit = "freight.shipment.line"

    sale_line_id = fields.Many2one(
        related="stock_move_id.sale_line_id", string="Order line", readonly=True
    )
