"""Where goods go after all that was said of it."""

from odoo import fields, models

from ..evidence import Journey


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    reconsignment_ids = fields.One2many(
        "freight.event", "shipment_id", domain=[("type_code", "=", "reconsigned")]
    )

    def _journeys(self, counting):
        """Return {stop id: :class:`~..evidence.Journey`} of the stops that were reconsigned.

        They follow from the reports that count alone, in whatever order those came.

        :param counting: identities of the reports that count
        """
        self.ensure_one()
        told = self.sudo().reconsignment_ids.filtered(
            lambda event: event.classifier == "actual" and event._identity() in counting
        )
        told = told.sorted(lambda event: (event.occurred, *event._identity()))
        journeys = {}
        for first in self.stop_ids.replaces_id:
            family = first._family()
            legs = [
                (event.occurred, family._at(event._destination()).id)
                for event in told
                if self._first_destination(event.stop_id) == first
            ]
            journey = Journey(first.id, tuple((since, stop) for since, stop in legs if stop))
            journeys |= dict.fromkeys(family.ids, journey)
        return journeys

    def _first_destination(self, named):
        """Return the stop where goods were to go at first: of the stop ``named``, or the only."""
        if named.role == "delivery":
            return named.replaces_id or named
        firsts = self.stop_ids._standing().filtered(lambda stop: stop.role == "delivery")
        return firsts if len(firsts) == 1 else firsts.browse()
