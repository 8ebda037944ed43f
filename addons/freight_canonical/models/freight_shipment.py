import uuid

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .. import lifecycle
from ..documents import iso_utc

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
    _inherit = ["mail.thread", "mail.activity.mixin", "freight.guarded"]
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
        index=True,
        tracking=True,
        help="The contracted carrier, whose contract prices the shipment.",
    )
    performing_carrier_id = fields.Many2one("res.partner", ondelete="restrict")
    broker_id = fields.Many2one("res.partner", ondelete="restrict")
    remit_to_id = fields.Many2one(
        "res.partner", ondelete="restrict", help="Who is paid: the carrier or its factor."
    )
    shipper_id = fields.Many2one("res.partner", ondelete="restrict")
    consignee_id = fields.Many2one("res.partner", ondelete="restrict", index="btree_not_null")
    bill_to_id = fields.Many2one("res.partner", ondelete="restrict")
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
    equipment_type_id = fields.Many2one("freight.equipment.type", ondelete="restrict")
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
    )
    origin = fields.Char(string="Source document")
    planned_pickup = fields.Datetime()
    estimated_pickup = fields.Datetime(readonly=True, copy=False)
    actual_pickup = fields.Datetime(readonly=True, copy=False)
    planned_delivery = fields.Datetime()
    estimated_delivery = fields.Datetime(readonly=True, copy=False)
    actual_delivery = fields.Datetime(readonly=True, copy=False)
    dispatched = fields.Datetime(readonly=True, copy=False)
    ship_date = fields.Date(
        readonly=True,
        copy=False,
        help="Actual pickup, else dispatch, else planned pickup, where it happens.",
    )
    last_place = fields.Char(string="Last known place", readonly=True, copy=False)
    projected = fields.Datetime(readonly=True, copy=False, help="When the ledger was last folded.")
    weight = fields.Float(
        string="Weight (kg)", digits="Stock Weight", compute="_compute_totals", store=True
    )
    volume = fields.Float(
        string="Volume (m³)", digits="Volume", compute="_compute_totals", store=True
    )
    pieces = fields.Float(compute="_compute_totals", store=True)
    handling_units = fields.Integer()
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

    @api.model_create_multi
    def create(self, vals_list):
        """Number each shipment and make its number the first of its references."""
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
                sequence = self.env["ir.sequence"].with_company(company)
                vals["name"] = sequence.next_by_code("freight.shipment")
        shipments = super().create(vals_list)
        self.env["freight.reference"].create(
            [
                {"shipment_id": shipment.id, "type": "shipment", "value": shipment.name}
                for shipment in shipments
            ]
        )
        return shipments

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if self.env["freight.event"].search_count([("shipment_id", "in", self.ids)], limit=1):
            raise UserError(_("A shipment with events stays. Cancel it instead."))

    @api.model
    def _name_search(self, name, domain=None, operator="ilike", limit=None, order=None):
        """Find a shipment by its number or by any reference."""
        if name and operator in ("=", "ilike", "like", "=ilike"):
            by_reference = [("reference_ids.value", operator, name)]
            domain = [*(domain or []), "|", ("name", operator, name), *by_reference]
            return self._search(domain, limit=limit, order=order)
        return super()._name_search(name, domain, operator, limit, order)

    # Actions ------------------------------------------------------------------------------------

    def action_release(self):
        """Price the shipments and hand them to the TMS.

        :raise AccessError: for who may not write shipments
        :raise UserError: when a shipment is not a draft or lacks a pickup or a delivery stop
        """
        self._check_may_write()
        for shipment in self:
            shipment._check_releasable()
        self._estimate_charges()
        self._record_own("released")
        self.env["freight.emitter"]._emit("shipment.released", self, type(self)._release_body)

    def action_cancel(self):
        """Cancel what is not dispatched yet, and tell the TMS.

        :raise AccessError: for who may not write shipments
        :raise UserError: when goods are already on their way
        """
        self._check_may_write()
        late = self.filtered(
            lambda shipment: (
                lifecycle.RANK[shipment.transport_state] >= lifecycle.RANK["dispatched"]
            )
        )
        if late:
            raise UserError(
                _(
                    "%s is under way: a shipment can be cancelled only before dispatch.",
                    ", ".join(late.mapped("name")),
                )
            )
        known = self.filtered(lambda shipment: shipment.transport_state != "draft")
        self._record_own("cancelled")
        self.env["freight.emitter"]._emit("shipment.cancelled", known, type(self)._release_body)

    def _check_may_write(self):
        """The ledger is appended past the ORM, which would ask this."""
        self.check_access_rights("write")
        self.check_access_rule("write")

    def _check_releasable(self):
        self.ensure_one()
        if self.transport_state != "draft":
            raise UserError(_("%s was released already.", self.name))
        roles = set(self.stop_ids.mapped("role"))
        if not {"pickup", "delivery"} <= roles:
            raise UserError(
                _("%s needs a pickup and a delivery stop before it can be released.", self.name)
            )

    def _estimate_charges(self):
        """Price these shipments before anything happened; an addon that knows rates does it."""

    def _take_tendered_charges(self, document, codes):
        """Replace the tendered charges by those of a tender acceptance.

        :param document: the :class:`~..documents.Document` of the acceptance
        :param dict codes: charge codes by code; a charge with a code not in it opens a case
        """
        self.ensure_one()
        charges = document.data.get("charges") or []
        currencies = {currency.name: currency for currency in self.env["res.currency"].search([])}
        values = []
        for charge in charges:
            code, currency = codes.get(charge["code"]), currencies.get(charge["currency"])
            if not code or not currency:
                self._report_unknown_charge(document, charge)
                continue
            values.append(
                {
                    "shipment_id": self.id,
                    "code_id": code.id,
                    "currency_id": currency.id,
                    "amount": float(charge["amount"]),
                    "quantity": float(charge.get("quantity") or 1),
                    "rate": float(charge.get("rate") or charge["amount"]),
                    "unit": charge.get("unit"),
                    "source": document.system.name,
                }
            )
        if charges:
            self.env["freight.charge"]._replace_stage(self, "tendered", values)

    def _report_unknown_charge(self, document, charge):
        self.env["freight.exception"]._raise_case(
            "unknown_code",
            f"{document.system.code}:charge:{charge['code']}:{charge['currency']}",
            _(
                "%(system)s sends a charge of %(amount)s %(currency)s under code %(code)s, which"
                " is no charge code or currency in use.",
                system=document.system.name,
                amount=charge["amount"],
                currency=charge["currency"],
                code=charge["code"],
            ),
            shipment=self,
        )

    def _carrier_known(self):
        """A carrier took these shipments; an addon that knows its rates prices them."""

    def _record_own(self, event_type):
        """Append an event of ``event_type`` that Odoo itself is the source of."""
        now = fields.Datetime.now()
        system = self.env.ref("freight_canonical.system_odoo")
        self.env["freight.event"]._append(
            [
                {
                    "shipment_id": shipment.id,
                    "company_id": shipment.company_id.id,
                    "type_code": event_type,
                    "classifier": "actual",
                    "occurred": now,
                    "received": now,
                    "source_id": system.id,
                    "source_event_id": f"{event_type}:{shipment.id}",
                    "trace_id": shipment.trace_id,
                }
                for shipment in self
            ]
        )

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
                "pieces": f"{self.pieces:g}",
                "currency": self.currency_id.name,
                "references": [
                    {"type": reference.type, "value": reference.value}
                    for reference in self.reference_ids
                ],
                "stops": [stop._release_body() for stop in self.stop_ids.sorted("sequence")],
                "lines": [
                    {
                        "description": line.name,
                        "quantity": f"{line.quantity:g}",
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
