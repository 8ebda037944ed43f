from odoo import fields, models


class FreightShipmentLine(models.Model):
    _inherit = "freight.shipment.line"

    purchase_line_id = fields.Many2one(
        related="stock_move_id.purchase_line_id", string="Purchase order line", readonly=True
    )
