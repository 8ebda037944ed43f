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
    def _freight_carriers_by_scac(self, codes):
        """Return {SCAC: carrier} for those of ``codes`` that exactly one carrier has."""
        carriers = self.search(
            [("freight_scac", "in", list(codes)), ("freight_is_carrier", "=", True)]
        )
        found = {}
        for carrier in carriers:
            found[carrier.freight_scac] = (
                self.browse() if carrier.freight_scac in found else carrier
            )
        return {code: carrier for code, carrier in found.items() if carrier}
