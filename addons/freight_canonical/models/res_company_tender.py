from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    freight_tender_reanswer = fields.Boolean(
        string="Changed tenders are answered anew",
        default=True,
        help="A carrier that accepted must accept again what changed since.",
    )
    freight_counter_limit = fields.Float(
        string="Counter-offer limit (%)",
        default=10.0,
        help="Above the offer by more than this, another person than who tendered confirms.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    freight_tender_reanswer = fields.Boolean(
        related="company_id.freight_tender_reanswer", readonly=False
    )
    freight_counter_limit = fields.Float(related="company_id.freight_counter_limit", readonly=False)
