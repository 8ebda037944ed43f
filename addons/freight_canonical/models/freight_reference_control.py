from odoo import api, models

from ..references import CARRIER_SIDE


class FreightReference(models.Model):
    _inherit = "freight.reference"

    @api.model_create_multi
    def create(self, vals_list):
        """Create, and let controls see a carrier's number that a person entered."""
        references = super().create(vals_list)
        numbers = references.filtered(lambda reference: reference.type in CARRIER_SIDE)
        numbers.shipment_id._control_soon()
        return references
