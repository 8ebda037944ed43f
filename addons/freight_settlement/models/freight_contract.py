from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

#: What decides which shipments a contract prices.
SCOPE = frozenset({"carrier_id", "mode", "date_from", "date_to", "active"})


class FreightContract(models.Model):
    """What a carrier agreed to charge a company, for a time."""

    _name = "freight.contract"
    _description = "Freight Contract"
    _inherit = ["mail.thread"]
    _order = "carrier_id, date_from desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    carrier_id = fields.Many2one(
        "res.partner",
        required=True,
        domain="[('freight_is_carrier', '=', True)]",
        ondelete="restrict",
        index=True,
        check_company=True,
        tracking=True,
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    mode = fields.Selection(
        selection=lambda self: self.env["freight.shipment"]._fields["mode"].selection,
        help="Empty: all modes. A contract for the shipment's mode goes before one for all.",
    )
    date_from = fields.Date(required=True, default=fields.Date.context_today, tracking=True)
    date_to = fields.Date(tracking=True)
    rate_ids = fields.One2many("freight.contract.rate", "contract_id", copy=True)
    active = fields.Boolean(default=True)

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for contract in self:
            if contract.date_to and contract.date_to < contract.date_from:
                raise ValidationError(_("Contract %s ends before it begins.", contract.name))

    def write(self, vals):
        """Make new versions of the rates of a contract whose scope changes, and note who did."""
        result = super().write(vals)
        if not SCOPE.isdisjoint(vals):
            self.rate_ids.write({})
        return result

    def _covers(self, shipment, day):
        """Return whether this contract may price ``shipment`` on ``day``.

        As long as no carrier is chosen, the contracts of all carriers may.
        """
        self.ensure_one()
        carrier = shipment.carrier_id.commercial_partner_id
        return (
            self.company_id == shipment.company_id
            and carrier in (self.carrier_id.commercial_partner_id, carrier.browse())
            and self.mode in (False, shipment.mode)
            and self.date_from <= day
            and (not self.date_to or day <= self.date_to)
        )
