from odoo import api, fields, models
from odoo.addons.freight_stock import releasing

#: Fields of an order that its shipments speak of.
TOLD = frozenset({"commitment_date", "client_order_ref", "incoterm", "partner_shipping_id"})


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "freight.order"]

    freight_shipment_ids = fields.Many2many(
        "freight.shipment", "freight_shipment_sale_order_rel", string="Shipments", copy=False
    )

    @api.depends("incoterm")
    def _compute_freight_by_tms(self):
        return super()._compute_freight_by_tms()

    def _freight_is_ours(self):
        """Return whether we have the goods moved: all but what customers fetch (EXW)."""
        return releasing.terms_of(self.incoterm.code, releasing.OUTGOING)[1]

    def action_confirm(self):
        """Confirm, then hand what is to be delivered to the TMS, as policies say."""
        result = super().action_confirm()
        self.sudo().picking_ids._freight_follow()
        return result

    def _action_cancel(self):
        """Cancel, then take the deliveries off their shipments; a person is told of the others."""
        result = super()._action_cancel()
        self.sudo().picking_ids._freight_follow()
        return result

    def write(self, vals):
        """Write; what shipments speak of changes them before the commit."""
        result = super().write(vals)
        if (TOLD | {"freight_by_tms"}) & set(vals):
            self._freight_touch()
        return result
