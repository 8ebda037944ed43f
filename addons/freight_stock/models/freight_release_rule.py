from odoo import fields, models

from .. import releasing


class FreightReleaseRule(models.Model):
    """How transfers of a kind travel. Of a policy's rules the first that fits decides."""

    _name = "freight.release.rule"
    _description = "Release Rule"
    _order = "policy_id, sequence, id"
    _check_company_auto = True

    policy_id = fields.Many2one(
        "freight.release.policy", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    weight_from = fields.Float(string="From (kg)", digits="Stock Weight")
    weight_to = fields.Float(string="Up to (kg)", digits="Stock Weight", help="Zero: no limit.")
    country_ids = fields.Many2many(
        "res.country", string="Countries", help="Where the goods go. Empty: anywhere."
    )
    route_ids = fields.Many2many(
        "stock.route", string="Routes", check_company=True, help="Empty: whatever the route."
    )
    by_tms = fields.Boolean(
        string="Through the TMS",
        default=True,
        help="Untick it for what is not to be released by itself. People may release it.",
    )
    mode = fields.Selection(
        selection=lambda self: self.env["freight.shipment"]._fields["mode"].selection,
        help="Empty: parcel up to the company's limit, else its usual mode.",
    )
    service = fields.Char()
    carrier_id = fields.Many2one(
        "res.partner",
        domain="[('freight_is_carrier', '=', True)]",
        ondelete="restrict",
        check_company=True,
        help="Empty: the TMS finds one.",
    )
    equipment_type_id = fields.Many2one(
        "freight.equipment.type", ondelete="restrict", check_company=True
    )

    _sql_constraints = [
        (
            "weights",
            "CHECK(weight_from >= 0 AND (weight_to = 0 OR weight_to >= weight_from))",
            "A rule's weights run from the lesser to the greater.",
        ),
    ]

    def _first_for(self, weight, country, routes):
        """Return the first of these rules for goods of ``weight`` kg, none for none."""
        rules = [
            releasing.Rule(
                rule.id,
                rule.weight_from,
                rule.weight_to,
                frozenset(rule.country_ids.ids),
                frozenset(rule.route_ids.ids),
            )
            for rule in self
        ]
        found = releasing.first_rule(rules, weight, country.id, frozenset(routes.ids))
        return self.browse(found.key) if found else self.browse()
