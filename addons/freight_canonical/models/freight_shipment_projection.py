"""What the fold of the ledger makes of a shipment and its stops."""

from collections import defaultdict

import pytz
from odoo import api, fields, models

from .. import db, lifecycle
from ..shipment_state import Plan, StopState
from .freight_stop import PROJECTED as PROJECTED_AT_STOP

#: Columns that the fold of the ledger writes.
PROJECTED = (
    "transport_state",
    "dispatched",
    "actual_pickup",
    "actual_delivery",
    "estimated_pickup",
    "estimated_delivery",
    "last_place",
    "ship_date",
    "projected",
)


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    @api.model
    def _guarded(self):
        return super()._guarded() | {*PROJECTED}

    def _project(self):
        """Fold the ledgers of these shipments and write what they say, in a few statements."""
        ledgers = self.env["freight.event"]._ledgers(self.ids)
        stops = self.stop_ids
        deliveries = defaultdict(tuple)
        for stop in stops.filtered(lambda stop: stop.role == "delivery"):
            deliveries[stop.shipment_id.id] += (stop.id,)
        states = {
            shipment: lifecycle.fold(ledgers.get(shipment, ()), Plan(deliveries[shipment]))
            for shipment in self.ids
        }
        now = fields.Datetime.now()
        db.update_rows(
            self,
            PROJECTED,
            {
                shipment.id: (
                    states[shipment.id].transport_state,
                    states[shipment.id].dispatched,
                    states[shipment.id].actual_pickup,
                    states[shipment.id].actual_delivery,
                    states[shipment.id].estimated_pickup,
                    states[shipment.id].estimated_delivery,
                    states[shipment.id].last_place,
                    shipment._ship_date(states[shipment.id]),
                    now,
                )
                for shipment in self
            },
        )
        unknown = StopState()
        stop_states = {
            stop.id: states[stop.shipment_id.id].stops.get(stop.id, unknown) for stop in stops
        }
        db.update_rows(
            stops,
            PROJECTED_AT_STOP,
            {
                key: tuple(getattr(stop, name) for name in PROJECTED_AT_STOP)
                for key, stop in stop_states.items()
            },
        )
        stops.filtered(
            lambda stop: stop.pod_time and not stop_states[stop.id].unloaded
        )._withdraw_proof()
        return states

    def _ship_date(self, state):
        """Return the ship date in the time zone of the pickup."""
        moment = state.actual_pickup or state.dispatched or self.planned_pickup
        if not moment:
            return None
        pickup = self.stop_ids.filtered(lambda stop: stop.role == "pickup")[:1]
        zone = pytz.timezone(pickup.tz or self.company_id.partner_id.tz or "UTC")
        return pytz.utc.localize(moment).astimezone(zone).date()
