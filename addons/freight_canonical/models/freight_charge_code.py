from odoo import fields, models


class FreightChargeCode(models.Model):
    """What a freight charge is for, with its codes in the standards."""

    _name = "freight.charge.code"
    _description = "Charge Code"
    _order = "sequence, code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    family = fields.Selection(
        [
            ("linehaul", "Linehaul"),
            ("fuel", "Fuel"),
            ("accessorial", "Accessorial"),
            ("discount", "Discount"),
            ("tax", "Tax"),
            ("insurance", "Insurance"),
        ],
        required=True,
        default="accessorial",
    )
    x12_150 = fields.Char(string="X12 element 150")
    sac = fields.Char(string="X12 element 1300 (SAC)")
    unece_23 = fields.Char(string="UNECE Recommendation 23")
    active = fields.Boolean(default=True)

    _sql_constraints = [("code_unique", "unique(code)", "This charge code exists already.")]

    def _compute_display_name(self):
        for code in self:
            code.display_name = f"{code.code} {code.name}"
