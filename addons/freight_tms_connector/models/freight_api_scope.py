from odoo import api, fields, models, tools


class FreightApiScope(models.Model):
    """Something that a token may allow. Each addon brings those of its own resources."""

    _name = "freight.api.scope"
    _description = "API Scope"
    _inherit = "freight.cached"
    _order = "code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True, readonly=True)
    name = fields.Char(string="Allows to", required=True, translate=True)

    _sql_constraints = [("code_unique", "unique(code)", "This scope exists already.")]

    @api.depends("code", "name")
    def _compute_display_name(self):
        for scope in self:
            scope.display_name = f"{scope.code} ({scope.name})"

    @api.model
    @tools.ormcache()
    def _described(self):
        """Return {scope: what it allows}, in English as all of the API."""
        scopes = self.sudo().with_context(lang=None).search([("code", "!=", False)])
        return {scope.code: scope.name for scope in scopes}
