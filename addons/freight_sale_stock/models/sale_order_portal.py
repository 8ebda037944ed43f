"""What a customer sees of the shipments of an order."""

from odoo import models
from odoo.addons.freight_canonical.milestones import BEFORE
from odoo.tools import format_datetime

#: Kinds of reference by which a customer follows the goods.
TRACKING = ("tracking", "pro", "container")
#: What happens before the goods move concerns us and the carrier, but for the dispatch.
INTERNAL = frozenset(BEFORE) - {"dispatched"} | {"tender_declined"}
SHOWN = ("done", "implied", "next", "deviation")


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _freight_portal_shipments(self):
        """Return what the customer of this order sees of its shipments.

        :return: list of dicts with ``name``, ``state``, ``code`` of the state, ``expected`` (local
            to the place, in words), ``tracking`` and ``milestones``: dicts with ``label``,
            ``place``, ``status`` and ``time``. No charges, no other customers' stops, no names of
            persons.
        """
        self.ensure_one()
        shipments = self.sudo().freight_shipment_ids.filtered(
            lambda shipment: shipment.transport_state != "draft"
        )
        return [self._freight_portal_shipment(shipment) for shipment in shipments]

    def _freight_portal_shipment(self, shipment):
        states = dict(shipment._fields["transport_state"]._description_selection(self.env))
        stops = self._freight_portal_stops(shipment)
        last = stops.filtered(lambda stop: stop.role == "delivery")[-1:]
        expected = shipment.estimated_delivery or shipment.planned_delivery
        open_still = not shipment.actual_delivery and shipment.transport_state != "cancelled"
        tracking = shipment.reference_ids.filtered(lambda one: one.type in TRACKING)
        return {
            "name": shipment.name,
            "code": shipment.transport_state,
            "state": states[shipment.transport_state],
            "expected": open_still and self._freight_local(expected, last.tz),
            "tracking": ", ".join(tracking.mapped("value")),
            "milestones": self._freight_portal_milestones(shipment, stops),
        }

    def _freight_portal_stops(self, shipment):
        """Return the stops that concern this customer: all but deliveries to others."""
        if len(shipment.sale_order_ids.partner_id.commercial_partner_id) <= 1:
            return shipment.stop_ids
        ours = self.partner_id.commercial_partner_id | self.partner_shipping_id
        return shipment.stop_ids.filtered(
            lambda stop: (
                stop.role != "delivery"
                or stop.partner_id in ours
                or stop.partner_id.commercial_partner_id in ours
            )
        )

    def _freight_portal_milestones(self, shipment, stops):
        labels = shipment._milestone_labels()
        known = {stop.id: stop for stop in stops}
        nowhere = stops.browse()
        return [
            {
                "label": labels.get(one.code, one.code),
                "status": one.status,
                "place": known.get(one.stop, nowhere).city or "",
                "time": self._freight_local(one.actual, known.get(one.stop, nowhere).tz),
            }
            for one in shipment._milestones()
            if one.status in SHOWN
            and one.code not in INTERNAL
            and (not one.stop or one.stop in known)
        ]

    def _freight_local(self, moment, zone):
        """Return ``moment`` (UTC) as people at the place read it, empty for none."""
        zone = zone or self.company_id._freight_tz()
        return moment and format_datetime(self.env, moment, tz=zone, dt_format="short") or ""
