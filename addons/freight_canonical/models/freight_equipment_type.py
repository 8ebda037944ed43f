from odoo import fields, models


class FreightEquipmentType(models.Model):
    _name = "freight.equipment.type"
    _description = "Equipment Type"
    _order = "code"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    x12_40 = fields.Char(string="X12 element 40")
    iso_6346 = fields.Char(string="ISO 6346 size-type")
    active = fields.Boolean(default=True)

    _sql_constraints = [("code_unique", "unique(code)", "This equipment code exists already.")]
