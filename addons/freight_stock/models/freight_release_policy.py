from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from .. import releasing

WHEN = [
    ("confirm", "When the order is confirmed"),
    ("reserve", "When the goods are reserved"),
    ("manual", "By hand"),
]
DIRECTIONS = [
    (releasing.OUTGOING, "Deliveries"),
    (releasing.INCOMING, "Receipts"),
    (releasing.DROPSHIP, "Dropshipping"),
]


class FreightReleasePolicy(models.Model):
    """When and how the transfers of a company, or of one warehouse, become shipments."""

    _name = "freight.release.policy"
    _description = "Release Policy"
    _order = "company_id, direction, warehouse_id, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        ondelete="cascade",
        help="Empty: all warehouses of the company that have no policy of their own.",
    )
    direction = fields.Selection(
        DIRECTIONS, string="For", required=True, default=releasing.OUTGOING
    )
    release_when = fields.Selection(
        WHEN, string="Release to the TMS", required=True, default="confirm"
    )
    consolidate = fields.Boolean(
        string="Consolidate orders",
        help="Transfers between the same places on the same day, by the same mode, service, "
        "carrier and freight terms, travel as one shipment as long as it is not released.",
    )
    cutoff = fields.Selection(
        [
            ("at_once", "At once"),
            ("time", "At a time of day"),
            ("before", "Before the pickup"),
        ],
        string="Released",
        required=True,
        default="at_once",
        help="Until then a shipment is a draft that further orders may join.",
    )
    cutoff_hour = fields.Float(
        string="Time of day", default=16.0, help="By the clock of the warehouse."
    )
    hours_before = fields.Float(string="Hours before the pickup", default=24.0)
    fulfil_on = fields.Selection(
        [
            ("none", "People do"),
            ("pickup", "The pickup that is reported"),
            ("delivery", "The delivery that is reported"),
        ],
        string="Who validates the transfer",
        required=True,
        default="none",
        help="By an event of the shipment, the transfer is validated with what was ordered. "
        "Where that cannot be, a person is told.",
    )
    report_pickup = fields.Boolean(
        string="Validation reports the pickup",
        help="When its transfers are validated, the shipment has left its pickup. For carriers "
        "that report nothing themselves.",
    )
    scope = fields.Char(compute="_compute_scope", store=True, precompute=True)
    rule_ids = fields.One2many("freight.release.rule", "policy_id", string="Rules", copy=True)

    _sql_constraints = [
        (
            "scope_unique",
            "unique(scope)",
            "There is a policy for these transfers of this place already: change that one.",
        ),
        (
            "hour_of_day",
            "CHECK(cutoff_hour >= 0 AND cutoff_hour < 24)",
            "The time of day lies between 0:00 and 23:59.",
        ),
        (
            "hours_not_negative",
            "CHECK(hours_before >= 0)",
            "Hours before the pickup cannot be negative.",
        ),
    ]

    @api.depends("company_id.name", "warehouse_id.name", "direction")
    def _compute_name(self):
        labels = dict(self._fields["direction"]._description_selection(self.env))
        for policy in self:
            place = policy.warehouse_id.name or policy.company_id.name or ""
            policy.name = f"{labels.get(policy.direction, '')}: {place}"

    @api.depends("company_id", "warehouse_id", "direction", "active")
    def _compute_scope(self):
        """Name what a policy is for; an archived one is for nothing."""
        for policy in self:
            place = f"{policy.company_id.id}:{policy.warehouse_id.id or ''}:{policy.direction}"
            policy.scope = policy.active and place

    @api.constrains("direction", "release_when", "report_pickup")
    def _check_direction(self):
        for policy in self.filtered(lambda one: one.direction != releasing.OUTGOING):
            if policy.release_when == "reserve":
                raise ValidationError(
                    _("Only deliveries are reserved: choose confirmation or by hand.")
                )
            if policy.report_pickup:
                raise ValidationError(
                    _("A receipt is validated when the goods arrive: it reports no pickup.")
                )

    @api.model
    def _policies(self, companies):
        """Return {(company, warehouse id or False, direction): policy} of ``companies``."""
        found = self.sudo().search([("company_id", "in", companies.ids)])
        return {
            (policy.company_id.id, policy.warehouse_id.id, policy.direction): policy
            for policy in found
        }

    @api.model
    def _default_of(self, company, direction):
        """Return what holds where no policy says otherwise; receipts wait for a person."""
        when = company.freight_release_policy if direction == releasing.OUTGOING else "manual"
        return self.new({"company_id": company.id, "direction": direction, "release_when": when})

    def _release_moment(self, pickup, zone):
        """Return when what is planned now under this policy is released (naive UTC)."""
        self.ensure_one()
        now = fields.Datetime.now()
        return releasing.release_moment(
            self.cutoff, pickup, now, zone, self.cutoff_hour, self.hours_before
        )
