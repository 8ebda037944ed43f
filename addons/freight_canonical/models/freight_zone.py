from odoo import _, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ..zones import Zones, conflicts


class FreightZone(models.Model):
    """A part of the world under one name: countries, states, postal codes and UN/LOCODEs."""

    _name = "freight.zone"
    _description = "Freight Zone"
    _inherit = "freight.cached"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    code = fields.Char()
    company_id = fields.Many2one(
        "res.company", ondelete="restrict", help="Empty: all companies know it."
    )
    active = fields.Boolean(default=True)
    entry_ids = fields.One2many(
        "freight.zone.entry", "zone_id", string="What it covers", copy=False
    )
    covers = fields.Char(compute="_compute_covers")

    _sql_constraints = [
        ("code_unique", "unique(company_id, code)", "A zone with this code exists already.")
    ]

    @api.depends("entry_ids.name")
    def _compute_covers(self):
        for zone in self:
            names = zone.entry_ids[:8].mapped("name")
            rest = len(zone.entry_ids) - len(names)
            said = ", ".join(names)
            zone.covers = (
                _("%(named)s and %(count)s more", named=said, count=rest) if rest else said
            )

    @api.constrains("active", "company_id")
    def _check_overlaps(self):
        """Refuse that a place may lie in two zones of which neither is the more specific one.

        :raise ValidationError: naming both zones and both entries
        """
        Entry = self.env["freight.zone.entry"].sudo()
        everything = Entry.search([("zone_id.active", "=", True)])
        own = set(self.ids)
        for one, other in conflicts(everything._as_entries()):
            zones = self.sudo().browse((one.zone, other.zone))
            if own & {one.zone, other.zone} and zones._meet():
                raise ValidationError(
                    _(
                        "%(one)s of zone %(zone)s and %(other)s of zone %(other_zone)s overlap, and"
                        " neither is the narrower one. Change one of them, so that each place lies"
                        " in one zone.",
                        one=Entry.browse(one.id).name,
                        zone=zones[0].name,
                        other=Entry.browse(other.id).name,
                        other_zone=zones[1].name,
                    )
                )

    def _meet(self):
        """Return whether there is a company that knows both of these two zones."""
        one, other = (zone.company_id for zone in self)
        return not one or not other or one in other.parent_ids or other in one.parent_ids

    @api.model
    def _of(self, places, company):
        """Return the zone of each of the ``places`` (:class:`~..zones.Place`) for ``company``."""
        known = self._known_to(company.id)
        entries = [known.match(place) for place in places]
        return [self.browse(entry and entry.zone) for entry in entries]

    @api.model
    @ormcache("company_id")
    def _known_to(self, company_id):
        """Return the :class:`~..zones.Zones` of a company: shared, its own, its parents'."""
        companies = self.env["res.company"].sudo().browse(company_id).parent_ids.ids
        return Zones(
            self.env["freight.zone.entry"]
            .sudo()
            .search(
                [("zone_id.active", "=", True), ("zone_id.company_id", "in", (False, *companies))]
            )
            ._as_entries()
        )
