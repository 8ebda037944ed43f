"""Which partners want to hear of their shipments."""

from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    freight_notices_off = fields.Boolean(
        string="No shipment notices", help="This partner gets no mails about shipments."
    )

    def _wants_freight_notices(self):
        """Return whether this partner, if any, can and wants to be told."""
        asked = self | self.commercial_partner_id
        return bool(self.email) and not any(asked.mapped("freight_notices_off"))
