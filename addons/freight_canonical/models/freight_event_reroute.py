"""Reconsignment: goods under way get another destination."""

from odoo import api, models

from .freight_event_intake import same_place


class FreightEvent(models.Model):
    _inherit = "freight.event"

    @api.model
    def _reroute(self, applied):
        """Add the new destinations that reconsignments name as stops of their shipments.

        When the goods go there, if at all, follows from the reports that count: each place is
        added once, whichever report named it first. A reconsignment that names no place, or does
        not say which of several deliveries it moves, adds nothing.

        :return: how many stops are new
        """
        values, added = [], {}
        for document, row in applied:
            place = document.data.get("place") or {}
            if row["type_code"] != "reconsigned" or not place:
                continue
            shipment = self.env["freight.shipment"].browse(row["shipment_id"])
            first = shipment._first_destination(shipment.stop_ids.browse(row["stop_id"]))
            places = added.setdefault(first, [])
            if not first or first._family()._at(place) or place in places:
                continue
            places.append(place)
            values.append(
                {
                    **shipment._stop_values({"sequence": 0, "role": "delivery", "place": place}),
                    "shipment_id": shipment.id,
                    "sequence": max(shipment.stop_ids.mapped("sequence")) + len(places),
                    "replaces_id": first.id,
                }
            )
        return len(self.env["freight.stop"].create(values))

    def _destination(self):
        """Return the place, as documents have it, that this reconsignment names."""
        self.ensure_one()
        return {"city": self.city, "zip": self.zip, "locode": self.locode}


class FreightStop(models.Model):
    _inherit = "freight.stop"

    def _family(self):
        """Return this first destination and those that stand for it since reconsignments."""
        self.ensure_one()
        return self | self.shipment_id.stop_ids.filtered(lambda stop: stop.replaces_id == self)

    def _at(self, place):
        """Return the first of these stops that is at ``place``, none if none is."""
        return self.filtered(lambda stop: same_place(stop, place))[:1]
