from odoo import api, models


class FreightEmitter(models.AbstractModel):
    _inherit = "freight.emitter"

    @api.model
    def _emit(self, event_type, records, data_of, shipment_of=None):
        """Write one message for each record and subscribed endpoint into the outbox."""
        result = super()._emit(event_type, records, data_of, shipment_of)
        entries = []
        for record in records:
            shipment = shipment_of(record) if shipment_of else record
            endpoints = self.env["freight.subscription"]._endpoints_for(
                event_type, record.company_id, shipment
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
