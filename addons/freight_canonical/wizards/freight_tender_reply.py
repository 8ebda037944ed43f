import uuid

from odoo import _, fields, models
from odoo.exceptions import UserError

from ..documents import APPLIED, Document, iso_utc
from ..tendering import KINDS


class FreightTenderReply(models.TransientModel):
    """What a carrier answered on the phone becomes an answer like any message."""

    _name = "freight.tender.reply"
    _description = "Record an Answer to a Tender"

    tender_id = fields.Many2one("freight.tender", required=True)
    answer = fields.Selection(
        [
            ("tender_accepted", "Accepts"),
            ("tender_conditional", "Accepts on conditions"),
            ("tender_countered", "Asks for another price"),
            ("tender_declined", "Declines"),
        ],
        required=True,
        default="tender_accepted",
    )
    reason_id = fields.Many2one("freight.exception.reason")
    code_id = fields.Many2one("freight.charge.code", string="Charge")
    amount = fields.Float(string="Price asked for")
    source = fields.Char(string="Who told", required=True, help="A name, a number, a mail.")
    remarks = fields.Char()

    def action_record(self):
        """Add the answer to the ledger; the shipment's log says who recorded it.

        :raise AccessError: for who may not write the shipment
        :raise UserError: when the tender was not sent, or the answer says nothing new
        """
        self.ensure_one()
        shipment = self.tender_id.shipment_id
        shipment._check_may_write()
        if not self.tender_id.sent or self.answer not in KINDS:
            raise UserError(_("%s was not sent yet: nobody can answer it.", self.tender_id.number))
        if self.answer == "tender_countered" and not (self.code_id and self.amount > 0):
            raise UserError(_("Enter the charge and the price that the carrier asks for."))
        [outcome] = self.env["freight.event"].sudo()._apply_freight_documents([self._document()])
        if outcome.status != APPLIED:
            raise UserError(outcome.detail or _("This was recorded already."))
        shipment.message_post(
            body=_(
                "Answer to tender %(number)s recorded by hand, as told by %(who)s.",
                number=self.tender_id.number,
                who=self.source,
            )
        )
        return {"type": "ir.actions.act_window_close"}

    def _document(self):
        shipment, now = self.tender_id.shipment_id, fields.Datetime.now()
        data = {
            "kind": "event",
            "id": f"manual:{uuid.uuid4().hex}",
            "shipment": {"references": [{"type": "shipment", "value": shipment.name}]},
            "tender": self.tender_id.number,
            "type": self.answer,
            "raw_code": self.answer,
            "raw_description": self.remarks or None,
            "classifier": "actual",
            "occurred": iso_utc(now),
            "reason": self.reason_id.code or None,
        }
        if self.answer == "tender_countered":
            currency = shipment.currency_id
            amount = f"{self.amount:.{currency.decimal_places}f}"
            data["charges"] = [
                {"code": self.code_id.code, "amount": amount, "currency": currency.name}
            ]
        return Document(
            data=data,
            system=self.env.ref("freight_canonical.system_odoo").sudo(),
            company=shipment.company_id,
            received=now,
            trace_id=shipment.trace_id,
        )
