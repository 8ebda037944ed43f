from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    freight_tms_id = fields.Many2one(related="company_id.freight_tms_id", readonly=False)
    freight_release_policy = fields.Selection(
        related="company_id.freight_release_policy", readonly=False
    )
