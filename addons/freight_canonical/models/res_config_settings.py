from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    freight_unit_system = fields.Selection(related="company_id.freight_unit_system", readonly=False)
    freight_mode = fields.Selection(related="company_id.freight_mode", readonly=False)
    freight_tms_id = fields.Many2one(related="company_id.freight_tms_id", readonly=False)
