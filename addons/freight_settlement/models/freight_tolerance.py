from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..matching import Limits, Tolerance
from ..money import to_decimal

PERCENT_DIGITS = 4
AMOUNT_DIGITS = 6


class FreightTolerance(models.Model):
    """How much a carrier's bill may differ from what is expected. The most specific rule wins."""

    _name = "freight.tolerance"
    _description = "Freight Tolerance"
    _inherit = ["mail.thread"]
    _order = "company_id, level desc, carrier_id, mode, code_id, family, date_from desc, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    level = fields.Selection(
        [("line", "Charge"), ("header", "Whole bill")], required=True, default="line"
    )
    carrier_id = fields.Many2one(
        "res.partner",
        domain="[('freight_is_carrier', '=', True)]",
        check_company=True,
        ondelete="restrict",
    )
    mode = fields.Selection(
        selection=lambda self: self.env["freight.shipment"]._fields["mode"].selection
    )
    code_id = fields.Many2one("freight.charge.code", ondelete="restrict")
    family = fields.Selection(
        selection=lambda self: self.env["freight.charge.code"]._fields["family"].selection
    )
    date_from = fields.Date()
    date_to = fields.Date()
    over_percent = fields.Float(digits=(16, PERCENT_DIGITS), tracking=True)
    over_amount = fields.Monetary(tracking=True)
    over_combine = fields.Selection(
        [("lesser", "Lesser of the two"), ("greater", "Greater of the two")],
        required=True,
        default="lesser",
        tracking=True,
    )
    under_percent = fields.Float(digits=(16, PERCENT_DIGITS), tracking=True)
    under_amount = fields.Monetary(tracking=True)
    under_combine = fields.Selection(
        [("lesser", "Lesser of the two"), ("greater", "Greater of the two")],
        required=True,
        default="lesser",
        tracking=True,
    )
    version = fields.Integer(default=1, readonly=True, copy=False)
    active = fields.Boolean(default=True)

    _sql_constraints = [
        (
            "limits_positive",
            "CHECK(over_percent >= 0 AND over_amount >= 0"
            " AND under_percent >= 0 AND under_amount >= 0)",
            "A limit is not negative.",
        ),
    ]

    @api.depends("carrier_id", "mode", "code_id", "family", "level")
    def _compute_name(self):
        levels = dict(self._fields["level"]._description_selection(self.env))
        modes = dict(self._fields["mode"]._description_selection(self.env))
        families = dict(self._fields["family"]._description_selection(self.env))
        for rule in self:
            scope = (
                rule.carrier_id.display_name,
                modes.get(rule.mode),
                rule.code_id.display_name,
                families.get(rule.family),
            )
            words = ", ".join(filter(None, scope)) or _("all carriers")
            rule.name = f"{levels.get(rule.level, '')}: {words}"

    @api.constrains("level", "code_id", "family")
    def _check_scope(self):
        for rule in self:
            if rule.level == "header" and (rule.code_id or rule.family):
                raise ValidationError(_("A tolerance for the whole bill names no charge."))

    def write(self, vals):
        """Make a new version of the rule."""
        for rule in self:
            super(FreightTolerance, rule).write({**vals, "version": rule.version + 1})
        return True

    def _limits(self, side):
        percent, amount = self[f"{side}_percent"], self[f"{side}_amount"]
        return Limits(
            to_decimal(percent, PERCENT_DIGITS) if percent else None,
            to_decimal(amount, AMOUNT_DIGITS) if amount else None,
            self[f"{side}_combine"],
        )

    def _rule(self):
        """Return this tolerance for :class:`~..matching.Policy`."""
        self.ensure_one()
        return Tolerance(
            over=self._limits("over"),
            under=self._limits("under"),
            level=self.level,
            carrier=self.carrier_id.commercial_partner_id.id or None,
            mode=self.mode or None,
            code=self.code_id.code or None,
            family=self.family or None,
            valid_from=self.date_from or None,
            valid_to=self.date_to or None,
            version=f"{self.id}.{self.version}",
        )
