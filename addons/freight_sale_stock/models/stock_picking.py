from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    freight_shipment_id = fields.Many2one(
        "freight.shipment",
        string="Shipment",
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        check_company=True,
    )

    def _freight_line_values(self):
        """Return the goods of this delivery as shipment lines, weights in kg, volumes in m³."""
        self.ensure_one()
        template = self.env["product.template"]
        kilogram = self.env.ref("uom.product_uom_kgm")
        cubic_meter = self.env.ref("uom.product_uom_cubic_meter")
        weight_unit = template._get_weight_uom_id_from_ir_config_parameter()
        volume_unit = template._get_volume_uom_id_from_ir_config_parameter()
        values = []
        for move in self.move_ids.filtered(lambda move: move.state != "cancel"):
            weight = move.product_id.weight * move.product_qty
            volume = move.product_id.volume * move.product_qty
            values.append(
                {
                    "product_id": move.product_id.id,
                    "name": move.product_id.display_name,
                    "quantity": move.product_uom_qty,
                    "uom_id": move.product_uom.id,
                    "weight": weight_unit._compute_quantity(weight, kilogram, round=False),
                    "volume": volume_unit._compute_quantity(volume, cubic_meter, round=False),
                    "value": move.sale_line_id.price_subtotal,
                    "stock_move_id": move.id,
                }
            )
        return values
