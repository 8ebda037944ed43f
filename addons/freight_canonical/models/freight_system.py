from odoo import _, api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("odoo", "Odoo"),
    ("tms", "Transport management system"),
    ("carrier", "Carrier"),
    ("platform", "Settlement platform"),
    ("other", "Other"),
]


class FreightSystem(models.Model):
    """A system around Odoo: who says what. The source of an event is always one of these."""

    _name = "freight.system"
    _description = "Freight System"
    _order = "name"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    code = fields.Char(required=True, copy=False)
    name = fields.Char(required=True)
    kind = fields.Selection(KINDS, required=True, default="carrier")
    partner_id = fields.Many2one(
        "res.partner",
        ondelete="restrict",
        help="Who runs it. A carrier's system acts on shipments of this partner only.",
    )
    company_id = fields.Many2one("res.company", help="Empty: it serves all companies.")
    active = fields.Boolean(default=True)
    quantities = fields.Selection(
        [("each", "What each report adds"), ("running", "Totals so far")],
        required=True,
        default="each",
        help="What the pieces mean that it reports for a stop in several parts.",
    )
    ping_filter = fields.Selection(
        [
            ("keep", "Keep all"),
            ("newest", "Keep the newest of an interval"),
            ("drop", "Drop"),
        ],
        string="Pings",
        required=True,
        default="keep",
        help="Positions and en-route reports of a shipment in transit. The first movement after "
        "dispatch is always kept.",
    )
    ping_interval = fields.Integer(string="Interval (minutes)", default=15)

    _sql_constraints = [
        ("code_unique", "unique(code)", "A system with this code exists already."),
        ("ping_interval_positive", "CHECK(ping_interval > 0)", "Minutes between pings: above 0."),
    ]

    @api.ondelete(at_uninstall=False)
    def _unlink_without_reports(self):
        """Refuse: what a system reported stays, and says who reported it."""
        for system in self:
            if self.env["freight.event"].sudo().search_count([("source_id", "=", system.id)], 1):
                raise UserError(
                    _(
                        "%s reported events, which nobody can delete: archive it instead.",
                        system.name,
                    )
                )

    def _may_act_on(self, shipment):
        """Return whether this system may report on ``shipment``: one of its own, in its company."""
        self.ensure_one()
        if self.company_id and self.company_id != shipment.company_id:
            return False
        if self.kind == "tms":
            return shipment.tms_id == self
        if self.kind == "carrier":
            own = self.partner_id.commercial_partner_id
            if own and own == shipment.carrier_id.commercial_partner_id:
                return True
            return own in shipment._carriers().commercial_partner_id
        return self.kind in ("odoo", "platform")
