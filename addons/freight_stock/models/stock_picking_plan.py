"""How a transfer is to travel: by which policy and rule, between whom, when and with what."""

from datetime import timedelta
from typing import NamedTuple

from odoo import _, fields, models
from odoo.addons.freight_canonical import time_zones

from .. import releasing
from ..releasing import plain

#: From pickup to delivery where nothing else is promised.
USUAL_TRANSIT = timedelta(days=2)
#: What of a shipment follows its orders.
HEADER = (
    "shipper_id",
    "consignee_id",
    "freight_terms",
    "incoterm",
    "origin",
    "planned_pickup",
    "planned_delivery",
)


class Plan(NamedTuple):
    """How one transfer travels.

    ``payer`` is who is billed if not we; ``problem`` says, in words, why it cannot be released.
    """

    policy: object
    rule: object
    direction: str
    mode: str
    terms: str
    incoterm: str
    shipper: object
    consignee: object
    payer: object
    pickup: object
    delivery: object
    zone: str
    key: str
    problem: str


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _freight_plans(self):
        """Return {transfer: :class:`Plan`}; policies and rules are read once for all."""
        self._freight_read_ahead()
        policies = self.env["freight.release.policy"]
        known = policies._policies(self.company_id)
        weights = {picking: picking._freight_weight() for picking in self}
        return {
            picking: picking._freight_plan(picking._freight_policy(known), weights[picking])
            for picking in self
        }

    def _freight_read_ahead(self):
        """Read at once what is asked of each transfer afterwards; orders' addons add theirs."""
        self.move_ids.mapped("product_id.weight")

    def _freight_policy(self, known):
        """Return the policy in force: the warehouse's, else the company's, else the default."""
        company, direction = self.company_id, self._freight_direction()
        for warehouse in (self.picking_type_id.warehouse_id.id, False):
            policy = known.get((company.id, warehouse, direction))
            if policy:
                return policy
        return self.env["freight.release.policy"]._default_of(company, direction)

    def _freight_plan(self, policy, weight):
        shipper, consignee = self._freight_ends()
        direction = self._freight_direction()
        rule = policy.rule_ids._first_for(weight, consignee.country_id, self._freight_routes())
        mode = rule.mode or self.company_id._freight_mode_for(weight)
        incoterm = self._freight_incoterm()
        terms, _ours = releasing.terms_of(incoterm, direction)
        theirs = direction == releasing.OUTGOING and terms in ("CC", "PU")
        payer = consignee if theirs else consignee.browse()
        pickup, delivery = self._freight_dates()
        here = shipper if direction == releasing.OUTGOING else consignee
        zone = self._freight_zone(here)
        warehouse = self.picking_type_id.warehouse_id
        day = releasing.day_of(delivery, self._freight_zone(consignee))
        key = (direction, warehouse.id, shipper.id, consignee.id, day, mode, terms,
               rule.service, rule.carrier_id.id, rule.equipment_type_id.id)  # fmt: skip
        return Plan(
            policy, rule, direction, mode, terms, incoterm, shipper, consignee, payer, pickup,
            delivery, zone, "|".join(str(part or "") for part in key),
            self._freight_problem(shipper, consignee),
        )  # fmt: skip

    def _freight_ends(self):
        """Return (who hands the goods over, who gets them) as ``res.partner``."""
        self.ensure_one()
        warehouse = self.picking_type_id.warehouse_id
        here = warehouse.partner_id if warehouse else self.company_id.partner_id
        there = self.partner_id
        outgoing = self._freight_direction() == releasing.OUTGOING
        return (here, there) if outgoing else (there, here)

    def _freight_zone(self, partner):
        """Return the name of the time zone of an address."""
        of_place = time_zones.zone_of(partner.country_id.code, partner.state_id.code)
        return partner.tz or of_place or self.company_id._freight_tz()

    def _freight_problem(self, shipper, consignee):
        """Return what keeps this transfer from being released, in words; empty for nothing."""
        warehouse = self.picking_type_id.warehouse_id
        if not (shipper and consignee) and warehouse and not warehouse.partner_id:
            return _(
                "Warehouse %(warehouse)s has no address, so %(transfer)s cannot be released: give "
                "it one under Inventory, Configuration, Warehouses.",
                warehouse=warehouse.name,
                transfer=self.name,
            )
        if not (shipper and consignee):
            return _(
                "%s has no contact, so nobody knows where its goods are to be picked up or "
                "delivered: enter the contact first.",
                self.name,
            )
        if not any(move._freight_quantity() for move in self._freight_moves()):
            return _("%s has no goods to ship.", self.name)
        return ""

    def _freight_incoterm(self):
        """Return the code of the order's incoterm, empty for none; an order's addon knows it."""
        return ""

    def _freight_routes(self):
        """Return the routes that the goods take, for the rules."""
        return self.move_ids.rule_id.route_id | self.move_ids.route_ids

    def _freight_promised(self):
        """Return when the order promises the goods at their destination (UTC), None for never."""
        return None

    def _freight_ordered(self):
        """Return when the goods were ordered: they do not leave before (UTC)."""
        return self.create_date or fields.Datetime.now()

    def _freight_dates(self):
        """Return (pickup, delivery), naive UTC: what the order promises, and when to leave."""
        self.ensure_one()
        return releasing.planned(
            self._freight_direction(),
            self.scheduled_date,
            self._freight_promised(),
            self._freight_ordered().replace(microsecond=0),
            USUAL_TRANSIT,
        )

    # What a shipment of these transfers says ------------------------------------------------------

    def _freight_header(self, plans):
        """Return what a shipment of these transfers says as a whole, as plain values.

        Dates are those of the transfers that are still open: none are said when all are done.
        """
        first = plans[self[0]]
        values = {
            "shipper_id": first.shipper.id,
            "consignee_id": first.consignee.id,
            "freight_terms": first.terms,
            "incoterm": self._freight_known_incoterm(first.incoterm),
            "origin": ", ".join(dict.fromkeys(self._freight_origins())),
        }
        still = [plans[picking] for picking in self if picking.state != "done"]
        if still:
            delivery = min(plan.delivery for plan in still)
            pickup = min(max(plan.pickup for plan in still), delivery)
            values |= {"planned_pickup": plain(pickup), "planned_delivery": plain(delivery)}
        return values

    def _freight_known_incoterm(self, code):
        known = dict(self.env["freight.shipment"]._fields["incoterm"].selection)
        return code if code in known else False

    def _freight_origins(self):
        """Return the names of the orders of these transfers."""
        return [picking.origin or picking.name for picking in self]

    def _freight_stops(self, header):
        """Return {role: plain values of the stop} by what the header says."""
        partners = self.env["res.partner"]
        stops = {
            "pickup": _place(partners.browse(header["shipper_id"])),
            "delivery": _place(partners.browse(header["consignee_id"])),
        }
        if "planned_pickup" in header:
            stops["pickup"]["window_start"] = header["planned_pickup"]
            stops["delivery"]["window_end"] = header["planned_delivery"]
        return stops

    def _freight_references(self):
        """Return the numbers by which others speak of these transfers, as [type, value]."""
        return [["delivery_order", picking.name] for picking in self]

    def _freight_order_commands(self):
        """Return {field: commands} that link a shipment with the orders of these transfers."""
        return {}


def _place(partner):
    return {
        "partner_id": partner.id,
        "name": partner.name or False,
        "city": partner.city or False,
        "zip": partner.zip or False,
        "state_code": partner.state_id.code or False,
        "country_id": partner.country_id.id,
    }
