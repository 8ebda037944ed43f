from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from .. import time_zones
from ..identifiers import is_locode
from ..zones import Place


class FreightStop(models.Model):
    """Where a stop is: what of its address counts, and what time it is there."""

    _inherit = "freight.stop"

    lane_id = fields.Many2one(related="shipment_id.lane_id", store=True, index="btree_not_null")
    carrier_id = fields.Many2one(related="shipment_id.carrier_id")

    @api.constrains("locode")
    def _check_locode(self):
        for stop in self.filtered("locode"):
            if not is_locode(stop.locode):
                raise ValidationError(
                    _(
                        "%s is no UN/LOCODE: it has the two letters of the country and three more"
                        " signs, such as USCHI.",
                        stop.locode,
                    )
                )

    @api.depends("partner_id", "country_id", "state_code", "company_id")
    def _compute_tz(self):
        """The location's own zone, that of the state, the country's only one, the company's.

        A state of which the country is not said lies in the company's country. What was typed
        stays where the place does not say it.
        """
        for stop in self:
            place = stop._place()
            country = place.country or (place.state and stop.company_id.country_id.code)
            stop.tz = (
                stop.partner_id.tz
                or time_zones.zone_of(country, place.state)
                or stop.tz
                or stop.company_id._freight_tz()
            )

    def _place(self):
        """Return the :class:`~..zones.Place` of the stop: its own address, else its location's."""
        self.ensure_one()
        if self.locode or self.zip or self.state_code or self.country_id:
            return Place(
                self.country_id.code or "",
                self.state_code or "",
                self.zip or "",
                self.locode or "",
            )
        partner = self.partner_id
        return Place(partner.country_id.code or "", partner.state_id.code or "", partner.zip or "")
