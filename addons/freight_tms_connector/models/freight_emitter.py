from odoo import api, models


class FreightEmitter(models.AbstractModel):
    _inherit = "freight.emitter"

    @api.model
    def _emit(self, event_type, records, data_of, shipment_of=None):
        """Write one message for each record and subscribed endpoint into the outbox.

        A TMS hears of its own shipments only, a carrier of those it carries, and nobody of what
        they told us themselves: ``freight_origin_system_id`` in the context names who did.
        """
        origin = self.env.context.get("freight_origin_system_id")
        result = super()._emit(event_type, records, data_of, shipment_of)
        subscribed = {
            company: self.env["freight.subscription"]._endpoints_for(event_type, company)
            for company in records.company_id
        }
        entries = []
        for record in records:
            shipment = shipment_of(record) if shipment_of else record
            endpoints = subscribed[record.company_id].filtered(
                lambda endpoint, shipment=shipment: (
                    endpoint.system_id.id != origin
                    and (not shipment or endpoint.system_id._may_act_on(shipment))
                )
            )
            entries += [
                {
                    "endpoint": endpoint,
                    "event_type": event_type,
                    "subject": record.display_name,
                    "shipment": shipment,
                    "company": record.company_id,
                    "trace_id": record.trace_id,
                    "data": data_of(record),
                }
                for endpoint in endpoints
            ]
        if entries:
            self.env["freight.message.out"].sudo()._enqueue(entries)
        return result
