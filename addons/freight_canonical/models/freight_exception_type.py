from datetime import timedelta

from odoo import _, api, fields, models, tools
from odoo.exceptions import UserError


class FreightExceptionType(models.Model):
    """A kind of exception: how grave it is, who works on it, and how soon."""

    _name = "freight.exception.type"
    _description = "Kind of Exception"
    _inherit = "freight.cached"
    _order = "sequence, code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    severity = fields.Selection(
        [("info", "Information"), ("warning", "Warning"), ("critical", "Critical")],
        required=True,
        default="warning",
        help="Of a case for which nothing else is said.",
    )
    needs_person = fields.Boolean(
        help="Somebody gets an activity whenever such a case opens; otherwise for critical ones."
    )
    service_failure = fields.Boolean(
        help="Counts against the carrier, unless the reason given says otherwise."
    )
    team_id = fields.Many2one(
        "freight.team", ondelete="restrict", help="Empty: the company's own team for exceptions."
    )
    activity_type_id = fields.Many2one("mail.activity.type", ondelete="restrict")
    hours_critical = fields.Float(
        string="Hours if critical", help="To resolve a case, from its opening. 0: no deadline."
    )
    hours_warning = fields.Float(string="Hours if a warning", help="0: no deadline.")
    hours_info = fields.Float(string="Hours if information", help="0: no deadline.")
    escalate_hours = fields.Float(
        string="Escalate after (hours)",
        help="How long after the deadline the team's leader is told of a case.",
    )
    active = fields.Boolean(
        default=True, help="Controls open no case of an archived kind and close those there are."
    )
    open_count = fields.Integer(string="Open cases", compute="_compute_open_count")

    _sql_constraints = [
        ("code_unique", "unique(code)", "This kind of exception exists already."),
        (
            "hours_not_negative",
            "CHECK(hours_critical >= 0 AND hours_warning >= 0 AND hours_info >= 0"
            " AND escalate_hours >= 0)",
            "Hours cannot be negative.",
        ),
    ]

    def _compute_open_count(self):
        groups = self.env["freight.exception"]._read_group(
            [("type_id", "in", self.ids), ("state", "=", "open")], ["type_id"], ["__count"]
        )
        counts = dict(groups)
        for kind in self:
            kind.open_count = counts.get(kind, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shipped(self):
        """The suite opens cases of the kinds it ships by their code."""
        shipped = self.filtered(lambda kind: kind.get_external_id()[kind.id])
        if shipped:
            raise UserError(
                _(
                    "%s came with the suite and is opened by it: archive it instead.",
                    ", ".join(shipped.mapped("name")),
                )
            )

    @api.model
    @tools.ormcache()
    def _by_code(self):
        """Return {code: id} of all kinds."""
        return {kind.code: kind.id for kind in self.with_context(active_test=False).search([])}

    @api.model
    @tools.ormcache()
    def _watched(self):
        """Return the codes of the kinds that controls may open."""
        return frozenset(self.search([("active", "=", True)]).mapped("code"))

    def _deadline(self, severity, start):
        """Return when a case of ``severity`` is to be resolved, False for no deadline."""
        hours = self[f"hours_{severity}"] if severity else 0
        return bool(hours) and start + timedelta(hours=hours)
