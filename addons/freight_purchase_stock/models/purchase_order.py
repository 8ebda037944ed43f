from odoo import api, fields, models
from odoo.addons.freight_stock import releasing

#: Fields of an order that its shipments speak of.
TOLD = frozenset({"incoterm_id", "partner_ref", "dest_address_id", "freight_by_tms"})


class PurchaseOrder(models.Model):
    _name = "purchase.order"
    _inherit = ["purchase.order", "freight.order"]

    freight_shipment_ids = fields.Many2many(
        "freight.shipment", "freight_shipment_purchase_order_rel", string="Shipments", copy=False
    )

    @api.depends("incoterm_id")
    def _compute_freight_by_tms(self):
        return super()._compute_freight_by_tms()

    def _freight_is_ours(self):
        """Return whether we have the goods fetched: EXW, FCA, FAS, FOB, or nothing agreed."""
        return releasing.terms_of(self.incoterm_id.code, releasing.INCOMING)[1]

    def button_approve(self, force=False):
        """Approve, then hand what is to be fetched to the TMS, as policies say."""
        result = super().button_approve(force=force)
        self.sudo().picking_ids._freight_follow()
        return result

    def button_cancel(self):
        """Cancel, then take the receipts off their shipments; a person is told of the others."""
        result = super().button_cancel()
        self.sudo().picking_ids._freight_follow()
        return result

    def write(self, vals):
        """Write; what shipments speak of changes them before the commit."""
        result = super().write(vals)
        if TOLD & set(vals):
            self._freight_touch()
        return result
