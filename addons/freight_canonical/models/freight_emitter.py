from functools import partial

from odoo import api, models

from ..announcing import Announcement


class FreightEmitter(models.AbstractModel):
    """The seam through which the suite tells the world what it did."""

    _name = "freight.emitter"
    _description = "Emission of Freight Events"

    @api.model
    def _emit(self, event_type, records, data_of, shipment_of=None, party_of=None):
        """Announce ``event_type`` for ``records`` in the transaction that made it true.

        A change is never sent back to the system it came from: who announces what a message did
        calls this with the id of its system as ``freight_origin_system_id`` in the context.

        :param str event_type: unversioned name, such as ``shipment.released``
        :param records: what it happened to; the subject of each announcement
        :param data_of: callable(record) -> JSON-serialisable body
        :param shipment_of: callable(record) -> ``freight.shipment`` that keeps the order of
            delivery; the record itself by default
        :param party_of: callable(record) -> ``res.partner``, the only carrier that may hear of it
        """
        origin = self.env.context.get("freight_origin_system_id")
        return self._announce(
            [
                Announcement(
                    name=event_type,
                    subject=record.display_name,
                    company=record.company_id,
                    shipment=shipment_of(record) if shipment_of else record,
                    trace_id=record.trace_id,
                    body=partial(data_of, record),
                    origin_id=origin,
                    party=party_of(record) if party_of else None,
                )
                for record in records
            ]
        )

    @api.model
    def _announce(self, announcements):
        """Tell the world, once each, in the current transaction.

        Without an addon that delivers, nobody listens and nothing is kept.

        :param announcements: list of :class:`~..announcing.Announcement`
        """

    @api.model
    def _is_wanted(self, event_type, company):
        """Return whether somebody in ``company`` may want to hear of it: ask before costly work.

        Without an addon that delivers, nobody does.
        """
        return False
