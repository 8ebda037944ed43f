from odoo import fields, models


class FreightExceptionResolution(models.Model):
    """How exceptions are resolved, in a few words that can be counted."""

    _name = "freight.exception.resolution"
    _description = "Exception Resolution"
    _order = "sequence, code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _sql_constraints = [("code_unique", "unique(code)", "This resolution exists already.")]
