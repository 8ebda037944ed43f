from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    _inherit = "res.partner"

    freight_is_carrier = fields.Boolean(string="Freight carrier")
    freight_scac = fields.Char(
        string="SCAC", size=4, index="btree_not_null", help="Standard Carrier Alpha Code"
    )

    @api.constrains("freight_scac")
    def _check_freight_scac(self):
        for partner in self.filtered("freight_scac"):
            code = partner.freight_scac
            if not (2 <= len(code) <= 4 and code.isalpha() and code.isupper()):
                raise ValidationError(
                    _("%s is no SCAC: it has 2 to 4 capital letters.", partner.freight_scac)
                )

    @api.model
    def _freight_carriers_by_scac(self, codes, companies):
        """Return {(SCAC, company id): carrier} where a company knows exactly one such carrier."""
        carriers = self.search(
            [("freight_scac", "in", list(codes)), ("freight_is_carrier", "=", True)]
        )
        found = {}
        for company in companies:
            visible = carriers.filtered(
                lambda one, own=company: one.company_id in (own, own.browse())
            )
            for scac, same in visible.grouped("freight_scac").items():
                if len(same) == 1:
                    found[scac, company.id] = same
        return found
