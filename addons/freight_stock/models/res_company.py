from odoo import fields, models

from .freight_release_policy import WHEN


class ResCompany(models.Model):
    _inherit = "res.company"

    freight_release_policy = fields.Selection(
        WHEN,
        string="Release to the TMS",
        default="confirm",
        required=True,
        help="Deliveries of warehouses for which no release policy says otherwise.",
    )
    freight_parcel_weight = fields.Float(
        string="Parcels up to (kg)",
        digits="Stock Weight",
        help="Transfers up to this weight go as parcels, heavier ones by the usual mode. Zero: "
        "the usual mode for all.",
    )

    def _freight_mode_for(self, weight):
        """Return the mode of transport for goods of ``weight`` kilograms."""
        self.ensure_one()
        light = 0 < self.freight_parcel_weight >= weight
        return "parcel" if light else self.freight_mode
