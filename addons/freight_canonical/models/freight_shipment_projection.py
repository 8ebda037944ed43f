"""What the fold of the ledger makes of a shipment, its stops and its goods."""

import pytz
from odoo import api, fields, models

from .. import db, lifecycle
from ..evidence import redirect, standing
from ..shipment_state import Plan, StopState
from .freight_shipment_line import PROJECTED as PROJECTED_OF_GOODS
from .freight_stop import PROJECTED as PROJECTED_AT_STOP
from .freight_stop import PROOF
from .freight_stop_punctuality import JUDGED

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
        days = {shipment.id: shipment.ship_date for shipment in self}
        not_used = self.filtered(
            lambda shipment: (
                shipment.vehicle_not_used or states[shipment.id].cancelled_after_dispatch
            )
        )
        self._write_states(states)
        self._project_tenders(states)
        self.filtered(lambda one: one.ship_date != days[one.id])._ship_date_moved()
        not_used._charge_vehicles_not_used()
        self._control(states, by_clock)
        return states

    def _write_states(self, states):
        """Write what ``states`` say of these shipments, their stops and goods, and no more."""
        now = fields.Datetime.now()
        db.update_changed(
            self,
            PROJECTED,
            {
                shipment.id: (
                    *(getattr(states[shipment.id], name) for name in FOLDED.values()),
                    shipment._ship_date(states[shipment.id]),
                    now,
                )
                for shipment in self
            },
        )
        self._project_stops(states)
        self._project_goods(states)

    def _fold(self):
        """Return {shipment id: :class:`~..shipment_state.State`} of these shipments."""
        ledgers = self.env["freight.event"]._ledgers(self.ids)
        return {
            shipment.id: lifecycle.fold(*shipment._read_ledger(ledgers.get(shipment.id, ())))
            for shipment in self
        }

    def _read_ledger(self, events):
        """Return the events and the plan to read them against, after all reconsignments."""
        self.ensure_one()
        journeys = self._journeys(standing(events)) if self.stop_ids.replaces_id else {}
        by_role = self.stop_ids.grouped("role")
        nowhere = self.stop_ids.browse()
        deliveries = by_role.get("delivery", nowhere)._awaited(journeys)
        ends, transfers = tuple(deliveries.ids), frozenset(by_role.get("transfer", nowhere).ids)
        if not any(event.quantity or event.goods for event in events):
            return redirect(events, journeys), Plan(ends, transfers)
        pieces = {stop.id: stop.planned_quantity for stop in deliveries}
        lines = {stop.id: tuple(stop._goods_lines().mapped("number")) for stop in deliveries}
        plan = Plan(ends, transfers, {None: self.pieces, **pieces}, lines)
        return redirect(events, journeys), plan

    def _project_stops(self, states):
        """Write what became of those stops of which the ledger says something else by now."""
        stops, unknown = self.stop_ids, StopState()
        proofs = self.env["freight.proof"].sudo()._by_stop(states)
        columns = (*PROJECTED_AT_STOP, *PROOF, *JUDGED)
        told = {}
        for stop in stops:
            state = states[stop.shipment_id.id].stops.get(stop.id, unknown)
            told[stop.id] = (
                *(getattr(state, name) for name in PROJECTED_AT_STOP),
                *(proofs[stop.id][name] or None for name in PROOF.values()),
                *stop._verdict(state),
            )
        db.update_changed(stops, columns, told)

    def _project_goods(self, states):
        """Write what became of the goods of those shipments of which anybody told."""
        lines = self.line_ids.filtered(
            lambda line: line.number in states[line.shipment_id.id].lines or line._is_told_of()
        )
        db.update_rows(
            lines,
            PROJECTED_OF_GOODS,
            {
                line.id: tuple(
                    map(states[line.shipment_id.id].line(line.number).of, PROJECTED_OF_GOODS)
                )
                for line in lines
            },
        )

    def _ship_date(self, state):
        """Return the ship date in the time zone of the pickup."""
        moment = state.actual_pickup or state.dispatched or self.planned_pickup
        if not moment:
            return None
        pickup = self.stop_ids.filtered(lambda stop: stop.role == "pickup")[:1]
        zone = pytz.timezone(pickup.tz or self.company_id._freight_tz())
        return pytz.utc.localize(moment).astimezone(zone).date()
