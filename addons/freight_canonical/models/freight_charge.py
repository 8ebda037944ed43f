from odoo import api, fields, models

STAGES = [
    ("estimated", "Estimated"),
    ("tendered", "Tendered"),
    ("contract", "Contract"),
    ("actual", "Actual"),
]


class FreightCharge(models.Model):
    """What a shipment costs, for one charge code as seen at one stage."""

    _name = "freight.charge"
    _description = "Freight Charge"
    _order = "shipment_id, stage, id"
    _check_company_auto = True

    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="shipment_id.company_id", store=True, index=True)
    code_id = fields.Many2one("freight.charge.code", required=True, ondelete="restrict")
    stage = fields.Selection(STAGES, required=True, default="estimated")
    quantity = fields.Float(default=1.0, digits=(16, 4))
    unit = fields.Char(help="What the quantity counts, for instance 100 kg or mile.")
    rate = fields.Float(digits=(16, 6))
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    amount = fields.Monetary(required=True)
    source = fields.Char(help="Where the figure comes from: a contract, the TMS, a person.")
    explanation = fields.Char(help="How the amount came about, in one sentence.")
    authorised = fields.Boolean(help="An accessorial that we ordered.")
    stop_id = fields.Many2one("freight.stop", ondelete="set null")

    @api.depends("shipment_id")
    def _compute_currency_id(self):
        for charge in self:
            charge.currency_id = charge.currency_id or charge.shipment_id.currency_id

    @api.model
    def _replace_stage(self, shipments, stage, charges):
        """Put ``charges`` (values without stage) in the place of all charges of ``stage``."""
        self.search([("shipment_id", "in", shipments.ids), ("stage", "=", stage)]).unlink()
        return self.create([{**charge, "stage": stage} for charge in charges])
