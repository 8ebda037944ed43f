from odoo import api, models, tools


class ResCountry(models.Model):
    _inherit = "res.country"

    @api.model
    def _freight_by_code(self, code):
        """Return the country of an ISO 3166 code as messages have it, none for none."""
        code = (code or "").upper()
        known = self._freight_ids().get(code)
        return self.browse(known) if known or not code else self.search([("code", "=", code)])

    @api.model
    @tools.ormcache()
    def _freight_ids(self):
        return {country.code: country.id for country in self.search_fetch([], ["code"])}
