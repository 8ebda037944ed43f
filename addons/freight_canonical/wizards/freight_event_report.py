import uuid

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..documents import APPLIED, Document, iso_utc

#: Kind of an event type -> classifier of what is reported by hand.
CLASSIFIERS = {"estimate": "estimated", "appointment": "planned"}
#: What a person may tell: not what Odoo and the systems around it say by what they do.
REPORTABLE = ("milestone", "exception", "ping", "estimate", "appointment")
NOT_REPORTABLE = ("unknown", "tender_accepted", "tender_declined")
PROVING = ("delivered", "partly_unloaded", "pod_received")


class FreightEventReport(models.TransientModel):
    """What a carrier told somebody on the phone becomes an event, like any message."""

    _name = "freight.event.report"
    _description = "Report an Event by Hand"

    shipment_id = fields.Many2one("freight.shipment", required=True, readonly=True)
    company_id = fields.Many2one(related="shipment_id.company_id")
    type_id = fields.Many2one(
        "freight.event.type",
        string="What happened",
        required=True,
        domain=lambda self: [
            ("kind", "in", REPORTABLE),
            ("code", "not in", NOT_REPORTABLE),
        ],
    )
    type_code = fields.Char(related="type_id.code")
    kind = fields.Selection(related="type_id.kind")
    occurred = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    stop_id = fields.Many2one(
        "freight.stop", string="Where", domain="[('shipment_id', '=', shipment_id)]"
    )
    quantity = fields.Float(string="Pieces", help="0: nothing was said of them.")
    reason_id = fields.Many2one("freight.exception.reason")
    city = fields.Char()
    zip = fields.Char(string="ZIP")
    country_id = fields.Many2one("res.country")
    signer = fields.Char(string="Signed by")
    condition = fields.Char()
    document_ids = fields.Many2many("ir.attachment", string="Documents")
    source = fields.Char(string="Who told", required=True, help="A name, a number, a mail.")

    @api.onchange("type_id")
    def _onchange_type_id(self):
        stops = self.shipment_id.stop_ids
        of_role = stops.filtered(lambda stop: stop.role == self.type_id.stop_role)
        self.stop_id = of_role if len(of_role) == 1 else False

    def action_report(self):
        """Add the event to the ledger, and say in the shipment's log who reported it.

        :raise AccessError: for who may not write the shipment
        :raise UserError: when the event cannot be reported or applied, saying why
        """
        self.ensure_one()
        self.shipment_id._check_may_write()
        self._check_reportable()
        self.document_ids.check("write")
        events = self.env["freight.event"].sudo()
        document = self._document()
        (outcome,) = events._apply_freight_documents([document])
        if outcome.status != APPLIED:
            raise UserError(outcome.detail or _("This was reported already."))
        self._attach(document.data["id"])
        if document.data["classifier"] == "actual":
            self.shipment_id._note_reporter()
        self.shipment_id.message_post(
            body=_(
                "%(event)s, %(when)s UTC: reported by hand, as told by %(who)s.",
                event=self.type_id.name,
                when=fields.Datetime.to_string(self.occurred),
                who=self.source,
            )
        )
        return {"type": "ir.actions.act_window_close"}

    def _check_reportable(self):
        """Hold who does not come through the form to what the form offers."""
        if self.kind not in REPORTABLE or self.type_code in NOT_REPORTABLE:
            raise UserError(
                _(
                    "%s is not reported by hand: it follows from what is done in Odoo or told by "
                    "a message. Choose what happened to the goods.",
                    self.type_id.name,
                )
            )
        if self.stop_id and self.stop_id.shipment_id != self.shipment_id:
            raise UserError(_("Choose a stop of %s.", self.shipment_id.name))

    def _document(self):
        data = {
            "kind": "event",
            "id": f"manual:{uuid.uuid4().hex}",
            "shipment": {"references": [{"type": "shipment", "value": self.shipment_id.name}]},
            "type": self.type_id.code,
            "raw_code": self.type_id.code,
            "classifier": CLASSIFIERS.get(self.kind, "actual"),
            "occurred": iso_utc(self.occurred.replace(microsecond=0)),
            "reason": self.reason_id.code or None,
            "quantity": str(self.quantity) if self.quantity else None,
            "place": {
                name: value
                for name, value in (
                    ("city", self.city),
                    ("zip", self.zip),
                    ("country", self.country_id.code),
                )
                if value
            },
        }
        if self.stop_id:
            data["stop"] = {"sequence": self.stop_id.sequence, "role": self.stop_id.role}
        if self.type_code in PROVING and (self.signer or self.condition or self.document_ids):
            data["proof"] = {"signer": self.signer or None, "condition": self.condition or None}
        return Document(
            data=data,
            system=self.env.ref("freight_canonical.system_odoo").sudo(),
            company=self.shipment_id.company_id,
            received=fields.Datetime.now(),
            trace_id=self.shipment_id.trace_id,
        )

    def _attach(self, identity):
        """Keep the documents with the shipment, and with the proof if there is one."""
        if not self.document_ids:
            return
        proof = (
            self.env["freight.proof"]
            .sudo()
            .search(
                [
                    ("event_id.source_event_id", "=", identity),
                    ("shipment_id", "=", self.shipment_id.id),
                ]
            )
        )
        proof.document_ids = self.document_ids
        self.document_ids.sudo().write(
            {"res_model": "freight.shipment", "res_id": self.shipment_id.id}
        )
