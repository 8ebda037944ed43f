"""The ledger of a shipment as partners read it."""

from odoo import api, models
from odoo.addons.freight_canonical.documents import iso_utc

from .freight_api_shipment import decimal


class FreightEvent(models.Model):
    _inherit = "freight.event"

    @api.model
    def _api_domain(self, caller):
        """Return the domain of the events that ``caller`` may see of a shipment of its own.

        Who carries sees its own reports and the shipper's side, not what other carriers reported.
        """
        system = self.env["freight.system"].browse(caller.system_id)
        if system._sees_all_of_its_shipments():
            return []
        return ["|", ("source_id", "=", system.id), ("source_id.kind", "in", ("odoo", "tms"))]

    @api.model
    def _api_list(self, call):
        """Return a page of events in the order of recording."""
        shipment = self.env["freight.shipment"]._api_find(call)
        domain = [("shipment_id", "=", shipment.id), *self._api_domain(call.caller)]
        return self.env["freight.api"]._page_by_id(
            call, self, domain, lambda event: event._api_view(call.caller)
        )

    def _api_view(self, caller):
        self.ensure_one()
        own = self.source_id.id == caller.system_id
        return {
            "id": self.uuid,
            "type": self.type_id.code,
            "raw_code": (own and self.raw_code) or None,
            "classifier": self.classifier,
            "occurred": iso_utc(self.occurred),
            "reported": iso_utc(self.reported),
            "received": iso_utc(self.received),
            "recorded": iso_utc(self.recorded),
            "counts": self.counts,
            "reason": self.reason_id.code or None,
            "quantity": decimal(self.quantity) if self.quantity else None,
            "source": self.source_id.code,
            "source_event_id": self.source_event_id if own else None,
            "stop": {"sequence": self.stop_id.sequence, "role": self.stop_id.role}
            if self.stop_id
            else None,
            "place": {
                "city": self.city or None,
                "state": self.state_code or None,
                "zip": self.zip or None,
                "country": self.country_code or None,
                "locode": self.locode or None,
            },
            "trace_id": self.trace_id or None,
        }

    def _api_trace_node(self, message_ids):
        """Return the node of this event; it hangs below its message where that is shown."""
        self.ensure_one()
        return {
            "stage": "event",
            "id": self.uuid,
            "title": self.type_id.name,
            "time": iso_utc(self.occurred),
            "state": None if self.counts else "does not count",
            "trace_id": self.trace_id or None,
            "parent": self.message_id.uuid if self.message_id.id in message_ids else None,
        }
