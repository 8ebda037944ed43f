from odoo import api, fields, models, tools


class FreightExceptionReason(models.Model):
    """Why something went other than planned, in the suite's own words."""

    _name = "freight.exception.reason"
    _description = "Exception Reason"
    _inherit = ["freight.code.list", "freight.cached"]
    _order = "code"
    _equivalents = ("x12_1651",)

    x12_1651 = fields.Char(string="X12 element 1651")
    service_failure = fields.Boolean(
        default=True, help="Counts against the carrier. A keying error, for one, does not."
    )

    @api.model
    def _code_example(self):
        return "strike"

    @api.model
    @tools.ormcache("company_id")
    def _by_code(self, company_id=None):
        """Return {code: id} of the reasons that documents of a company may name."""
        return {reason.code: reason.id for reason in self._known_to(company_id)}

    @api.model
    @tools.ormcache("company_id")
    def _blameless(self, company_id=None):
        """Return the codes of a company's reasons that are no failure of the carrier's service."""
        failures = {reason.code: reason.service_failure for reason in self._known_to(company_id)}
        return frozenset(code for code, failure in failures.items() if not failure)
