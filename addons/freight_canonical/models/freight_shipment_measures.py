from odoo import api, fields, models
from odoo.tools.misc import formatLang

from .. import units

_BACK = {
    "weight": units.from_kilograms,
    "volume": units.from_cubic_metres,
    "distance": units.from_kilometres,
}


class FreightShipment(models.Model):
    """How much and how far, stored in kg, m³ and km and shown as the company measures."""

    _inherit = "freight.shipment"

    distance = fields.Float(string="Distance (km)", digits=(12, 1))
    handling_units = fields.Integer(
        compute="_compute_handling_units",
        store=True,
        readonly=False,
        help="Pallets, crates and the like that are handled as one.",
    )
    unit_system = fields.Selection(related="company_id.freight_unit_system")
    weight_shown = fields.Char(string="Weight", compute="_compute_shown")
    volume_shown = fields.Char(string="Volume", compute="_compute_shown")
    distance_shown = fields.Char(string="Distance", compute="_compute_shown")

    @api.depends("line_ids.handling_units")
    def _compute_handling_units(self):
        """Add up the lines that say it; what was typed stays where none does."""
        for shipment in self:
            said = sum(shipment.line_ids.mapped("handling_units"))
            shipment.handling_units = said or shipment.handling_units

    @api.depends("weight", "volume", "distance", "company_id.freight_unit_system")
    def _compute_shown(self):
        for shipment in self:
            system = units.SHOWN[shipment.company_id.freight_unit_system or "metric"]
            for measure, (unit, sign) in system.items():
                number = float(_BACK[measure](shipment[measure], unit))
                text = f"{formatLang(self.env, number, digits=1)} {sign}"
                shipment[f"{measure}_shown"] = text if number else False
