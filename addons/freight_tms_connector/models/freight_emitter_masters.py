"""Who hears of master data, and under which number."""

from odoo import api, models
from odoo.addons.freight_canonical.models.freight_master import MasterAnnouncement

#: Where the numbers lie while announcements are written.
NUMBERS = "freight_numbers_by_system"
#: The one endpoint that is told.
ONLY = "freight_only_endpoint_id"


class FreightEmitter(models.AbstractModel):
    _inherit = "freight.emitter"

    @api.model
    def _announce(self, announcements):
        """Announce, with the number by which each system told us of a thing."""
        records = [one.record for one in announcements if isinstance(one, MasterAnnouncement)]
        if not records:
            return super()._announce(announcements)
        numbers = {}
        for model in {record._name for record in records}:
            ids = {record.id for record in records if record._name == model}
            numbers.update(self.env["freight.master.identity"]._numbers(model, ids))
        return super(FreightEmitter, self.with_context(**{NUMBERS: numbers}))._announce(
            announcements
        )

    @api.model
    def _announce_to(self, endpoint, announcements):
        """Announce to ``endpoint`` alone, whoever else listens."""
        return self.with_context(**{ONLY: endpoint.id})._announce(announcements)

    @api.model
    def _concerns(self, endpoint, announcement, told):
        if self.env.context.get(ONLY, endpoint.id) != endpoint.id:
            return False
        return super()._concerns(endpoint, announcement, told)

    @api.model
    def _may_hear(self, system, announcement):
        """A carrier hears of itself and of charge codes, never of other carriers or customers."""
        if not isinstance(announcement, MasterAnnouncement):
            return super()._may_hear(system, announcement)
        record = announcement.record
        if record._name != "res.partner":
            return True
        return self.env["freight.party"]._may_speak_of(system, record)

    @api.model
    def _entry(self, endpoint, wish, announcement, data):
        entry = super()._entry(endpoint, wish, announcement, data)
        if isinstance(announcement, MasterAnnouncement):
            record = announcement.record
            numbers = self.env.context.get(NUMBERS, {})
            number = numbers.get((record._name, record.id, endpoint.system_id.id))
            entry["data"] = {**entry["data"], "your_number": number}
        return entry
