from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    freight_notice_to = fields.Selection(
        selection_add=[("customer", "Customer of the order")],
        ondelete={"customer": "set default"},
    )
