"""What the milestone bar of a shipment shows."""

from odoo import _, fields, models

from ..documents import iso_utc
from ..evidence import standing
from ..milestones import StopPlan, assemble
from ..planned_stops import awaited


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def get_milestones(self):
        """Return the milestones of the shipment, grouped by where they happen.

        :return: ``{id, state, groups: [{key, title, subtitle, tz, milestones}]}``; a milestone is
            ``{key, code, label, status, lateness, planned, due, estimated, actual}`` with times
            ISO 8601 UTC, and ``status`` and ``lateness`` as in :class:`~..milestones.Milestone`
        :raise AccessError: for who may not read the shipment
        """
        self.ensure_one()
        self.check_access_rights("read")
        self.check_access_rule("read")
        shipment = self.sudo()
        groups = [shipment._milestone_group_before(), *shipment._milestone_groups_of_stops()]
        by_key = {group["key"]: group for group in groups}
        labels = shipment._milestone_labels()
        for milestone in shipment._milestones():
            group = by_key[milestone.stop or 0]
            number = len(group["milestones"])
            group["milestones"].append(_node(milestone, labels, number))
        return {"id": self.id, "state": self.transport_state, "groups": groups}

    def _milestones(self):
        """Return the list of :class:`~..milestones.Milestone` of this shipment."""
        self.ensure_one()
        ledger = self.env["freight.event"]._ledgers(self.ids)[self.id]
        stops = self.stop_ids._planned()[self.id]
        events, _plan = self._read_ledger(ledger, stops)
        going = {stop.id for stop in awaited(stops, self._journeys(standing(ledger)))}
        plans = self._stop_plans(self.stop_ids.filtered(lambda stop: stop.id not in going))
        return assemble(events, plans, self.transport_state, fields.Datetime.now())

    def _milestone_labels(self):
        """Return {event type: its name in the reader's language}."""
        types = self.env["freight.event.type"].with_context(active_test=False)
        return {kind.code: kind.name for kind in types.search_fetch([], ["code", "name"])}

    def _stop_plans(self, gone):
        """Return the plan of each stop; the shipment's own dates where a stop has none.

        :param gone: stops that nothing goes to any more
        """
        stops = self._stops_in_order()
        first = stops.filtered(lambda stop: stop.role == "pickup")[:1]
        last = stops.filtered(lambda stop: stop.role == "delivery")[-1:]
        fallback = {first: self.planned_pickup, last: self.planned_delivery}
        return [
            StopPlan(
                stop.id,
                stop.role,
                _first(
                    stop.appointment_start, stop.window_start, stop.planned_arrival,
                    stop.appointment_end, stop.window_end, fallback.get(stop),
                ),
                _first(stop.appointment_end, stop.window_end, stop == last and fallback[last]),
                stop.pod_time or None,
                stop in gone,
            )
            for stop in stops
        ]  # fmt: skip

    def _stops_in_order(self):
        return self.stop_ids.sorted(lambda stop: (stop.sequence, stop.id or 0))

    def _milestone_group_before(self):
        return {
            "key": 0,
            "title": _("Tender"),
            "subtitle": self.carrier_id.name or "",
            "tz": self.company_id._freight_tz(),
            "milestones": [],
        }

    def _milestone_groups_of_stops(self):
        roles = dict(self.stop_ids._fields["role"]._description_selection(self.env))
        return [
            {
                "key": stop.id,
                "title": _place(stop) or roles[stop.role],
                "subtitle": roles[stop.role],
                "tz": stop.tz or "UTC",
                "milestones": [],
            }
            for stop in self._stops_in_order()
        ]


def _first(*moments):
    return next(filter(None, moments), None)


def _place(stop):
    return stop.city or stop.name or stop.partner_id.name or stop.locode


def _node(milestone, labels, number):
    return {
        "key": f"{milestone.stop or 0}:{number}:{milestone.code}",
        "code": milestone.code,
        "label": labels.get(milestone.code, milestone.code),
        "status": milestone.status,
        "lateness": milestone.lateness,
        "planned": iso_utc(milestone.planned),
        "due": iso_utc(milestone.due),
        "estimated": iso_utc(milestone.estimated),
        "actual": iso_utc(milestone.actual),
    }
