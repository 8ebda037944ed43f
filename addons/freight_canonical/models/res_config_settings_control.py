"""Settings of what exceptions a company watches for."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    freight_team_id = fields.Many2one(related="company_id.freight_team_id", readonly=False)
    freight_pickup_grace = fields.Float(related="company_id.freight_pickup_grace", readonly=False)
    freight_delivery_grace = fields.Float(
        related="company_id.freight_delivery_grace", readonly=False
    )
    freight_pod_hours = fields.Float(related="company_id.freight_pod_hours", readonly=False)
    freight_reference_hours = fields.Float(
        related="company_id.freight_reference_hours", readonly=False
    )
