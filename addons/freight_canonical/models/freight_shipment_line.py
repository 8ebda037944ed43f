from odoo import fields, models


class FreightShipmentLine(models.Model):
    _name = "freight.shipment.line"
    _description = "Shipment Goods Line"
    _order = "shipment_id, sequence, id"
    _check_company_auto = True

    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="shipment_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one("product.product", ondelete="restrict")
    name = fields.Char(string="Description", required=True)
    quantity = fields.Float(digits="Product Unit of Measure", default=1.0)
    uom_id = fields.Many2one("uom.uom", string="Unit")
    weight = fields.Float(string="Weight (kg)", digits="Stock Weight")
    volume = fields.Float(string="Volume (m³)", digits="Volume")
    value = fields.Monetary()
    currency_id = fields.Many2one(related="shipment_id.currency_id")
    freight_class = fields.Char(help="NMFC class")
    hazmat = fields.Boolean(string="Hazardous")
    un_number = fields.Char(string="UN number")
    pickup_stop_id = fields.Many2one("freight.stop", domain="[('shipment_id', '=', shipment_id)]")
    delivery_stop_id = fields.Many2one("freight.stop", domain="[('shipment_id', '=', shipment_id)]")
