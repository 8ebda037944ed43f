import uuid

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..documents import iso_utc, plain_number

TRANSPORT_STATES = [
    ("draft", "Draft"),
    ("released", "Released"),
    ("tendered", "Tendered"),
    ("declined", "Declined"),
    ("accepted", "Accepted"),
    ("dispatched", "Dispatched"),
    ("in_transit", "In transit"),
    ("arrived", "Arrived"),
    ("partially_delivered", "Partially delivered"),
    ("delivered", "Delivered"),
    ("refused", "Refused"),
    ("returned", "Returned"),
    ("reconsigned", "Reconsigned"),
    ("cancelled", "Cancelled"),
    ("closed", "Closed"),
]


class FreightShipment(models.Model):
    """A movement of goods that somebody is paid for. Its state is the fold of its event ledger."""

    _name = "freight.shipment"
    _description = "Freight Shipment"
    _inherit = ["mail.thread", "mail.activity.mixin", "freight.guarded", "freight.owned"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, default="/")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    mode = fields.Selection(
        [
            ("ftl", "Full truckload"),
            ("ltl", "Less than truckload"),
            ("parcel", "Parcel"),
            ("rail", "Rail"),
            ("ocean", "Ocean"),
            ("air", "Air"),
            ("intermodal", "Intermodal"),
            ("courier", "Courier"),
        ],
        required=True,
        default=lambda self: self.env.company.freight_mode or "ltl",
    )
    carrier_id = fields.Many2one(
        "res.partner",
        domain="[('freight_is_carrier', '=', True)]",
        ondelete="restrict",
        check_company=True,
        index=True,
        tracking=True,
        help="The contracted carrier, whose contract prices the shipment.",
    )
    performing_carrier_id = fields.Many2one("res.partner", ondelete="restrict", check_company=True)
    broker_id = fields.Many2one("res.partner", ondelete="restrict", check_company=True)
    remit_to_id = fields.Many2one(
        "res.partner",
        ondelete="restrict",
        check_company=True,
        help="Who is paid: the carrier or its factor.",
    )
    shipper_id = fields.Many2one("res.partner", ondelete="restrict", check_company=True)
    consignee_id = fields.Many2one(
        "res.partner", ondelete="restrict", check_company=True, index="btree_not_null"
    )
    bill_to_id = fields.Many2one("res.partner", ondelete="restrict", check_company=True)
    freight_terms = fields.Selection(
        [
            ("PP", "Prepaid"),
            ("CC", "Collect"),
            ("TP", "Third party"),
            ("PC", "Prepaid, charged to customer"),
            ("PE", "Prepaid, summary bill"),
            ("PU", "Customer pickup"),
            ("NC", "No charge"),
        ],
        required=True,
        default="PP",
        help="X12 element 146: who pays the carrier.",
    )
    service = fields.Char()
    equipment_type_id = fields.Many2one(
        "freight.equipment.type", ondelete="restrict", check_company=True
    )
    incoterm = fields.Selection(
        [
            (code, code)
            for code in "EXW FCA CPT CIP DAP DPU DDP FAS FOB CFR CIF".split()  # Incoterms 2020
        ]
    )
    tms_id = fields.Many2one(
        "freight.system",
        string="TMS",
        domain="[('kind', '=', 'tms')]",
        default=lambda self: self.env.company.freight_tms_id,
        ondelete="restrict",
        check_company=True,
    )
    origin = fields.Char(string="Source document")
    planned_pickup = fields.Datetime()
    planned_delivery = fields.Datetime()
    weight = fields.Float(
        string="Weight (kg)", digits="Stock Weight", compute="_compute_totals", store=True
    )
    volume = fields.Float(
        string="Volume (m³)", digits="Volume", compute="_compute_totals", store=True
    )
    pieces = fields.Float(compute="_compute_totals", store=True)
    transport_state = fields.Selection(
        TRANSPORT_STATES, required=True, readonly=True, default="draft", copy=False, index=True
    )
    stop_ids = fields.One2many("freight.stop", "shipment_id", copy=True)
    line_ids = fields.One2many("freight.shipment.line", "shipment_id", copy=True)
    charge_ids = fields.One2many("freight.charge", "shipment_id")
    event_ids = fields.One2many("freight.event", "shipment_id")
    reference_ids = fields.One2many("freight.reference", "shipment_id", copy=False)
    exception_ids = fields.One2many("freight.exception", "shipment_id")
    open_exception_count = fields.Integer(compute="_compute_open_exception_count")
    estimated_total = fields.Monetary(compute="_compute_estimated_total")
    trace_id = fields.Char(
        readonly=True,
        copy=False,
        default=lambda self: uuid.uuid4().hex,
        help="W3C trace id, common to all that this shipment causes.",
    )

    _sql_constraints = [
        ("name_unique", "unique(company_id, name)", "This shipment number is taken."),
    ]

    @api.model
    def _guarded(self):
        return super()._guarded() | {"trace_id"}

    @api.depends("company_id")
    def _compute_currency_id(self):
        for shipment in self:
            shipment.currency_id = shipment.currency_id or shipment.company_id.currency_id

    @api.depends("line_ids.weight", "line_ids.volume", "line_ids.quantity")
    def _compute_totals(self):
        for shipment in self:
            shipment.weight = sum(shipment.line_ids.mapped("weight"))
            shipment.volume = sum(shipment.line_ids.mapped("volume"))
            shipment.pieces = sum(shipment.line_ids.mapped("quantity"))

    @api.depends("charge_ids.amount", "charge_ids.stage")
    def _compute_estimated_total(self):
        for shipment in self:
            estimated = shipment.charge_ids.filtered(lambda charge: charge.stage == "estimated")
            shipment.estimated_total = sum(estimated.mapped("amount"))

    def _compute_open_exception_count(self):
        groups = self.env["freight.exception"]._read_group(
            [("shipment_id", "in", self.ids), ("state", "=", "open")],
            ["shipment_id"],
            ["__count"],
        )
        counts = {shipment.id: count for shipment, count in groups}
        for shipment in self:
            shipment.open_exception_count = counts.get(shipment.id, 0)

    @api.constrains("company_id")
    def _check_company_of_events(self):
        """What happened stays with the company that it happened to."""
        happened = (
            self.env["freight.event"]
            .sudo()
            ._read_group([("shipment_id", "in", self.ids)], ["shipment_id", "company_id"])
        )
        for shipment, company in happened:
            if company != shipment.company_id:
                raise ValidationError(
                    _(
                        "%s has events, so it stays with its company. Cancel it, and enter it "
                        "anew in the other company.",
                        shipment.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Number each shipment and make its number the first of its references."""
        self._number_new(vals_list)
        shipments = super().create(vals_list)
        self.env["freight.reference"].create(
            [
                {"shipment_id": shipment.id, "type": "shipment", "value": shipment.name}
                for shipment in shipments
            ]
        )
        return shipments

    def _carriers(self):
        """Return everybody who moves this shipment or a leg of it, or has it moved."""
        self.ensure_one()
        main = self.carrier_id | self.performing_carrier_id | self.broker_id
        return main | self.stop_ids.onward_carrier_id

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if self.env["freight.event"].search_count([("shipment_id", "in", self.ids)], limit=1):
            raise UserError(_("A shipment with events stays. Cancel it instead."))

    # What others are told -----------------------------------------------------------------------

    def _release_body(self):
        """Return the shipment as partners see it: decimal strings, times ISO 8601 UTC."""
        self.ensure_one()
        return {
            "shipment": {
                "number": self.name,
                "company": self.company_id.name,
                "mode": self.mode,
                "freight_terms": self.freight_terms,
                "service": self.service or None,
                "carrier_scac": self.carrier_id.freight_scac or None,
                "planned_pickup": iso_utc(self.planned_pickup),
                "planned_delivery": iso_utc(self.planned_delivery),
                "weight_kg": f"{self.weight:.3f}",
                "volume_m3": f"{self.volume:.3f}",
                "pieces": plain_number(self.pieces),
                "currency": self.currency_id.name,
                "references": [
                    {"type": reference.type, "value": reference.value}
                    for reference in self.reference_ids
                ],
                "stops": [stop._release_body() for stop in self.stop_ids.sorted("sequence")],
                "lines": [
                    {
                        "description": line.name,
                        "quantity": plain_number(line.quantity),
                        "unit": line.uom_id.name or None,
                        "weight_kg": f"{line.weight:.3f}",
                        "hazmat": line.un_number or line.hazmat,
                    }
                    for line in self.line_ids
                ],
                "charges": [
                    {
                        "code": charge.code_id.code,
                        "stage": charge.stage,
                        "amount": f"{charge.amount:.{charge.currency_id.decimal_places}f}",
                        "currency": charge.currency_id.name,
                    }
                    for charge in self.charge_ids
                ],
            }
        }
