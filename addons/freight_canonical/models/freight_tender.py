from odoo import _, api, fields, models

from .. import db
from ..documents import iso_utc
from ..tendering import HELD, UNDECIDED

STATES = [
    ("waiting", "Waiting"),
    ("sent", "Sent"),
    ("conditional", "Accepted on conditions"),
    ("countered", "Counter-offer"),
    ("accepted", "Accepted"),
    ("declined", "Declined"),
    ("expired", "Expired"),
    ("cancelled", "Cancelled"),
    ("superseded", "Superseded"),
]


class FreightTender(models.Model):
    """A shipment offered to one carrier, once. It stays, whatever came of it.

    Its course is in :mod:`..tendering`; each step of it is an event of Odoo's own in the ledger.
    """

    _name = "freight.tender"
    _description = "Load Tender"
    _inherit = "freight.guarded"
    _order = "shipment_id desc, position"
    _rec_name = "number"

    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="restrict", index=True, readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", readonly=True)
    carrier_id = fields.Many2one(
        "res.partner", required=True, ondelete="restrict", index=True, readonly=True
    )
    position = fields.Integer(required=True, readonly=True, help="Who is asked when.")
    number = fields.Char(required=True, readonly=True, index=True)
    state = fields.Selection(STATES, required=True, default="waiting", readonly=True)
    purpose = fields.Selection(
        [
            ("original", "Original"),
            ("change", "Change"),
            ("confirmation", "Confirmation"),
            ("cancel", "Cancellation"),
        ],
        required=True,
        default="original",
        readonly=True,
        help="What the carrier was told last.",
    )
    cancel_reason = fields.Selection(
        [
            ("refused", "We do not take what it asked for"),
            ("withdrawn", "Withdrawn by a dispatcher"),
            ("unanswered", "The change was not answered in time"),
            ("elsewhere", "Another carrier takes it"),
            ("shipment", "The shipment was cancelled or closed"),
        ],
        string="Why cancelled",
        readonly=True,
    )
    version = fields.Integer(default=1, required=True, readonly=True)
    not_before = fields.Datetime(readonly=True, help="It is not sent earlier.")
    hours = fields.Float(required=True, readonly=True, string="Hours to answer")
    sent = fields.Datetime(readonly=True)
    respond_by = fields.Datetime(readonly=True)
    answered = fields.Datetime(readonly=True)
    hours_to_answer = fields.Float(readonly=True, group_operator="avg", string="Response time (h)")
    reason_id = fields.Many2one("freight.exception.reason", readonly=True, ondelete="restrict")
    remarks = fields.Text(readonly=True, help="What we told the carrier.")
    answer_remarks = fields.Text(readonly=True, help="What the carrier said.")
    offered_charges = fields.Json(readonly=True, help="As canonical documents have them.")
    countered_charges = fields.Json(readonly=True, help="What the carrier asks for.")
    agreed_charges = fields.Json(readonly=True, help="What it was accepted for.")
    offered_text = fields.Char(string="Offered", compute="_compute_texts")
    countered_text = fields.Char(string="Asked for", compute="_compute_texts")
    deadline_text = fields.Char(string="Time left", compute="_compute_texts")
    user_id = fields.Many2one("res.users", string="Tendered by", readonly=True, ondelete="restrict")
    plan_id = fields.Many2one("freight.tender.plan", readonly=True, ondelete="restrict")
    trace_id = fields.Char(readonly=True)
    told_digest = fields.Char(readonly=True, help="Names what the carrier was told last.")
    answer_ids = fields.One2many("freight.tender.answer", "tender_id", string="Answers")
    late_answer = fields.Boolean(compute="_compute_late_answer")

    _sql_constraints = [
        (
            "position_unique",
            "unique(shipment_id, position)",
            "This place in the sequence is taken: tender again.",
        ),
        ("hours_positive", "CHECK(hours > 0)", "Hours to answer: above 0."),
    ]

    def init(self):
        """Make the indexes that the ORM cannot declare: what the clock looks for."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_tender_respond_by
                ON freight_tender (respond_by) WHERE state = 'sent';
            CREATE INDEX IF NOT EXISTS freight_tender_waiting
                ON freight_tender (not_before) WHERE state = 'waiting';
            CREATE UNIQUE INDEX IF NOT EXISTS freight_tender_one_accepted
                ON freight_tender (shipment_id) WHERE state = 'accepted'
            """
        )

    @api.model
    def _guarded(self):
        return super()._guarded() | {
            name for name, field in self._fields.items() if field.store and not field.automatic
        }

    @api.depends("offered_charges", "countered_charges", "respond_by", "state")
    def _compute_texts(self):
        now = fields.Datetime.now()
        for tender in self:
            tender.offered_text = _in_words(tender.offered_charges)
            tender.countered_text = _in_words(tender.countered_charges)
            tender.deadline_text = tender._time_left(now) if tender.state == "sent" else False

    def _time_left(self, now):
        minutes = int((self.respond_by - now).total_seconds() // 60)
        if minutes < 0:
            return _("Time is up")
        return _("%(hours)s h %(minutes)s min", hours=minutes // 60, minutes=minutes % 60)

    @api.depends("answer_ids.verdict", "state")
    def _compute_late_answer(self):
        for tender in self:
            ended = tender.state in ("expired", "declined", "cancelled", "superseded")
            late = tender.answer_ids.filtered(lambda one: one._is_late_acceptance())
            tender.late_answer = ended and bool(late)

    def _set(self, values):
        """Write ``values`` ({id: {field: value}}, the same fields for each) by one statement.

        Cases that asked a person for what is decided by it are closed.
        """
        if not values:
            return
        undecided = self.filtered(lambda one: one.state in UNDECIDED)
        names = list(next(iter(values.values())))
        rows = {key: tuple(one[name] for name in names) for key, one in values.items()}
        db.update_rows(self, names, rows)
        if "state" in names:
            self._close_decided(undecided)

    def _close_decided(self, undecided):
        """Close the cases of these whose cause has gone.

        :param undecided: those of these that waited for a person
        """
        keys = [f"decide:{one.id}" for one in undecided if one.state not in UNDECIDED]
        keys += [f"late:{one.id}" for one in self if one.state == "accepted"]
        keys += [f"exhausted:{one.shipment_id.id}" for one in self if one.state in HELD]
        if keys:
            cases = self.env["freight.exception"]
            cases._close_cases("tender", keys, _("Decided on the tender."))

    def _body(self):
        """Return what the carrier is told: the tender, and the shipment as it concerns it."""
        self.ensure_one()
        scac = self.carrier_id.freight_scac or None
        charges = [
            {name: charge[name] for name in ("code", "amount", "currency")}
            for charge in self.agreed_charges or self.offered_charges or ()
        ]
        cancelled = self.purpose == "cancel"
        asks = self.purpose in ("original", "change")
        return {
            "tender": {
                "number": self.number,
                "purpose": self.purpose,
                "version": self.version,
                "sequence": self.position,
                "carrier_scac": scac,
                "sent_at": iso_utc(self.sent and self.sent.replace(microsecond=0)),
                "respond_by": iso_utc(self.respond_by) if asks else None,
                "reason": (cancelled and self.cancel_reason) or None,
                "remarks": self.remarks or None,
                "charges": charges,
            },
            "shipment": {
                **self.shipment_id._release_body()["shipment"],
                "carrier_scac": scac,
                # What others ask for it is nobody's business.
                "charges": [{**charge, "stage": "tendered"} for charge in charges],
            },
        }


def _in_words(charges):
    return ", ".join(f"{one['code']} {one['amount']} {one['currency']}" for one in charges or ())
