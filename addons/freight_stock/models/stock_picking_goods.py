"""The goods of a transfer as a shipment counts them: kilograms and cubic metres."""

from odoo import _, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _freight_moves(self):
        """Return what of these transfers travels."""
        return self.move_ids.filtered(
            lambda move: move.state != "cancel" and move.product_id.type != "service"
        )

    def _freight_units(self):
        """Return ((weight unit, kilogram), (volume unit, cubic metre)) of this database."""
        template = self.env["product.template"]
        return (
            (
                template._get_weight_uom_id_from_ir_config_parameter(),
                self.env.ref("uom.product_uom_kgm"),
            ),
            (
                template._get_volume_uom_id_from_ir_config_parameter(),
                self.env.ref("uom.product_uom_cubic_meter"),
            ),
        )

    def _freight_weight(self):
        """Return the weight of what travels, in kilograms."""
        return sum(line["weight"] for line in self._freight_line_values())

    def _freight_line_values(self):
        """Return the goods of these transfers as shipment lines; nothing of what is zero."""
        weight, volume = self._freight_units()
        return [
            move._freight_line(weight, volume)
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

    def _freight_line(self, weight_units, volume_units):
        self.ensure_one()
        quantity = self._freight_quantity()
        product = self.product_id
        pieces = self.product_uom._compute_quantity(quantity, product.uom_id, round=False)
        return {
            "product_id": product.id,
            "name": product.display_name,
            "quantity": quantity,
            "uom_id": self.product_uom.id,
            "weight": _converted(product.weight * pieces, *weight_units),
            "volume": _converted(product.volume * pieces, *volume_units),
            "value": self._freight_value(),
            "stock_move_id": self.id,
        }


def _converted(amount, unit, wanted):
    return unit._compute_quantity(amount, wanted, round=False)
