"""Exceptions of shipments as target minus open: what :mod:`..controls` finds and what is open."""

from odoo import api, fields, models

from .. import controls, db
from ..planned_stops import are_rerouted, awaited
from ..references import CARRIER_SIDE
from ..shipment_state import StopState


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    control_due = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the clock may next give cause for an exception, or take it away.",
    )

    def init(self):
        """Make the index that the ORM cannot declare: what the clock looks for."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_shipment_control_due
                ON freight_shipment (control_due, id) WHERE control_due IS NOT NULL
            """
        )
        return super().init()

    @api.model
    def _guarded(self):
        return super()._guarded() | {"control_due"}

    def _control(self, states, by_clock=False):
        """Open and close the exceptions of these shipments, in a fixed number of statements.

        What time alone gives cause for is opened by the clock only: a message about what is long
        past may be followed by the one that ends it.

        :param states: {shipment id: :class:`~..shipment_state.State`}, their folded ledgers
        """
        now = fields.Datetime.now()
        shipments = self.sudo()
        movements = shipments._movements(states)
        causes = shipments._control_causes(movements)
        findings = {key: controls.findings(found, now) for key, found in causes.items()}
        left = (
            self.env["freight.exception"].sudo()._settle(shipments, findings, movements, by_clock)
        )
        shipments._note_next_look(
            {
                key: now if key in left else controls.next_look(found, now)
                for key, found in causes.items()
            }
        )

    def _control_causes(self, movements):
        """Return {shipment id: list of :class:`~..controls.Cause`} of the kinds in use."""
        policies = {company: company._freight_control_policy() for company in self.company_id}
        watched = self.env["freight.exception.type"]._watched()
        return {
            shipment.id: [
                cause
                for cause in controls.causes(movements[shipment.id], policies[shipment.company_id])
                if cause.code in watched
            ]
            for shipment in self
        }

    def _note_next_look(self, moments):
        """Keep when the clock must look at these shipments again, where that changed."""
        changed = {
            shipment.id: (moments[shipment.id],)
            for shipment in self
            if (shipment.control_due or None) != moments[shipment.id]
        }
        db.update_rows(self, ["control_due"], changed)

    def _movements(self, states):
        """Return {shipment id: :class:`~..controls.Movement`}."""
        stops = self.stop_ids._planned()
        numbered = self._numbered()
        rows = db.read_columns(self, ("mode", "carrier_id", "pieces"))
        return {
            shipment.id: controls.Movement(
                state=states[shipment.id],
                stops=shipment._control_stops(states[shipment.id], stops[shipment.id]),
                mode=mode,
                carried=bool(carrier),
                numbered=shipment.id in numbered,
                planned=pieces or 0.0,
            )
            for shipment, (mode, carrier, pieces) in zip(self, rows.values(), strict=True)
        }

    def _numbered(self):
        """Return the ids of those of these shipments whose carrier gave a number."""
        groups = self.env["freight.reference"]._read_group(
            [("shipment_id", "in", self.ids), ("type", "in", list(CARRIER_SIDE))], ["shipment_id"]
        )
        return {shipment.id for (shipment,) in groups}

    def _control_stops(self, state, stops):
        """Return this shipment's ``stops`` in their order. An appointment made later counts."""
        nothing = StopState()
        # Against what was planned nothing can be counted before somebody told of pieces.
        counted = any(stop.pieces for stop in (*state.stops.values(), state.whole))
        planned = self._planned_pieces(stops) if counted else {}
        told = [(one, state.stops.get(one.id, nothing)) for one in self._going(state, stops)]
        return tuple(
            controls.Stop(
                key=stop.id,
                role=stop.role,
                due=said.appointment_end or stop.window_end,
                arrival=said.arrival,
                departure=said.departure,
                unloaded=said.unloaded,
                estimated=said.estimated_arrival,
                signed=stop.pod_time,
                planned=planned.get(stop.id, 0.0),
                pieces=said.pieces,
            )
            for stop, said in told
        )

    def _planned_pieces(self, stops):
        """Return {stop id: planned pieces} of the deliveries among this shipment's ``stops``."""
        deliveries = {stop.id for stop in stops if stop.role == "delivery"}
        return {stop.id: stop.planned_quantity for stop in self.stop_ids if stop.id in deliveries}

    def _going(self, state, stops):
        """Return this shipment's ``stops`` in their order, without those that were replaced.

        A destination counts as replaced while the reconsignment that did it counts.
        """
        journeys = self._journeys(state.counting) if are_rerouted(stops) else {}
        return sorted(awaited(stops, journeys), key=lambda stop: (stop.sequence, stop.id))
