from odoo import api, models


class FreightEmitter(models.AbstractModel):
    """The seam through which the suite tells the world what it did."""

    _name = "freight.emitter"
    _description = "Emission of Freight Events"

    @api.model
    def _emit(self, event_type, records, data_of, shipment_of=None):
        """Announce ``event_type`` for ``records`` in the transaction that made it true.

        Without an addon that delivers, nobody listens and nothing is kept. A change is never sent
        back to the system it came from: who announces what a message did calls this with the id
        of its system as ``freight_origin_system_id`` in the context.

        :param str event_type: unversioned name, such as ``shipment.released``
        :param records: what it happened to; the subject of each announcement
        :param data_of: callable(record) -> JSON-serialisable body
        :param shipment_of: callable(record) -> ``freight.shipment`` that keeps the order of
            delivery; the record itself by default
        """
