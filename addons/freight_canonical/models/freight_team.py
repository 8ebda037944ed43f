from odoo import api, fields, models


class FreightTeam(models.Model):
    """People who work on exceptions together, and who answers for them."""

    _name = "freight.team"
    _description = "Freight Team"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    leader_id = fields.Many2one(
        "res.users",
        help="Gets the activities of cases that nobody took, and hears of those that are overdue.",
    )
    member_ids = fields.Many2many("res.users", string="Members")
    company_id = fields.Many2one("res.company", help="Empty: it serves all companies.")
    active = fields.Boolean(default=True)
    open_count = fields.Integer(string="Open cases", compute="_compute_open_counts")
    overdue_count = fields.Integer(string="Overdue cases", compute="_compute_open_counts")

    def _compute_open_counts(self):
        cases = self.env["freight.exception"]
        mine = [("team_id", "in", self.ids), ("state", "=", "open")]
        late = [*mine, ("overdue", "=", True)]
        opened = dict(cases._read_group(mine, ["team_id"], ["__count"]))
        overdue = dict(cases._read_group(late, ["team_id"], ["__count"]))
        for team in self:
            team.open_count = opened.get(team, 0)
            team.overdue_count = overdue.get(team, 0)

    def _serves(self, company):
        """Return those of these teams that work for ``company``."""
        return self.filtered(
            lambda team: not team.company_id or team.company_id in company.parent_ids
        )

    @api.model
    def _for_companies(self, companies):
        """Return {company: the team of a case whose kind names none}."""
        every = self.search([("active", "=", True)])
        return {
            company: company.freight_team_id._serves(company) or every._serves(company)[:1]
            for company in companies
        }
