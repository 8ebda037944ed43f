from odoo import _, api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import float_compare

STAGES = [
    ("estimated", "Estimated"),
    ("tendered", "Tendered"),
    ("contract", "Contract"),
    ("actual", "Actual"),
]


class FreightCharge(models.Model):
    """What a shipment costs, for one charge code as seen at one stage.

    People enter estimates, accessorials that they order among them. What was tendered, contracted
    or billed follows from its document: only the system writes that.
    """

    _name = "freight.charge"
    _description = "Freight Charge"
    _inherit = "freight.guarded"
    _order = "shipment_id, stage, id"
    _check_company_auto = True

    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="shipment_id.company_id", store=True, index=True)
    code_id = fields.Many2one(
        "freight.charge.code", required=True, ondelete="restrict", check_company=True
    )
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
    vehicle_not_used = fields.Boolean(
        readonly=True,
        copy=False,
        help="It follows from a cancellation after dispatch, and goes with it.",
    )
    stop_id = fields.Many2one(
        "freight.stop", ondelete="set null", domain="[('shipment_id', '=', shipment_id)]"
    )
    order_reference = fields.Char(
        string="Private to order",
        help="The one order that caused this charge and bears it alone. Empty: all orders of the "
        "shipment share it.",
    )

    @api.depends("shipment_id")
    def _compute_currency_id(self):
        for charge in self:
            charge.currency_id = charge.currency_id or charge.shipment_id.currency_id

    def _compute_display_name(self):
        for charge in self:
            charge.display_name = f"{charge.code_id.name} {charge._amount_said()}"

    def _amount_said(self):
        return self.currency_id.format(self.amount) if self.currency_id else ""

    # What is sound ------------------------------------------------------------------------------

    @api.constrains("stop_id", "shipment_id")
    def _check_stop(self):
        for charge in self.filtered("stop_id"):
            if charge.stop_id.shipment_id != charge.shipment_id:
                raise ValidationError(
                    _("Choose a stop of %s for this charge.", charge.shipment_id.name)
                )

    @api.constrains("stage", "code_id", "amount", "quantity", "currency_id")
    def _check_estimate(self):
        """Hold what people enter to its meaning. What a document says is kept as it was said."""
        if self.env.su:
            return
        for charge in self.filtered(lambda charge: charge.stage == "estimated"):
            if charge.quantity < 0:
                raise ValidationError(
                    _("The quantity of %s is below zero.", charge.code_id.display_name)
                )
            if charge.amount < 0 and charge.code_id.family != "discount":
                raise ValidationError(
                    _(
                        "%s is a cost: enter what lowers the price as a discount.",
                        charge.code_id.display_name,
                    )
                )
            if float_compare(charge.amount, charge.currency_id.round(charge.amount), 6):
                raise ValidationError(
                    _("%(amount)s has more decimals than %(currency)s.",
                      amount=charge.amount, currency=charge.currency_id.name)
                )  # fmt: skip

    # Who may what -------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Create charges; people create estimates only."""
        charges = super().create(vals_list)
        charges._check_people_estimate()
        return charges

    def write(self, vals):
        """Change charges; people change estimates only, and leave them estimates."""
        self._check_people_estimate()
        result = super().write(vals)
        self._check_people_estimate()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_estimates(self):
        self._check_people_estimate()

    def _check_people_estimate(self):
        """Refuse people all charges but estimates.

        :raise AccessError: unless the system is at work
        """
        if not self.env.su and set(self.mapped("stage")) - {"estimated"}:
            raise AccessError(
                _(
                    "What was tendered, contracted or billed follows from its document. Enter an "
                    "estimate, and mark it authorised if you ordered it."
                )
            )

    @api.model
    def _replace_stage(self, shipments, stage, charges):
        """Put ``charges`` (values without stage) in the place of those of ``stage``.

        What people ordered stays. The system is at work here, whoever releases a shipment.
        """
        system = self.sudo()
        system.search(
            [
                ("shipment_id", "in", shipments.ids),
                ("stage", "=", stage),
                ("authorised", "=", False),
            ]
        ).unlink()
        return system.create([{**charge, "stage": stage} for charge in charges])

    def _entered(self):
        """Return those whose amount a person entered: where no rates are known, all there are."""
        return self.filtered("amount")
