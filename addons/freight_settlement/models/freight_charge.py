from odoo import Command, api, fields, models


class FreightCharge(models.Model):
    _inherit = "freight.charge"

    freight_rate_id = fields.Many2one(
        "freight.contract.rate",
        string="Contract rate",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The rate that priced this charge; its maintainers do not approve the bill.",
    )
    authoriser_ids = fields.Many2many(
        "res.users",
        "freight_charge_authoriser_rel",
        string="Entered by",
        readonly=True,
        copy=False,
        help="Who entered, changed or authorised this charge. Somebody else approves the bills "
        "that rest on it.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Note who entered the charges."""
        authoriser = self._authoriser()
        return super().create([{**vals, **authoriser} for vals in vals_list])

    def write(self, vals):
        """Note who changed the charges."""
        return super().write({**vals, **self._authoriser()})

    @api.model
    def _authoriser(self):
        """Return the values that note the person at work; none when the system is."""
        return {} if self.env.su else {"authoriser_ids": [Command.link(self.env.uid)]}

    def _entered(self):
        """Return those that a person entered or changed: rates make amounts too."""
        return self.filtered("authoriser_ids")

    def _billed(self):
        """Add the charges that a bill in force asks for."""
        billed = self.env["freight.carrier.invoice.line"].sudo().search(
            [
                ("invoice_id.shipment_id", "in", self.shipment_id.ids),
                ("invoice_id.state", "in", ("approved", "posted", "paid")),
                ("code_id", "in", self.code_id.ids),
            ]
        )  # fmt: skip
        pairs = {(line.invoice_id.shipment_id, line.code_id) for line in billed}
        return super()._billed() | self.filtered(
            lambda charge: (charge.shipment_id, charge.code_id) in pairs
        )
