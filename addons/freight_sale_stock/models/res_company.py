from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    freight_release_policy = fields.Selection(
        [
            ("confirm", "When the order is confirmed"),
            ("manual", "By hand"),
        ],
        string="Release to the TMS",
        default="confirm",
        required=True,
    )
    freight_notice_to = fields.Selection(
        selection_add=[("customer", "Customer of the order")],
        ondelete={"customer": "set default"},
    )
    freight_parcel_weight = fields.Float(
        string="Parcels up to (kg)",
        digits="Stock Weight",
        help="Deliveries up to this weight go as parcels, heavier ones by the usual mode. Zero: "
        "the usual mode for all.",
    )

    def _freight_mode_for(self, weight):
        """Return the mode of transport for goods of ``weight`` kilograms."""
        self.ensure_one()
        light = 0 < self.freight_parcel_weight >= weight
        return "parcel" if light else self.freight_mode
