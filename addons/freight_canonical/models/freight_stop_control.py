from odoo import api, models

#: What controls look at beside the ledger.
CONTROLLED = frozenset({"window_end", "role", "sequence"})


class FreightStop(models.Model):
    _inherit = "freight.stop"

    @api.model_create_multi
    def create(self, vals_list):
        """Create, and let controls look at what is now awaited."""
        stops = super().create(vals_list)
        stops.shipment_id._control_soon()
        return stops

    def write(self, vals):
        """Write, and let controls look again where that may change what they find."""
        result = super().write(vals)
        if CONTROLLED & set(vals):
            self.shipment_id._control_soon()
        return result
