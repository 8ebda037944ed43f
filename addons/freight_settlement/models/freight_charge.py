from odoo import fields, models


class FreightCharge(models.Model):
    _inherit = "freight.charge"

    freight_rate_id = fields.Many2one(
        "freight.contract.rate",
        string="Contract rate",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The rate that priced this charge; its maintainers do not approve the bill.",
    )
