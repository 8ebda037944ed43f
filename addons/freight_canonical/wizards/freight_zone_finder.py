from odoo import api, fields, models

from ..zones import Place


class FreightZoneFinder(models.TransientModel):
    """Answers which zone a place is in, and which entry says so."""

    _name = "freight.zone.finder"
    _description = "Find the Zone of a Place"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    country_id = fields.Many2one("res.country", default=lambda self: self.env.company.country_id)
    state_id = fields.Many2one("res.country.state", domain="[('country_id', '=?', country_id)]")
    zip = fields.Char(string="ZIP")
    locode = fields.Char(string="UN/LOCODE", size=5)
    zone_id = fields.Many2one("freight.zone", compute="_compute_zone_id")
    entry_id = fields.Many2one(
        "freight.zone.entry", string="Because of", compute="_compute_zone_id"
    )

    @api.depends("company_id", "country_id", "state_id", "zip", "locode")
    def _compute_zone_id(self):
        for finder in self:
            own = finder.company_id & self.env.companies
            known = self.env["freight.zone"]._known_to(own.id)
            entry = known.match(
                Place(
                    (finder.state_id.country_id or finder.country_id).code or "",
                    finder.state_id.code or "",
                    finder.zip or "",
                    finder.locode or "",
                )
            )
            finder.zone_id = entry and entry.zone
            finder.entry_id = entry and entry.id
