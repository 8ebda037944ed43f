from odoo import api, fields, models

from .. import rating
from ..money import to_decimal

#: Digits of a rate, as stored.
RATE_DIGITS = 6


class FreightContractRate(models.Model):
    """The price of one charge in a contract. A change makes a new version of it."""

    _name = "freight.contract.rate"
    _description = "Freight Contract Rate"
    _order = "contract_id, sequence, id"

    contract_id = fields.Many2one("freight.contract", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    sequence = fields.Integer(default=10)
    code_id = fields.Many2one("freight.charge.code", required=True, ondelete="restrict")
    basis = fields.Selection(
        [
            ("flat", "Flat, per shipment"),
            ("per_kg", "Per kg"),
            ("per_100kg", "Per 100 kg"),
            ("percent_of_linehaul", "% of linehaul"),
        ],
        required=True,
        default="flat",
    )
    rate = fields.Float(required=True, digits=(16, RATE_DIGITS))
    minimum = fields.Monetary(help="The least amount of this charge; zero: none.")
    version = fields.Integer(default=1, readonly=True, copy=False)
    maintainer_ids = fields.Many2many(
        "res.users",
        "freight_contract_rate_maintainer_rel",
        readonly=True,
        copy=False,
        help="Who made or changed this rate. They do not approve bills that it priced.",
    )

    _sql_constraints = [
        ("rate_positive", "CHECK(minimum >= 0)", "A minimum is not negative."),
        (
            "one_rate_per_charge",
            "unique(contract_id, code_id)",
            "The contract prices this charge already.",
        ),
    ]

    @api.model_create_multi
    def create(self, vals_list):
        """Note who made the rate."""
        me = [fields.Command.link(self.env.uid)]
        return super().create([{**vals, "version": 1, "maintainer_ids": me} for vals in vals_list])

    def write(self, vals):
        """Make a new version of the rate and note who did."""
        for rate in self:
            super(FreightContractRate, rate).write(
                {
                    **vals,
                    "version": rate.version + 1,
                    "maintainer_ids": [fields.Command.link(self.env.uid)],
                }
            )
        return True

    def _rating_rate(self):
        """Return this rate for :func:`~..rating.rate`."""
        self.ensure_one()
        return rating.Rate(
            code=self.code_id.code,
            family=self.code_id.family,
            basis=self.basis,
            rate=to_decimal(self.rate, RATE_DIGITS),
            minimum=to_decimal(self.minimum, self.currency_id.decimal_places),
            source=self.id,
        )
