from odoo import api, fields, models


class FreightEquipmentType(models.Model):
    """What goods travel in or on, with its codes in the standards."""

    _name = "freight.equipment.type"
    _description = "Equipment Type"
    _inherit = "freight.code.list"
    _order = "code"
    _equivalents = ("x12_40", "iso_6346")

    x12_40 = fields.Char(string="X12 element 40")
    iso_6346 = fields.Char(string="ISO 6346 size-type")

    @api.model
    def _code_example(self):
        return "walking_floor"
