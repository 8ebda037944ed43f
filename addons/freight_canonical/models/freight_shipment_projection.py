"""What the fold of the ledger makes of a shipment, its stops and its goods."""

from itertools import chain
from operator import attrgetter

import pytz
from odoo import api, fields, models

from .. import db, lifecycle
from ..evidence import redirect, standing
from ..planned_stops import are_rerouted, awaited
from ..quantities import Pieces
from ..shipment_state import Plan, StopState
from .freight_shipment_line import PROJECTED as PROJECTED_OF_GOODS
from .freight_stop import PROJECTED as PROJECTED_AT_STOP
from .freight_stop import PROOF
from .freight_stop_punctuality import JUDGED, verdict

#: Columns that the fold of the ledger writes, by their names in lifecycle.State.
FOLDED = {
    "transport_state": "transport_state",
    "dispatched": "dispatched",
    "actual_pickup": "actual_pickup",
    "actual_delivery": "actual_delivery",
    "estimated_pickup": "estimated_pickup",
    "estimated_delivery": "estimated_delivery",
    "last_place": "last_place",
    "vehicle_not_used": "cancelled_after_dispatch",
}
#: Those, and what follows from them.
PROJECTED = (*FOLDED, "ship_date", "projected")

_folded = attrgetter(*FOLDED.values())
_projected_at_stop = attrgetter(*PROJECTED_AT_STOP)


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    estimated_pickup = fields.Datetime(readonly=True, copy=False)
    actual_pickup = fields.Datetime(readonly=True, copy=False)
    estimated_delivery = fields.Datetime(readonly=True, copy=False)
    actual_delivery = fields.Datetime(readonly=True, copy=False)
    dispatched = fields.Datetime(readonly=True, copy=False)
    vehicle_not_used = fields.Datetime(
        readonly=True, copy=False, help="When it was cancelled after the vehicle was dispatched."
    )
    ship_date = fields.Date(
        readonly=True,
        copy=False,
        help="Actual pickup, else dispatch, else planned pickup, where it happens.",
    )
    last_place = fields.Char(string="Last known place", readonly=True, copy=False)
    projected = fields.Datetime(readonly=True, copy=False, help="When the ledger was last folded.")

    @api.model
    def _guarded(self):
        return super()._guarded() | {*PROJECTED}

    def _project(self, by_clock=False):
        """Fold the ledgers of these shipments and write what they say, in a few statements.

        :param by_clock: whether time is the reason, and not something that was said
        """
        states = self._fold()
        before = db.read_columns(self, ("vehicle_not_used", "ship_date"))
        self._write_states(states)
        self._project_tenders(states)
        days = db.read_columns(self, ("ship_date",))
        self.browse([key for key in days if days[key] != before[key][1:]])._ship_date_moved()
        self.browse(
            [
                key
                for key, (not_used, _day) in before.items()
                if not_used or states[key].cancelled_after_dispatch
            ]
        )._charge_vehicles_not_used()
        self._control(states, by_clock)
        return states

    def _write_states(self, states):
        """Write what ``states`` say of these shipments, their stops and goods, and no more."""
        now = fields.Datetime.now()
        stops = self.stop_ids._planned()
        db.update_changed(
            self,
            PROJECTED,
            {
                shipment.id: (
                    *_folded(states[shipment.id]),
                    shipment._ship_date(states[shipment.id], stops[shipment.id]),
                    now,
                )
                for shipment in self
            },
        )
        self._project_stops(states, stops)
        self._project_goods(states)

    def _fold(self):
        """Return {shipment id: :class:`~..shipment_state.State`} of these shipments."""
        ledgers = self.env["freight.event"]._ledgers(self.ids)
        stops = self.stop_ids._planned()
        return {
            shipment.id: lifecycle.fold(
                *shipment._read_ledger(ledgers.get(shipment.id, ()), stops[shipment.id])
            )
            for shipment in self
        }

    def _read_ledger(self, events, stops):
        """Return the events and the plan to read them against, after all reconsignments.

        :param stops: this shipment's, as :class:`~..planned_stops.PlannedStop`
        """
        self.ensure_one()
        journeys = self._journeys(standing(events)) if are_rerouted(stops) else {}
        ends = tuple(stop.id for stop in awaited(stops, journeys) if stop.role == "delivery")
        transfers = frozenset(stop.id for stop in stops if stop.role == "transfer")
        if not any(event.quantity or event.goods for event in events):
            return redirect(events, journeys), Plan(ends, transfers)
        deliveries = [stop for stop in self.stop_ids if stop.id in ends]
        pieces = {stop.id: stop.planned_quantity for stop in deliveries}
        lines = {stop.id: tuple(stop._goods_lines().mapped("number")) for stop in deliveries}
        plan = Plan(ends, transfers, {None: self.pieces, **pieces}, lines)
        return redirect(events, journeys), plan

    def _project_stops(self, states, stops):
        """Write what became of those ``stops`` of which the ledger says something else by now."""
        proofs = self.env["freight.proof"].sudo()._by_stop(states)
        unknown, unsigned = StopState(), dict.fromkeys(PROOF.values())
        told = {}
        for stop in chain.from_iterable(stops.values()):
            state = states[stop.shipment_id].stops.get(stop.id, unknown)
            proof = proofs.get(stop.id, unsigned)
            told[stop.id] = (
                *_projected_at_stop(state),
                *(proof[name] or None for name in PROOF.values()),
                *verdict(state, stop.window_start, stop.window_end),
            )
        db.update_changed(self.stop_ids, (*PROJECTED_AT_STOP, *PROOF, *JUDGED), told)

    def _project_goods(self, states):
        """Write what became of the goods of these shipments."""
        lines, nothing = self.line_ids, Pieces()
        lines.fetch(["shipment_id", "number", *PROJECTED_OF_GOODS])
        told = {
            key: tuple(map(states[shipment].lines.get(number, nothing).of, PROJECTED_OF_GOODS))
            for key, (shipment, number) in db.read_columns(lines, ("shipment_id", "number")).items()
        }
        db.update_changed(lines, PROJECTED_OF_GOODS, told)

    def _ship_date(self, state, stops):
        """Return the ship date in the time zone of the pickup, the first one among ``stops``."""
        moment = state.actual_pickup or state.dispatched or self.planned_pickup
        if not moment:
            return None
        zone = next((stop.tz for stop in stops if stop.role == "pickup"), None)
        zone = pytz.timezone(zone or self.company_id._freight_tz())
        return pytz.utc.localize(moment).astimezone(zone).date()
