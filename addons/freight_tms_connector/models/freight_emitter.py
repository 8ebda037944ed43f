from odoo import api, models

from .. import subscribing
from ..subscribing import Circumstances

#: Kinds of system that see all shipments of their company.
SEE_ALL = ("odoo", "platform")


class FreightEmitter(models.AbstractModel):
    _inherit = "freight.emitter"

    @api.model
    def _announce(self, announcements):
        """Write one message for each announcement and subscribed endpoint into the outbox.

        A TMS hears of its own shipments only, a carrier of those it carries, nobody of what they
        told us themselves, and nobody twice of what has an identity. What nobody subscribed to
        costs no query.
        """
        result = super()._announce(announcements)
        wanted = self._wanted(announcements)
        if wanted:
            entries = self._entries(wanted)
            if entries:
                self.env["freight.message.out"].sudo()._enqueue_once(entries)
        return result

    @api.model
    def _is_wanted(self, event_type, company):
        """Return whether a subscription of ``company`` names it; costs no query."""
        return bool(self.env["freight.subscription"]._naming(event_type, company))

    @api.model
    def _wanted(self, announcements):
        """Return [(announcement, wishes)] of those that somebody subscribed to, by kind."""
        subscriptions = self.env["freight.subscription"]
        kinds = {(one.name, one.company) for one in announcements}
        wishes = {kind: subscriptions._naming(*kind) for kind in kinds}
        found = [(one, wishes[one.name, one.company]) for one in announcements]
        return [(one, asked) for one, asked in found if asked]

    @api.model
    def _entries(self, wanted):
        """Return the entries of the outbox, in the order of the announcements."""
        told = self.env["freight.message.out"]._told(
            {one.identity for one, _asked in wanted} | {one.takes_back for one, _asked in wanted}
        )
        endpoints = self._taking({wish.endpoint for _one, asked in wanted for wish in asked})
        self._read_ahead([one.shipment for one, _asked in wanted if one.shipment])
        entries = []
        for one, asked in wanted:
            chosen = subscribing.chosen(asked, self._circumstances(one, asked))
            concerned = [
                (endpoints[key], wish)
                for key, wish in chosen.items()
                if key in endpoints and self._concerns(endpoints[key], one, told)
            ]
            if concerned:
                data = one.body()
                told |= {(endpoint.id, one.identity) for endpoint, _wish in concerned}
                entries += [self._entry(endpoint, wish, one, data) for endpoint, wish in concerned]
        return entries

    @api.model
    def _taking(self, endpoint_ids):
        """Return {id: endpoint} of those that take messages."""
        endpoints = self.env["freight.endpoint"].sudo().browse(sorted(endpoint_ids))
        return {endpoint.id: endpoint for endpoint in endpoints._takes_messages()}

    @api.model
    def _read_ahead(self, shipments):
        """Read at once what decides whom shipments concern, however the caller came by them."""
        every = self.env["freight.shipment"].sudo().browse({one.id for one in shipments})
        carriers = self.env["res.partner"].sudo().union(*(one._carriers() for one in every))
        carriers.mapped("commercial_partner_id")

    @api.model
    def _circumstances(self, announcement, wishes):
        """Return of which carriers, lane and mode the fact is; nobody reads what nobody asks."""
        shipment, party = announcement.shipment, announcement.party
        if not any(wish.is_filtered for wish in wishes):
            return Circumstances()
        carriers = party.commercial_partner_id.ids if party else []
        if not shipment:
            return Circumstances(frozenset(carriers))
        movers = shipment.sudo()._carriers().commercial_partner_id.ids
        return Circumstances(
            frozenset([*carriers, *movers]), shipment.lane_id.id or None, shipment.mode or None
        )

    @api.model
    def _concerns(self, endpoint, announcement, told):
        """Return whether ``endpoint`` is to be told.

        :param told: {(endpoint id, identity)} of what was told
        """
        system = endpoint.system_id
        if system.id == announcement.origin_id:
            return False
        if announcement.identity and (endpoint.id, announcement.identity) in told:
            return False
        if announcement.takes_back and (endpoint.id, announcement.takes_back) not in told:
            return False
        return self._may_hear(system, announcement)

    @api.model
    def _may_hear(self, system, announcement):
        """Return whether the fact is any business of ``system``."""
        shipment = announcement.shipment
        if announcement.recipient:
            recipient = announcement.recipient.commercial_partner_id
            return system.partner_id.commercial_partner_id == recipient
        if system.kind == "carrier" and not self._concerns_carrier(system, announcement):
            return False
        if not shipment:
            return system.kind in SEE_ALL or bool(system.kind == "carrier" and announcement.party)
        return system._may_act_on(shipment)

    @api.model
    def _concerns_carrier(self, system, announcement):
        """Return whether a carrier may hear of it: nothing internal, nothing of another carrier."""
        if self.env["freight.announcement.type"]._is_internal(announcement.name):
            return False
        own = system.partner_id.commercial_partner_id
        return not announcement.party or announcement.party.commercial_partner_id == own

    @api.model
    def _entry(self, endpoint, wish, announcement, data):
        return {
            "endpoint": endpoint,
            "wish": wish,
            "event_type": announcement.name,
            "subject": announcement.subject,
            "shipment": announcement.shipment,
            "company": announcement.company,
            "trace_id": announcement.trace_id,
            "identity": announcement.identity,
            "data": data,
        }
