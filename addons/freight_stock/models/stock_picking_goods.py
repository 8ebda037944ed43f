"""The goods of a transfer as a shipment counts them: kilograms and cubic metres."""

from odoo import _, api, models, tools


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _freight_moves(self):
        """Return what of these transfers travels."""
        return self.move_ids.filtered(
            lambda move: move.state != "cancel" and move.product_id.type != "service"
        )

    @api.model
    @tools.ormcache()
    def _freight_factors(self):
        """Return (kilograms in the weight unit, cubic metres in the volume unit) of products."""
        template = self.env["product.template"]
        weight_unit = template._get_weight_uom_id_from_ir_config_parameter()
        volume_unit = template._get_volume_uom_id_from_ir_config_parameter()
        kilogram = self.env.ref("uom.product_uom_kgm")
        cubic_metre = self.env.ref("uom.product_uom_cubic_meter")
        return (
            weight_unit._compute_quantity(1.0, kilogram, round=False),
            volume_unit._compute_quantity(1.0, cubic_metre, round=False),
        )

    def _freight_weight(self):
        """Return the weight of what travels, in kilograms."""
        return sum(line["weight"] for line in self._freight_line_values())

    def _freight_line_values(self):
        """Return the goods of these transfers as shipment lines; nothing of what is zero."""
        factors = self._freight_factors()
        return [
            move._freight_line(*factors)
            for move in self._freight_moves()
            if move._freight_quantity() > 0
        ]

    def _freight_warnings(self):
        """Return what a carrier will ask for, in words: weights and addresses that are missing."""
        said = [
            _("%s has no weight.", product.display_name)
            for product in self._freight_moves().product_id
            if not product.weight
        ]
        plans = self._freight_plans()
        partners = self.env["res.partner"].union(
            *(partner for plan in plans.values() for partner in (plan.shipper, plan.consignee))
        )
        labels = {"city": _("city"), "zip": _("ZIP"), "country_id": _("country")}
        for partner in partners:
            missing = [label for name, label in labels.items() if not partner[name]]
            if missing:
                said.append(
                    _(
                        "The address of %(partner)s lacks: %(missing)s.",
                        partner=partner.display_name,
                        missing=", ".join(missing),
                    )
                )
        return said


class StockMove(models.Model):
    _inherit = "stock.move"

    def _freight_line(self, kilograms, cubic_metres):
        self.ensure_one()
        quantity = self._freight_quantity()
        product = self.product_id
        pieces = self.product_uom._compute_quantity(quantity, product.uom_id, round=False)
        return {
            "product_id": product.id,
            "name": product.display_name,
            "quantity": quantity,
            "uom_id": self.product_uom.id,
            "weight": product.weight * pieces * kilograms,
            "volume": product.volume * pieces * cubic_metres,
            "value": self._freight_value(),
            "stock_move_id": self.id,
        }
