from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..identifiers import is_locode
from ..zones import Entry, normalise_zip

#: As many signs as any postal code has.
LONGEST_ZIP = 12


class FreightZoneEntry(models.Model):
    """One part of what a zone covers."""

    _name = "freight.zone.entry"
    _description = "Freight Zone Entry"
    _inherit = "freight.cached"
    _order = "zone_id, id"

    zone_id = fields.Many2one("freight.zone", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="zone_id.company_id", store=True)
    name = fields.Char(compute="_compute_name")
    kind = fields.Selection(
        [
            ("country", "Country"),
            ("state", "State"),
            ("zip_prefix", "ZIP prefix"),
            ("zip_range", "ZIP range"),
            ("locode", "UN/LOCODE"),
        ],
        required=True,
        default="state",
    )
    country_id = fields.Many2one(
        "res.country",
        ondelete="restrict",
        compute="_compute_country_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    state_id = fields.Many2one("res.country.state", ondelete="restrict")
    zip_from = fields.Char(string="ZIP", help="A whole code or its beginning.")
    zip_to = fields.Char(string="to ZIP", help="The last one, with as many signs as the first.")
    locode = fields.Char(string="UN/LOCODE", size=5)

    @api.depends("state_id")
    def _compute_country_id(self):
        for entry in self:
            entry.country_id = entry.state_id.country_id or entry.country_id

    @api.depends("kind", "country_id", "state_id", "zip_from", "zip_to", "locode")
    def _compute_name(self):
        for entry in self:
            country = entry.country_id.code or ""
            entry.name = {
                "country": entry.country_id.name,
                "state": entry.state_id.name,
                "zip_prefix": f"{country} {entry.zip_from}*",
                "zip_range": f"{country} {entry.zip_from}-{entry.zip_to}",
                "locode": entry.locode,
            }.get(entry.kind)

    @api.constrains("kind", "country_id", "state_id", "zip_from", "zip_to", "locode", "zone_id")
    def _check_entry(self):
        for entry in self:
            problem = entry._problem()
            if problem:
                raise ValidationError(problem)
        self.zone_id._check_overlaps()

    def _problem(self):
        """Return what is missing or wrong in this entry, None if it can be used."""
        if self.kind == "locode":
            return None if is_locode(self.locode) else _(
                "%s is no UN/LOCODE: it has five signs, such as USCHI.", self.locode or ""
            )  # fmt: skip
        if self.kind == "state" and not self.state_id:
            return _("Choose the state.")
        if not self.country_id:
            return _("Choose the country: states and postal codes are compared within it.")
        if self.kind in ("zip_prefix", "zip_range"):
            return self._problem_of_zip()
        return None

    def _problem_of_zip(self):
        first, last = self._zips()
        if not first or len(first) > LONGEST_ZIP:
            return _("Say the postal code or its beginning, with 1 to %s signs.", LONGEST_ZIP)
        if self.kind == "zip_range" and (len(first) != len(last) or first > last):
            return _(
                "The postal codes %(first)s to %(last)s are no range: the last one has as many"
                " signs as the first and comes after it.",
                first=self.zip_from,
                last=self.zip_to or "",
            )
        return None

    def _zips(self):
        country = self.country_id.code
        return normalise_zip(self.zip_from, country), normalise_zip(self.zip_to, country)

    def _as_entries(self):
        """Return these as :class:`~..zones.Entry`."""
        return [entry._as_entry() for entry in self]

    def _as_entry(self):
        kind, country = self.kind, self.country_id.code or ""
        if kind == "locode":
            return Entry(self.zone_id.id, self.id, kind, self.locode[:2], self.locode)
        low, high = {
            "country": ("", ""),
            "state": (self.state_id.code, ""),
        }.get(kind) or self._zips()
        kind, high = ("zip", high if kind == "zip_range" else "") if "zip" in kind else (kind, "")
        return Entry(self.zone_id.id, self.id, kind, country, low, high)
