from odoo import api, fields, models, tools


class FreightExceptionReason(models.Model):
    """Why something went other than planned, in the suite's own words."""

    _name = "freight.exception.reason"
    _description = "Exception Reason"
    _inherit = "freight.cached"
    _order = "code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    x12_1651 = fields.Char(string="X12 element 1651")
    service_failure = fields.Boolean(
        default=True, help="Counts against the carrier. A keying error, for one, does not."
    )
    active = fields.Boolean(default=True)

    _sql_constraints = [("code_unique", "unique(code)", "This reason exists already.")]

    @api.model
    @tools.ormcache()
    def _by_code(self):
        """Return {code: id} of all reasons."""
        return {
            reason.code: reason.id for reason in self.with_context(active_test=False).search([])
        }
