from odoo import api, models


class FreightChargeCodeIntake(models.AbstractModel):
    """Charge codes that systems tell of. What another one calls a code, its code maps say."""

    _name = "freight.charge.code.intake"
    _description = "Intake of Charge Codes"
    _inherit = "freight.master.intake"
    _kind = "charge_code"
    _target = "freight.charge.code"
    _link = "charge_code_id"

    @api.model
    def _candidates(self, heard, company):
        known = {row.code: row.id for row in self.env[self._target]._known_to(company.id)}
        return {one.number: {known[one.number]} for one in heard if one.number in known}

    @api.model
    def _place_of(self, record, company):
        """A code that all companies share is changed by who owns it for all."""
        return record.company_id.id if record else company.id

    @api.model
    def _new_values(self, system, company, heard):
        return {
            **super()._new_values(system, company, heard),
            "code": heard.number,
            "company_id": company.id,
        }
