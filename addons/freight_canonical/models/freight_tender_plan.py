from odoo import api, fields, models


class FreightTenderPlan(models.Model):
    """A routing guide: which carriers are asked for a lane, in which order."""

    _name = "freight.tender.plan"
    _description = "Routing Guide"
    _order = "sequence, id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    lane_id = fields.Many2one("freight.lane", ondelete="restrict", help="Empty: any lane.")
    mode = fields.Selection(
        selection=lambda self: self.env["freight.shipment"]._fields["mode"].selection,
        help="Empty: any mode of transport.",
    )
    line_ids = fields.One2many("freight.tender.plan.line", "plan_id", copy=True)

    @api.model
    def _for(self, shipment):
        """Return the guide that fits ``shipment`` best: by lane before mode, none if none fits."""
        fitting = self.search(
            [
                ("company_id", "=", shipment.company_id.id),
                ("lane_id", "in", (False, shipment.lane_id.id)),
                ("mode", "in", (False, shipment.mode)),
            ]
        )
        return fitting.sorted(lambda one: (not one.lane_id, not one.mode))[:1]


class FreightTenderPlanLine(models.Model):
    """One carrier of a routing guide."""

    _name = "freight.tender.plan.line"
    _description = "Carrier of a Routing Guide"
    _order = "sequence, id"
    _check_company_auto = True

    plan_id = fields.Many2one("freight.tender.plan", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="plan_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    carrier_id = fields.Many2one(
        "res.partner",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('freight_is_carrier', '=', True), ('freight_scac', '!=', False)]",
    )
    hours = fields.Float(string="Hours to answer", default=2.0, required=True)

    _sql_constraints = [
        ("hours_positive", "CHECK(hours > 0)", "Hours to answer: above 0."),
        ("carrier_once", "unique(plan_id, carrier_id)", "A carrier stands once in a guide."),
    ]
