"""What of this addon the audit log follows: configuration, and who ordered what costs."""

from odoo import api, models


class FreightSystem(models.Model):
    _name = "freight.system"
    _inherit = ["freight.system", "freight.audited"]


class FreightOwnership(models.Model):
    _name = "freight.ownership"
    _inherit = ["freight.ownership", "freight.audited"]


class FreightTeam(models.Model):
    _name = "freight.team"
    _inherit = ["freight.team", "freight.audited"]


class FreightExceptionType(models.Model):
    _name = "freight.exception.type"
    _inherit = ["freight.exception.type", "freight.audited"]


class FreightExceptionReason(models.Model):
    _name = "freight.exception.reason"
    _inherit = ["freight.exception.reason", "freight.audited"]


class FreightEventType(models.Model):
    _name = "freight.event.type"
    _inherit = ["freight.event.type", "freight.audited"]


class FreightChargeCode(models.Model):
    _name = "freight.charge.code"
    _inherit = ["freight.charge.code", "freight.audited"]


class FreightConsumer(models.Model):
    _name = "freight.consumer"
    _inherit = ["freight.consumer", "freight.audited"]


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "freight.audited"]

    @api.model
    def _audits(self, field):
        """Follow the suite's own settings of a company."""
        return field.name.startswith("freight_") and super()._audits(field)


class FreightCharge(models.Model):
    _inherit = "freight.charge"

    def _authorise(self):
        new = self.sudo().filtered(lambda charge: not charge.authorised_at)
        result = super()._authorise()
        self._note_money("authorise", new, role="approved")
        return result

    def _withdraw(self, reason):
        taken_back = self.filtered("authorised")
        result = super()._withdraw(reason)
        self._note_money("withdraw", taken_back, why=reason)
        return result

    @api.model
    def _note_money(self, action, charges, **told):
        amounts = {
            charge.id: {
                "shipment": charge.shipment_id.name,
                "code": charge.code_id.code,
                "amount": charge._amount_said(),
            }
            for charge in charges.sudo()
        }
        self.env["freight.audit"]._note(action, charges, after=amounts, stream="money", **told)
