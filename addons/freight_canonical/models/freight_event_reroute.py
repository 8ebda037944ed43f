"""Reconsignment: goods under way get another destination."""

from odoo import api, models

from .freight_event_intake import same_place


class FreightEvent(models.Model):
    _inherit = "freight.event"

    @api.model
    def _reroute(self, applied):
        """Add the new destination that a reconsignment names as a stop of the shipment.

        The stop stands for the old one as long as the report counts; if it is retracted, the
        old one is where the goods go again. A reconsignment that names no other place, or does
        not say which of several deliveries it moves, adds nothing.
        """
        values = []
        for document, row in applied:
            place = document.data.get("place") or {}
            if row["type_code"] != "reconsigned" or not place:
                continue
            shipment = self.env["freight.shipment"].browse(row["shipment_id"])
            old = self._stop_moved(shipment, row)
            if old and not same_place(old, place):
                values.append(self._new_destination(shipment, old, place, row))
        if values:
            self.env["freight.stop"].create(values).shipment_id._project()

    @api.model
    def _stop_moved(self, shipment, row):
        deliveries = shipment.stop_ids.filtered(lambda stop: stop.role == "delivery")
        named = deliveries.filtered(lambda stop: stop.id == row["stop_id"])
        standing = deliveries - deliveries.replaces_id
        return named or (standing if len(standing) == 1 else standing.browse())

    @api.model
    def _new_destination(self, shipment, old, place, row):
        event = self.search(
            [
                ("source_id", "=", row["source_id"]),
                ("source_event_id", "=", row["source_event_id"]),
            ]
        )
        values = shipment._stop_values({"sequence": 0, "role": "delivery", "place": place})
        return {
            **values,
            "shipment_id": shipment.id,
            "sequence": max(shipment.stop_ids.mapped("sequence")) + 1,
            "replaces_id": old.id,
            "reconsignment_id": event.id,
        }
