from odoo import api, fields, models


class FreightChargeCode(models.Model):
    """What a freight charge is for, with its codes in the standards."""

    _name = "freight.charge.code"
    _description = "Charge Code"
    _inherit = "freight.code.list"
    _order = "sequence, code"
    _code_pattern = r"[A-Z0-9]{3,4}"
    _equivalents = ("x12_150", "sac", "unece_23")

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

    def _compute_display_name(self):
        for code in self:
            code.display_name = f"{code.code} {code.name}"

    @api.model
    def _code_example(self):
        return "YRD"

    @api.model
    def _by_code(self, company_id):
        """Return {code: charge code} of what documents of a company may name and is in use."""
        known = self._known_to(company_id).sudo(self.env.su)
        return {row.code: row for row in known if row.active}
