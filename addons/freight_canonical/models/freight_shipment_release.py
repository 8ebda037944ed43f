"""A later version of what was released: whoever was handed the shipment hears of it."""

from odoo import models

#: States in which partners know the shipment, and its goods have not left the pickup.
CHANGEABLE = ("released", "tendered", "declined", "accepted", "dispatched")
#: What of the release body is not the orders' business: who moves it, and for how much.
IMMATERIAL = ("carrier_scac", "charges")
#: Kinds of reference that orders give; others are given by those who carry.
OF_ORDERS = ("so", "po", "delivery_order")


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def _release_material(self):
        """Return what of the release is worth telling when it changes, as plain values."""
        self.ensure_one()
        body = self._release_body()["shipment"]
        return {
            **{name: value for name, value in body.items() if name not in IMMATERIAL},
            "references": sorted(
                (one["type"], one["value"])
                for one in body["references"]
                if one["type"] in OF_ORDERS
            ),
        }

    def _announce_changed(self):
        """Tell partners the whole of these shipments again, as ``shipment.changed``.

        Of those alone that were released and have not left their pickup.
        """
        told = self.filtered(lambda shipment: shipment.transport_state in CHANGEABLE)
        self.env["freight.emitter"]._emit("shipment.changed", told, type(self)._release_body)
