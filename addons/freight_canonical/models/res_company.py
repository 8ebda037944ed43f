from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    freight_tms_id = fields.Many2one(
        "freight.system",
        string="TMS",
        domain="[('kind', '=', 'tms')]",
        help="The system that plans and executes this company's freight.",
    )
    freight_mode = fields.Selection(
        selection=lambda self: self.env["freight.shipment"]._fields["mode"].selection,
        string="Usual mode",
        default="ltl",
        required=True,
    )
