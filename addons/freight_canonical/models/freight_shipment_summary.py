"""What a card or a line says of a shipment at a glance."""

from odoo import api, fields, models

from ..lifecycle import RANK

#: Columns that a board shows even when nothing is in them.
MAIN_STATES = frozenset({"draft", "released", "accepted", "dispatched", "in_transit", "delivered"})
#: States in which a delivery is still to come.
AWAITED = (
    "released",
    "tendered",
    "declined",
    "accepted",
    "dispatched",
    "in_transit",
    "arrived",
    "partially_delivered",
    "reconsigned",
)


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    transport_state = fields.Selection(group_expand="_expand_transport_states")
    route = fields.Char(compute="_compute_route")
    progress = fields.Integer(
        compute="_compute_progress", help="How far along its life cycle, in percent."
    )
    lateness = fields.Selection(
        [("late", "Late"), ("expected", "Expected late")], compute="_compute_lateness"
    )
    next_stop_id = fields.Many2one("freight.stop", compute="_compute_next_stop")
    next_arrival = fields.Datetime(
        compute="_compute_next_stop", help="Estimated, else by appointment."
    )
    next_is_estimate = fields.Boolean(compute="_compute_next_stop")

    @api.model
    def _expand_transport_states(self, states, _domain, _order):
        """Return the states of a board in the order of the life cycle."""
        every = dict(self._fields["transport_state"].selection)
        return [state for state in every if state in MAIN_STATES or state in states]

    @api.depends("stop_ids.sequence", "stop_ids.role", "stop_ids.city", "stop_ids.name")
    def _compute_route(self):
        for shipment in self:
            stops = shipment._stops_in_order()
            pickups = stops.filtered(lambda stop: stop.role == "pickup")
            deliveries = stops.filtered(lambda stop: stop.role == "delivery")
            ends = [_end(pickups[:1], pickups), _end(deliveries[-1:], deliveries)]
            shipment.route = " → ".join(filter(None, ends))

    @api.depends("transport_state")
    def _compute_progress(self):
        for shipment in self:
            rank = RANK[shipment.transport_state]
            over = shipment.transport_state == "cancelled"
            shipment.progress = 0 if over else min(100, 100 * rank // RANK["delivered"])

    @api.depends("transport_state", "planned_delivery", "estimated_delivery", "actual_delivery")
    def _compute_lateness(self):
        now = fields.Datetime.now()
        for shipment in self:
            shipment.lateness = shipment._lateness(now)

    def _lateness(self, now):
        due = self.planned_delivery
        if not due or self.transport_state not in AWAITED:
            return False
        if now > due:
            return "late"
        return "expected" if (self.estimated_delivery or due) > due else False

    @api.depends(
        "transport_state",
        "stop_ids.sequence",
        "stop_ids.arrival",
        "stop_ids.unloaded",
        "stop_ids.estimated_arrival",
        "stop_ids.window_start",
        "stop_ids.window_end",
    )
    def _compute_next_stop(self):
        """The first stop on the route that nobody reported from."""
        for shipment in self:
            stop = shipment.stop_ids.browse()
            if shipment.transport_state in ("draft", *AWAITED):
                stop = shipment._stops_in_order().filtered(
                    lambda stop: not (stop.arrival or stop.departure or stop.unloaded)
                )[:1]
            shipment.next_stop_id = stop
            shipment.next_is_estimate = bool(stop.estimated_arrival)
            shipment.next_arrival = stop.estimated_arrival or stop.window_start or stop.window_end


def _end(stop, alike):
    """Return one end of a route: its place, and how many others there are."""
    place = stop.city or stop.name or stop.partner_id.name or stop.locode or ""
    return f"{place} +{len(alike) - 1}" if len(alike) > 1 else place
