from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    freight_release_policy = fields.Selection(
        related="company_id.freight_release_policy", readonly=False
    )
    freight_parcel_weight = fields.Float(related="company_id.freight_parcel_weight", readonly=False)
