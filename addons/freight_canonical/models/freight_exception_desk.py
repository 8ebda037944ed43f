"""Who works on a case, until when, and how it ends."""

from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from psycopg2.errors import UniqueViolation

from .. import db
from .freight_exception import QUIET

#: Cases that one transaction escalates.
BATCH = 200


class FreightException(models.Model):
    _inherit = "freight.exception"

    team_id = fields.Many2one(
        "freight.team", ondelete="restrict", index=True, tracking=True, check_company=True
    )
    user_id = fields.Many2one("res.users", string="Assigned to", index=True, tracking=True)
    clock_start = fields.Datetime(
        default=fields.Datetime.now, readonly=True, help="Opened, or opened again."
    )
    deadline = fields.Datetime(
        compute="_compute_deadline", store=True, precompute=True, readonly=True
    )
    escalation = fields.Datetime(
        compute="_compute_deadline",
        store=True,
        precompute=True,
        readonly=True,
        help="When the team's leader hears of it.",
    )
    overdue = fields.Boolean(compute="_compute_overdue", search="_search_overdue")
    escalated = fields.Datetime(readonly=True, help="When the team's leader was told.")
    resolved = fields.Datetime(readonly=True)
    resolver_id = fields.Many2one("res.users", readonly=True)
    closed_by = fields.Selection(
        [("person", "A person"), ("cause", "Its cause went")], string="Closed by", readonly=True
    )
    resolution_id = fields.Many2one(
        "freight.exception.resolution", string="Resolved by", ondelete="restrict", tracking=True
    )
    resolution = fields.Text(tracking=True)

    def init(self):
        """Make the index that the ORM cannot declare: what the clock looks for."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_exception_to_escalate
                ON freight_exception (escalation) WHERE state = 'open' AND escalated IS NULL
            """
        )
        return super().init()

    @api.model
    def _guarded(self):
        return super()._guarded() | {"escalation"}

    @api.depends("severity", "clock_start", "type_id")
    def _compute_deadline(self):
        """The kind's hours as they were when the case opened or its severity changed."""
        for case in self:
            case.deadline = case.type_id._deadline(case.severity, case.clock_start)
            case.escalation = case.deadline and case.deadline + timedelta(
                hours=case.type_id.escalate_hours
            )

    @api.depends("deadline", "state")
    def _compute_overdue(self):
        now = fields.Datetime.now()
        for case in self:
            case.overdue = case.state == "open" and bool(case.deadline) and case.deadline < now

    @api.model
    def _search_overdue(self, operator, value):
        if operator not in ("=", "!="):
            raise UserError(_("Search overdue cases by yes or no."))
        late = [("state", "=", "open"), ("deadline", "<", fields.Datetime.now())]
        return late if (operator == "=") == bool(value) else ["!", "&", *late]

    def write(self, vals):
        """Write; how a case was resolved stays as it was said.

        :raise UserError: when the resolution of a resolved case is changed
        """
        told = {"resolution", "resolution_id"} & set(vals)
        if told and not self.env.su and "resolved" in self.mapped("state"):
            raise UserError(_("A resolved case keeps its resolution: open it again instead."))
        return super().write(vals)

    # Opening ------------------------------------------------------------------------------------

    @api.model
    def _open(self, values):
        """Give new cases to their teams, and an activity to somebody where a person is needed."""
        self._give_to_teams(values)
        cases = super()._open(values)
        cases._call_for_a_person()
        return cases

    @api.model
    def _give_to_teams(self, values):
        kinds = self.env["freight.exception.type"]
        companies = self.env["res.company"].browse({one["company_id"] for one in values})
        usual = self.env["freight.team"]._for_companies(companies)
        for one in values:
            company = companies.browse(one["company_id"])
            team = kinds.browse(one["type_id"]).team_id._serves(company) or usual[company]
            one.setdefault("team_id", team.id)

    def _call_for_a_person(self):
        """Put these cases on somebody's list where a person is needed and one is known."""
        urgent = self.filtered(
            lambda case: case.severity == "critical" or case.type_id.needs_person
        )
        urgent._schedule(lambda case: case.user_id or case.team_id.leader_id)

    def _schedule(self, who, summary=None):
        """Create one activity for each case, for the user that ``who(case)`` returns, if any."""
        if not self:
            return self.env["mail.activity"]
        usual = self.env.ref("mail.mail_activity_data_todo")
        model = self.env["ir.model"]._get_id(self._name)
        today = fields.Date.context_today(self)
        activities = self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True)
        return activities.create(
            [
                {
                    "res_model_id": model,
                    "res_id": case.id,
                    # Given here, it costs no statement of its own for each activity.
                    "res_name": case.display_name,
                    "user_id": who(case).id,
                    "activity_type_id": (case.type_id.activity_type_id or usual).id,
                    "summary": summary or case.type_id.name,
                    "date_deadline": case.deadline.date() if case.deadline else today,
                    "automated": True,
                }
                for case in self
                if who(case)
            ]
        )

    def _own_activities(self):
        """Return the activities that the suite scheduled for these cases."""
        return (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("automated", "=", True),
                ]
            )
        )

    def action_assign_to_me(self):
        """Take these cases, and what was to be done about them."""
        self.write({"user_id": self.env.uid})
        self._own_activities().with_context(mail_activity_quick_update=True).write(
            {"user_id": self.env.uid}
        )

    # Ending -------------------------------------------------------------------------------------

    def action_open_resolve(self):
        """Ask how these cases were resolved."""
        return self._ask("freight.exception.resolve", _("Resolve"))

    def action_open_reopen(self):
        """Ask why these cases are opened again."""
        return self._ask("freight.exception.reopen", _("Open again"))

    def _ask(self, wizard, title):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": wizard,
            "view_mode": "form",
            "target": "new",
            "context": {"default_case_ids": self.ids},
        }

    def action_resolve(self):
        """Close the cases; a resolution says what was done.

        :raise AccessError: for who may not work on exceptions
        :raise UserError: when a case does not say how it was resolved
        """
        self.check_access_rights("write")
        self.check_access_rule("write")
        for case in self:
            if not (case.resolution or "").strip():
                raise UserError(_("Say how %s was resolved before you close it.", case.name))
        cases = self.sudo().filtered(lambda case: case.state == "open")
        other = self.env.ref("freight_canonical.resolution_other")
        cases.filtered(lambda case: not case.resolution_id).resolution_id = other
        cases._close("person", resolver_id=self.env.uid)

    def _close(self, closed_by, **values):
        """Close these cases and take them off everybody's list."""
        self.write(
            {
                "state": "resolved",
                "resolved": fields.Datetime.now(),
                "closed_by": closed_by,
                **values,
            }
        )
        self._own_activities().unlink()

    @api.model
    def _close_cases(self, code, keys, resolution, company=None):
        """Close open cases, of one company if it is given, whose cause has gone."""
        cases = self.sudo().search(
            [
                ("code", "=", code),
                ("dedup_key", "in", list(keys)),
                ("state", "=", "open"),
                *([("company_id", "=", company.id)] if company else []),
            ]
        )
        if cases:
            cases.with_context(**QUIET)._close("cause", resolution=resolution)
        return cases.with_env(self.env)

    def _reopen(self, note):
        """Open these cases again; from now on only a person closes them.

        :raise AccessError: for who may not work on exceptions
        :raise UserError: when another case about the same is open
        """
        self.check_access_rights("write")
        self.check_access_rule("write")
        cases = self.sudo().filtered(lambda case: case.state == "resolved")
        try:
            with self.env.cr.savepoint():
                cases.write(
                    {
                        "state": "open",
                        "by_control": False,
                        "clock_start": fields.Datetime.now(),
                        **dict.fromkeys(
                            ("escalated", "resolved", "resolver_id", "closed_by"), False
                        ),
                        **dict.fromkeys(("resolution_id", "resolution"), False),
                    }
                )
                cases.flush_recordset()
        except UniqueViolation as error:
            raise UserError(
                _("Another case about the same is open: work on that one instead.")
            ) from error
        cases._message_log_batch({case.id: note for case in cases})
        cases._call_for_a_person()

    # Escalating ---------------------------------------------------------------------------------

    @api.model
    def _cron_escalate(self):
        """Tell the teams' leaders of cases that are overdue, once for each, batch by batch."""
        while True:
            with db.transaction(self.pool) as env:
                if not env[self._name]._escalate_batch():
                    break

    @api.model
    def _escalate_batch(self):
        """Escalate what is due, :data:`BATCH` cases at most; return how many."""
        now = fields.Datetime.now()
        cases = self.search(
            [("state", "=", "open"), ("escalated", "=", False), ("escalation", "<=", now)],
            order="escalation, id",
            limit=BATCH,
        )
        if cases:
            cases.with_context(**QUIET).write({"escalated": now})
            cases._schedule(lambda case: case.team_id.leader_id, _("Overdue"))
            cases._message_log_batch({case.id: case._escalation_note() for case in cases})
        return len(cases)

    def _escalation_note(self):
        self.ensure_one()
        leader = self.team_id.leader_id
        if not leader:
            return _("Overdue. Nobody was told: no team leads this case.")
        return _("Overdue: %s was told.", leader.name)
