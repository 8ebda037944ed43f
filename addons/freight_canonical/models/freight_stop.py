from collections import defaultdict

import pytz
from odoo import api, fields, models

from .. import db
from ..documents import iso_utc
from ..planned_stops import PlannedStop

#: Columns that the fold of the ledger writes.
PROJECTED = (
    "arrival",
    "departure",
    "unloaded",
    "estimated_arrival",
    "planned_arrival",
    "appointment_start",
    "appointment_end",
    "quantity",
    "refused",
)
#: Columns of the proof of delivery, by their names in freight.proof.
PROOF = {"pod_signer": "signer", "pod_time": "signed", "pod_condition": "condition"}


class FreightStop(models.Model):
    """A place where the shipment is loaded, unloaded or handed over. Stored times are UTC."""

    _name = "freight.stop"
    _description = "Shipment Stop"
    _inherit = ["freight.guarded", "freight.owned"]
    _order = "shipment_id, sequence, id"
    _check_company_auto = True

    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="shipment_id.company_id", store=True)
    sequence = fields.Integer(default=1, required=True)
    role = fields.Selection(
        [("pickup", "Pickup"), ("delivery", "Delivery"), ("transfer", "Transfer")], required=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Location", ondelete="restrict", check_company=True
    )
    name = fields.Char(string="Place")
    city = fields.Char()
    zip = fields.Char(string="ZIP")
    state_code = fields.Char(string="State")
    country_id = fields.Many2one("res.country", ondelete="restrict")
    locode = fields.Char(string="UN/LOCODE", size=5)
    tz = fields.Selection(
        lambda self: [(tz, tz) for tz in pytz.common_timezones],
        string="Time zone",
        compute="_compute_tz",
        store=True,
        readonly=False,
    )
    window_start = fields.Datetime(string="Appointment from")
    window_end = fields.Datetime(string="Appointment to")
    free_time = fields.Integer(
        string="Free time (minutes)", help="Waiting that the carrier does not charge."
    )
    appointment_start = fields.Datetime(
        string="Not before",
        readonly=True,
        copy=False,
        help="As the carrier or the TMS reports the appointment; it goes before the window.",
    )
    appointment_end = fields.Datetime(string="Not after", readonly=True, copy=False)
    planned_arrival = fields.Datetime(readonly=True, copy=False)
    estimated_arrival = fields.Datetime(readonly=True, copy=False)
    arrival = fields.Datetime(readonly=True, copy=False)
    departure = fields.Datetime(readonly=True, copy=False)
    unloaded = fields.Datetime(readonly=True, copy=False)
    quantity = fields.Float(
        string="Confirmed pieces",
        readonly=True,
        copy=False,
        help="Loaded or unloaded, as reported.",
    )
    refused = fields.Float(string="Refused pieces", readonly=True, copy=False)
    planned_quantity = fields.Float(
        string="Planned pieces", compute="_compute_planned_quantity", help="From the goods lines."
    )
    onward_carrier_id = fields.Many2one(
        "res.partner",
        string="Carrier onward",
        domain="[('freight_is_carrier', '=', True)]",
        ondelete="restrict",
        check_company=True,
        help="Who moves the goods from here to the next stop, if not the shipment's carrier.",
    )
    onward_mode = fields.Selection(
        selection=lambda self: self.env["freight.shipment"]._fields["mode"].selection,
        string="Mode onward",
    )
    replaces_id = fields.Many2one(
        "freight.stop",
        string="Instead of",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The first destination, before the goods were reconsigned.",
    )
    pod_signer = fields.Char(string="Signed by", readonly=True, copy=False)
    pod_time = fields.Datetime(string="Signed at", readonly=True, copy=False)
    pod_condition = fields.Char(string="Condition", readonly=True, copy=False)

    _sql_constraints = [
        (
            "window_order",
            "CHECK(window_start IS NULL OR window_end IS NULL OR window_start <= window_end)",
            "The appointment ends before it begins.",
        )
    ]

    @api.model
    def _guarded(self):
        return super()._guarded() | {*PROJECTED, *PROOF, "replaces_id"}

    @api.ondelete(at_uninstall=False)
    def _unlink_only_without_authorised_charges(self):
        """An authorised charge keeps its stop, which the database would take from it."""
        charges = self.env["freight.charge"].search([("stop_id", "in", self.ids)])
        charges._unlink_only_unauthorised()

    @api.depends(
        "role",
        "replaces_id",
        "shipment_id.stop_ids.role",
        "shipment_id.line_ids.quantity",
        "shipment_id.line_ids.pickup_stop_id",
        "shipment_id.line_ids.delivery_stop_id",
    )
    def _compute_planned_quantity(self):
        for stop in self:
            stop.planned_quantity = sum(stop._goods_lines().mapped("quantity"))

    def _goods_lines(self):
        """Return the goods lines loaded or unloaded here; what names no stop goes to each end."""
        self.ensure_one()
        field = {"pickup": "pickup_stop_id", "delivery": "delivery_stop_id"}.get(self.role)
        if not field:
            return self.env["freight.shipment.line"]
        standing = self.replaces_id or self
        alone = len(standing.shipment_id.stop_ids._standing().filtered(
            lambda stop: stop.role == standing.role)) == 1  # fmt: skip
        return self.shipment_id.line_ids.filtered(
            lambda line: line[field] == standing or (alone and not line[field])
        )

    def _planned(self):
        """Return {shipment id: [:class:`~..planned_stops.PlannedStop`]}, in the order of these."""
        planned = defaultdict(list)
        for key, row in db.read_columns(self, PlannedStop._fields[1:]).items():
            stop = PlannedStop(key, *row)
            planned[stop.shipment_id].append(stop)
        return planned

    def _standing(self):
        """Return these stops without the new destinations of reconsignments."""
        return self.filtered(lambda stop: not stop.replaces_id)

    def _of_role(self, role, carrier):
        """Return the stops of one shipment that are a pickup or delivery to ``carrier``.

        To who carries a leg they are the ends of its legs; to others those of the whole way. New
        destinations are left out: whether a reconsignment counts, and since when, is not known
        before the ledger is folded, and the first destination stands for them till then.
        """
        of_legs = carrier and self.onward_carrier_id
        standing = self._standing()
        ordered = standing.sorted(lambda stop: (stop.sequence, stop.id)) if of_legs else ()
        legs = [
            (start, end)
            for start, end in zip(ordered, ordered[1:], strict=False)
            if start.onward_carrier_id.commercial_partner_id == carrier.commercial_partner_id
        ]
        if legs and role in ("pickup", "delivery"):
            return self.browse([leg[role == "delivery"].id for leg in legs])
        return standing.filtered(lambda stop: stop.role == role)

    def _compute_display_name(self):
        for stop in self:
            place = stop.city or stop.name or stop.partner_id.name or stop.locode or ""
            stop.display_name = f"{stop.sequence} {place}".strip()

    def _release_body(self):
        """Return the stop as partners see it; times ISO 8601 UTC."""
        self.ensure_one()
        return {
            "sequence": self.sequence,
            "role": self.role,
            "name": self.name or self.partner_id.name or None,
            "street": self.partner_id.street or None,
            "city": self.city or None,
            "state": self.state_code or None,
            "zip": self.zip or None,
            "country": self.country_id.code or None,
            "locode": self.locode or None,
            "tz": self.tz,
            "window_start": iso_utc(self.window_start),
            "window_end": iso_utc(self.window_end),
        }
