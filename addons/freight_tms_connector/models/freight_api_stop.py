from odoo import models
from odoo.addons.freight_canonical.documents import iso_utc


class FreightStop(models.Model):
    _inherit = "freight.stop"

    def _api_view(self):
        self.ensure_one()
        return {
            "sequence": self.sequence,
            "role": self.role,
            "name": self.name or None,
            "city": self.city or None,
            "state": self.state_code or None,
            "zip": self.zip or None,
            "country": self.country_id.code or None,
            "locode": self.locode or None,
            "time_zone": self.tz or None,
            "window_start": iso_utc(self.window_start),
            "window_end": iso_utc(self.window_end),
            "estimated_arrival": iso_utc(self.estimated_arrival),
            "arrival": iso_utc(self.arrival),
            "departure": iso_utc(self.departure),
        }
