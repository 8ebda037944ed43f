from datetime import datetime

from dateutil.relativedelta import relativedelta
from odoo import _, api, fields, models
from odoo.exceptions import UserError

UNITS = [("days", "Days"), ("months", "Months"), ("years", "Years")]

#: Years; a longer period means for ever, which needs no policy.
MOST_YEARS = 100


class FreightRetentionPolicy(models.Model):
    """How long the content of a class is kept: for one company, or for all without one of theirs.

    One person writes it and a second one puts it in force. From then on it stays as it is: a
    change is a new policy, which replaces it when it is put in force.
    """

    _name = "freight.retention.policy"
    _description = "Retention Policy"
    _inherit = "freight.guarded"
    _order = "class_id, company_id, id desc"

    class_id = fields.Many2one(
        "freight.retention.class", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        "res.company", help="Empty: for all companies that have no policy of their own."
    )
    period = fields.Integer(string="Kept for", required=True, default=1)
    unit = fields.Selection(UNITS, required=True, default="years")
    from_year_end = fields.Boolean(
        string="From the end of the year",
        help="The period begins when the calendar year ends in which it came or was sent.",
    )
    reason = fields.Text(string="Why", help="The law or contract that the period comes from.")
    state = fields.Selection(
        [("draft", "Proposed"), ("active", "In force"), ("ended", "Ended")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    author_ids = fields.Many2many(
        "res.users", string="Written by", readonly=True, copy=False,
        relation="freight_retention_policy_author",
    )  # fmt: skip
    approver_id = fields.Many2one(
        "res.users", string="Put in force by", readonly=True, copy=False, ondelete="restrict"
    )
    approved = fields.Datetime(string="In force since", readonly=True, copy=False)
    ended = fields.Datetime(readonly=True, copy=False)
    period_text = fields.Char(string="Period", compute="_compute_period_text")

    _sql_constraints = [
        ("period_positive", "CHECK(period > 0)", "A period is at least 1."),
    ]

    def init(self):
        """Make the index that the ORM cannot declare: one policy in force for each place."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_retention_policy_in_force
                ON freight_retention_policy (class_id, coalesce(company_id, 0))
                WHERE state = 'active'
            """
        )

    @api.model
    def _guarded(self):
        return super()._guarded() | {"state", "author_ids", "approver_id", "approved", "ended"}

    @api.depends("period", "unit", "from_year_end")
    def _compute_period_text(self):
        units = dict(self._fields["unit"]._description_selection(self.env))
        for policy in self:
            values = {"period": policy.period, "unit": units.get(policy.unit, "").lower()}
            if policy.from_year_end:
                policy.period_text = _("%(period)s %(unit)s from the end of the year", **values)
            else:
                policy.period_text = _("%(period)s %(unit)s", **values)

    @api.depends("class_id", "company_id", "period_text")
    def _compute_display_name(self):
        for policy in self:
            policy.display_name = _(
                "%(class_name)s, %(company)s: %(period)s",
                class_name=policy.class_id.name,
                company=policy.company_id.name or _("all companies"),
                period=policy.period_text,
            )

    @api.constrains("period", "unit")
    def _check_period(self):
        for policy in self:
            years = {"days": 366, "months": 12, "years": 1}[policy.unit] * MOST_YEARS
            if policy.period > years:
                raise UserError(_("A period is at most %s years.", MOST_YEARS))

    @api.constrains("class_id")
    def _check_class(self):
        unclear = self.env["freight.retention.class"]._unclear()
        if any(policy.class_id == unclear for policy in self):
            raise UserError(
                _(
                    "%s has no policy of its own: it follows the longest of the others.",
                    unclear.name,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Create; whoever writes a policy is not the one to put it in force."""
        policies = super().create(vals_list)
        if not self.env.su:
            policies._sign()
        return policies

    def write(self, vals):
        """Write what is only proposed.

        :raise UserError: for a policy that is or was in force
        """
        if self.env.su:
            return super().write(vals)
        if any(policy.state != "draft" for policy in self):
            raise UserError(_("A policy in force stays as it is: propose another to replace it."))
        result = super().write(vals)
        self._sign()
        return result

    def _sign(self):
        """Keep that the current user stands for these proposals."""
        self.sudo().write({"author_ids": [(4, self.env.uid)]})

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if any(policy.state != "draft" for policy in self):
            raise UserError(_("What was in force stays on record: end the policy instead."))

    def _cutoff(self, now):
        """Return before which moment something came that is due at ``now`` (both naive UTC)."""
        self.ensure_one()
        cutoff = now - relativedelta(**{self.unit: self.period})
        return datetime(cutoff.year, 1, 1) if self.from_year_end else cutoff

    # What people do -------------------------------------------------------------------------------

    def action_propose(self):
        """Stand for proposals as they are, for a second person to put them in force.

        :raise AccessError: for who may not write policies
        """
        self._for_action().filtered(lambda one: one.state == "draft")._sign()

    def action_activate(self):
        """Put proposed policies in force, each in place of the one before it.

        :raise AccessError: for who may not write policies
        :raise UserError: for who wrote it: what is erased does not come back
        """
        for policy in self._for_action().filtered(lambda one: one.state == "draft"):
            if not policy.author_ids:
                raise UserError(
                    _("Nobody stands for this suggestion yet: read it over, propose it, and let a"
                      " colleague put it in force.")
                )  # fmt: skip
            if self.env.user in policy.author_ids:
                raise UserError(
                    _("A second person puts a policy in force, not who wrote it: what is erased"
                      " does not come back.")
                )  # fmt: skip
            before = self.sudo().search(
                [
                    ("class_id", "=", policy.class_id.id),
                    ("company_id", "=", policy.company_id.id),
                    ("state", "=", "active"),
                ]
            )
            before._end()
            policy.write(
                {
                    "state": "active",
                    "approver_id": self.env.uid,
                    "approved": fields.Datetime.now(),
                }
            )

    def action_end(self):
        """End policies: nothing more is erased by them. One person is enough.

        :raise AccessError: for who may not write policies
        """
        self._for_action().filtered(lambda one: one.state == "active")._end()

    def _end(self):
        self.env["freight.retention"]._hold_still()
        self.write({"state": "ended", "ended": fields.Datetime.now()})
        self.flush_recordset()

    def action_preview(self):
        """Show what would go by this policy."""
        self.ensure_one()
        return self.env["freight.retention.preview"]._open(self)
