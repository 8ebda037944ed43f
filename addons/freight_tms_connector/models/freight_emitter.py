from odoo import api, models


class FreightEmitter(models.AbstractModel):
    _inherit = "freight.emitter"

    @api.model
    def _announce(self, announcements):
        """Write one message for each announcement and subscribed endpoint into the outbox.

        A TMS hears of its own shipments only, a carrier of those it carries, nobody of what they
        told us themselves, and nobody twice of what has an identity.
        """
        result = super()._announce(announcements)
        told = self.env["freight.message.out"]._told(
            {one.identity for one in announcements} | {one.takes_back for one in announcements}
        )
        endpoints = self._endpoints_of(announcements)
        entries = []
        for one in announcements:
            for endpoint in endpoints[one.name, one.company]:
                if self._concerns(endpoint, one, told):
                    told.add((endpoint.id, one.identity))
                    entries.append(self._entry(endpoint, one))
        if entries:
            self.env["freight.message.out"].sudo()._enqueue(entries)
        return result

    @api.model
    def _endpoints_of(self, announcements):
        """Return {(name, company): endpoints that want to hear of it}."""
        subscriptions = self.env["freight.subscription"]
        return {
            (name, company): subscriptions._endpoints_for(name, company)
            for name, company in {(one.name, one.company) for one in announcements}
        }

    @api.model
    def _concerns(self, endpoint, announcement, told):
        """Return whether ``endpoint`` is to be told.

        :param told: {(endpoint id, identity)} of what was told
        """
        system, shipment = endpoint.system_id, announcement.shipment
        if system.id == announcement.origin_id:
            return False
        if announcement.identity and (endpoint.id, announcement.identity) in told:
            return False
        if announcement.takes_back and (endpoint.id, announcement.takes_back) not in told:
            return False
        if announcement.recipient:
            recipient = announcement.recipient.commercial_partner_id
            return system.partner_id.commercial_partner_id == recipient
        return not shipment or system._may_act_on(shipment)

    @api.model
    def _entry(self, endpoint, announcement):
        return {
            "endpoint": endpoint,
            "event_type": announcement.name,
            "subject": announcement.subject,
            "shipment": announcement.shipment,
            "company": announcement.company,
            "trace_id": announcement.trace_id,
            "identity": announcement.identity,
            "data": announcement.body(),
        }
