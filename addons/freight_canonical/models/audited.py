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


class FreightEquipmentType(models.Model):
    _name = "freight.equipment.type"
    _inherit = ["freight.equipment.type", "freight.audited"]


class FreightZone(models.Model):
    _name = "freight.zone"
    _inherit = ["freight.zone", "freight.audited"]


class FreightZoneEntry(models.Model):
    _name = "freight.zone.entry"
    _inherit = ["freight.zone.entry", "freight.audited"]


class FreightLane(models.Model):
    _name = "freight.lane"
    _inherit = ["freight.lane", "freight.audited"]


class FreightTenderPlan(models.Model):
    _name = "freight.tender.plan"
    _inherit = ["freight.tender.plan", "freight.audited"]


class FreightTenderPlanLine(models.Model):
    _name = "freight.tender.plan.line"
    _inherit = ["freight.tender.plan.line", "freight.audited"]


class FreightConsumer(models.Model):
    _name = "freight.consumer"
    _inherit = ["freight.consumer", "freight.audited"]

    def _replay_from(self, moment, companies=None):
        added = super()._replay_from(moment, companies)
        told = {"since": moment.isoformat(), "events": added}
        self.env["freight.audit"]._note_set("replay", self, after=told)
        return added


class IrConfigParameter(models.Model):
    _name = "ir.config_parameter"
    _inherit = ["ir.config_parameter", "freight.audited"]

    def _audit_rows(self, action, before, after):
        """Follow the suite's own parameters, whatever addon of it they belong to."""
        bookmarks = self._audit_bookmarks()
        ours = self.filtered(lambda one: one.key.startswith("freight") and one.key not in bookmarks)
        return super(IrConfigParameter, ours)._audit_rows(action, before, after)

    @api.model
    def _audit_bookmarks(self):
        """Return the keys under which the suite itself remembers how far it came."""
        return frozenset()


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
