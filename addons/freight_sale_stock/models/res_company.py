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
