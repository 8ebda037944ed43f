"""The consumer that tells partners what happened, and what such a message says."""

from functools import partial

from odoo import api, models

from ..announcing import Announcement, facts
from ..documents import iso_utc


class FreightAnnouncer(models.AbstractModel):
    """Tells the world of what the ledger says, once for each fact.

    The body of each announcement is ``{"shipment": {number, company, carrier_scac,
    transport_state, references}, "event": {id, type, occurred, reported, reason, quantity, stop,
    place, corrects}}``, or ``exception`` in the place of ``event``. Times are ISO 8601 UTC,
    quantities decimal text. What is internal stays inside: no names of persons, no descriptions.
    """

    _name = "freight.announcer"
    _description = "Announcements of Freight Events"

    @api.model
    def _consume_announcements(self, events):
        """Announce what of ``events`` is news. Nothing is, the second time."""
        recorded = self._recorded(events.shipment_id)
        ledgers = self.env["freight.event"]._ledgers(events.shipment_id.ids)
        announcements = []
        for shipment, fresh in events.grouped("shipment_id").items():
            by_identity = recorded[shipment.id]
            found = facts(
                sorted(ledgers[shipment.id], key=lambda one: by_identity[one.identity].id),  # noqa: B023
                {(event.source_id.id, event.source_event_id) for event in fresh},
                self._milestone_types(),
                shipment.transport_state,
            )
            announcements += [self._announcement(fact, by_identity) for fact in found]
        if announcements:
            self.env["freight.emitter"]._announce(announcements)

    @api.model
    def _recorded(self, shipments):
        """Return {shipment id: {identity: ``freight.event``}}."""
        recorded = {shipment.id: {} for shipment in shipments}
        for event in self.env["freight.event"].search([("shipment_id", "in", shipments.ids)]):
            identity = (event.source_id.id, event.source_event_id)
            recorded[event.shipment_id.id][identity] = event
        return recorded

    @api.model
    def _milestone_types(self):
        types = self.env["freight.event.type"]._by_code()
        return {code for code, (_id, kind, *_rest) in types.items() if kind == "milestone"}

    @api.model
    def _announcement(self, fact, recorded):
        event = recorded[fact.event.identity]
        shipment = event.shipment_id
        corrected = recorded.get((event.source_id.id, event.corrects))
        prefix = f"event:{shipment.id}:"
        return Announcement(
            name=fact.name,
            subject=shipment.name,
            company=shipment.company_id,
            shipment=shipment,
            trace_id=event.trace_id or shipment.trace_id,
            body=partial(self._body_of_event, event, corrected),
            identity=f"{prefix}{fact.key}",
            takes_back=fact.takes_back and f"{prefix}{fact.takes_back}",
            origin_id=event.source_id.id,
        )

    @api.model
    def _announcement_of_case(self, name, case):
        """Say that ``case``, a ``freight.exception`` of a shipment, opened or was resolved."""
        shipment = case.shipment_id
        moment = case.opened if name.endswith("opened") else case.resolved
        return Announcement(
            name=name,
            subject=shipment.name,
            company=case.company_id,
            shipment=shipment,
            trace_id=shipment.trace_id,
            body=partial(self._body_of_case, case),
            identity=f"{name}:{case.id}:{moment.isoformat()}",
            origin_id=self.env.context.get("freight_origin_system_id"),
        )

    @api.model
    def _body_of_event(self, event, corrected):
        stop = event.stop_id
        return {
            "shipment": self._body_of_shipment(event.shipment_id),
            "event": {
                "id": event.uuid,
                "type": event.type_code,
                "occurred": iso_utc(event.occurred),
                "reported": iso_utc(event.reported),
                "reason": event.reason_id.code or None,
                "quantity": _decimal(event.quantity),
                "stop": {"sequence": stop.sequence, "role": stop.role} if stop else None,
                "place": self._body_of_place(event, stop),
                "corrects": corrected.uuid if corrected else None,
            },
        }

    @api.model
    def _body_of_place(self, event, stop):
        """Return where it happened: as reported, else the stop."""
        if event.city or event.zip or event.locode:
            return {
                "city": event.city or None,
                "state": event.state_code or None,
                "zip": event.zip or None,
                "country": event.country_code or None,
                "locode": event.locode or None,
            }
        return {
            "city": stop.city or None,
            "state": stop.state_code or None,
            "zip": stop.zip or None,
            "country": stop.country_id.code or None,
            "locode": stop.locode or None,
        }

    @api.model
    def _body_of_case(self, case):
        return {
            "shipment": self._body_of_shipment(case.shipment_id),
            "exception": {
                "id": case.id,
                "code": case.code,
                "severity": case.severity,
                "reason": case.reason_id.code or None,
                "opened": iso_utc(case.opened),
                "resolved": iso_utc(case.resolved),
            },
        }

    @api.model
    def _body_of_shipment(self, shipment):
        return {
            "number": shipment.name,
            "company": shipment.company_id.name,
            "carrier_scac": shipment.carrier_id.freight_scac or None,
            "transport_state": shipment.transport_state,
            "references": [
                {"type": reference.type, "value": reference.value}
                for reference in shipment.reference_ids
            ],
        }


def _decimal(quantity):
    return f"{quantity:.3f}".rstrip("0").rstrip(".") if quantity else None
