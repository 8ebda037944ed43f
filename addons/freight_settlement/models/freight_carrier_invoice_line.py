from odoo import fields, models

from ..matching import BilledLine
from ..money import to_decimal


class FreightCarrierInvoiceLine(models.Model):
    """A charge as the carrier billed it, with the verdict on it."""

    _name = "freight.carrier.invoice.line"
    _description = "Carrier Invoice Line"
    _order = "invoice_id, sequence, id"
    _rec_name = "description"

    invoice_id = fields.Many2one(
        "freight.carrier.invoice", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(related="invoice_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="invoice_id.currency_id")

    # As sent
    sequence = fields.Integer(required=True, readonly=True)
    code_id = fields.Many2one(
        "freight.charge.code", string="Charge", readonly=True, ondelete="restrict"
    )
    raw_code = fields.Char(string="Code as sent", readonly=True)
    description = fields.Char(required=True, readonly=True)
    quantity = fields.Float(readonly=True, digits=(16, 4))
    unit = fields.Char(readonly=True)
    rate = fields.Float(readonly=True, digits=(16, 6))
    amount = fields.Monetary(string="Billed", required=True, readonly=True)
    is_tax = fields.Boolean(readonly=True)

    # Our verdict
    verdict = fields.Selection(
        [
            ("matched", "Matched"),
            ("within_tolerance", "Within tolerance"),
            ("over", "Over"),
            ("under", "Under"),
            ("unauthorised", "Unauthorised"),
            ("no_expectation", "No expectation"),
        ],
        readonly=True,
    )
    amount_expected = fields.Monetary(string="Expected", readonly=True)
    amount_open = fields.Monetary(
        string="Open", readonly=True, help="Expected, less what earlier bills had approved."
    )
    amount_difference = fields.Monetary(string="Difference", readonly=True)
    amount_limit = fields.Monetary(string="Limit", readonly=True)
    amount_approved = fields.Monetary(string="To pay", readonly=True)
    amount_disputed = fields.Monetary(string="Disputed", readonly=True)
    tolerance = fields.Char(readonly=True, help="Tolerance and version that gave the limit.")
    reason_code = fields.Char(
        string="Reason", readonly=True, help="X12 element 426: why the rest is disputed."
    )
    explanation = fields.Char(readonly=True)

    def _billed_line(self, ordered):
        """Return this line for :func:`~..matching.match`.

        :param ordered: charge codes of accessorials that we ordered for the shipment
        """
        self.ensure_one()
        code = self.code_id
        return BilledLine(
            sequence=self.sequence,
            code=code.code or None,
            family=code.family or None,
            amount=to_decimal(self.amount, self.currency_id.decimal_places),
            label=code.display_name if code else (self.raw_code or self.description),
            authorised=code in ordered,
            source=self.id,
        )
