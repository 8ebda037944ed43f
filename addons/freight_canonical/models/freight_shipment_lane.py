from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..lifecycle import RANK
from ..zones import Place


class FreightShipment(models.Model):
    """The lane of a shipment: from the zone of its first pickup to that of its last delivery.

    It follows the stops until the vehicle is dispatched and stays from then on. What is changed
    about zones later concerns later shipments.
    """

    _inherit = "freight.shipment"

    lane_id = fields.Many2one(
        "freight.lane",
        compute="_compute_lane_id",
        store=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    origin_zone_id = fields.Many2one(
        "freight.zone",
        compute="_compute_lane_id",
        store=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    destination_zone_id = fields.Many2one(
        "freight.zone",
        compute="_compute_lane_id",
        store=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    @api.depends(
        "mode",
        "stop_ids.role",
        "stop_ids.sequence",
        "stop_ids.partner_id",
        "stop_ids.zip",
        "stop_ids.state_code",
        "stop_ids.country_id",
        "stop_ids.locode",
    )
    def _compute_lane_id(self):
        open_ones = self.filtered(
            lambda shipment: RANK[shipment.transport_state or "draft"] < RANK["dispatched"]
        )
        for shipment in self - open_ones:
            for name in ("lane_id", "origin_zone_id", "destination_zone_id"):
                shipment[name] = shipment[name]
        open_ones._find_lanes()

    def _find_lanes(self):
        """Set zones and lane as the stops and the zones of today say.

        Lanes are made for what is stored, not while a form is being filled in.
        """
        zones = self._find_zones()
        for shipment in self:
            shipment.origin_zone_id, shipment.destination_zone_id = zones[shipment]
        keys = {
            shipment: (
                shipment.origin_zone_id.id,
                shipment.destination_zone_id.id,
                shipment.mode or None,
                shipment.company_id._origin.id,
            )
            for shipment in self
            if shipment.origin_zone_id and shipment.destination_zone_id
        }
        make = all(self._ids)
        lanes = self.env["freight.lane"]._joining(set(keys.values()), make) if keys else {}
        for shipment in self:
            shipment.lane_id = lanes.get(keys.get(shipment), False)

    def _find_zones(self):
        """Return {shipment: its (zone of origin, zone of destination)}."""
        found = {}
        for company, shipments in self.grouped("company_id").items():
            places = [place for shipment in shipments for place in shipment._ends()]
            zones = self.env["freight.zone"]._of(places, company)
            found.update(zip(shipments, zip(zones[::2], zones[1::2], strict=True), strict=True))
        return found

    def _ends(self):
        """Return the places of the first pickup and of the last delivery.

        Where a stop does not say its country it is the company's.
        """
        self.ensure_one()
        ordered = self.stop_ids.sorted("sequence")
        first = ordered.filtered(lambda stop: stop.role == "pickup")[:1]
        last = ordered.filtered(lambda stop: stop.role == "delivery")[-1:]
        return [self._zone_place(stop) if stop else Place() for stop in (first, last)]

    def _zone_place(self, stop):
        place = stop._place()
        country = place.country or place.locode[:2] or self.company_id.country_id.code or ""
        return Place(country, place.state, place.zip, place.locode)

    def action_recompute_lanes(self):
        """Give shipments the lanes that the zones of today say, those under way included.

        :raise AccessError: for who is no manager
        :raise UserError: when one of them is closed
        """
        if not self.env.user.has_group("freight_canonical.group_freight_manager"):
            raise AccessError(_("Only freight managers recompute lanes."))
        self._check_may_write()
        closed = self.filtered(lambda shipment: shipment.transport_state == "closed")
        if closed:
            raise UserError(_("%s is closed and keeps its lane.", ", ".join(closed.mapped("name"))))
        self.sudo()._find_lanes()
