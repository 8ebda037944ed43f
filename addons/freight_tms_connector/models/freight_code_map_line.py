from odoo import fields, models


class FreightCodeMapLine(models.Model):
    """A partner's code that somebody translated, laid over the maps of a mapping."""

    _name = "freight.code.map.line"
    _description = "Code Translation"
    _inherit = "freight.cached"
    _order = "mapping_id, map_name, source_code"
    _rec_name = "source_code"

    mapping_id = fields.Many2one("freight.mapping", required=True, ondelete="cascade", index=True)
    map_name = fields.Char(string="Code map", required=True)
    source_code = fields.Char(string="Their code", required=True)
    target_code = fields.Char(string="Our code", required=True)

    _sql_constraints = [
        (
            "code_unique",
            "unique(mapping_id, map_name, source_code)",
            "This code is translated already.",
        ),
    ]
