"""What the list of systems shows of each: what it owns, when it was last heard, how much."""

from odoo import api, fields, models

#: Days that the counts look back.
DAYS = 30


class FreightSystem(models.Model):
    _inherit = "freight.system"

    owned_domains = fields.Char(string="System of record for", compute="_compute_owned_domains")
    last_event = fields.Datetime(compute="_compute_figures")
    event_count = fields.Integer(string="Events in 30 days", compute="_compute_figures")
    refusal_count = fields.Integer(string="Refused changes in 30 days", compute="_compute_figures")

    @api.depends("kind")
    def _compute_owned_domains(self):
        rows = self.env["freight.ownership"].search([("kind", "in", self.mapped("kind"))])
        names = dict(rows._fields["domain"]._description_selection(self.env))
        for system in self:
            own = rows.filtered(
                lambda row, system=system: (
                    row.system_id == system or row.kind == system.kind and not row.system_id
                )
            )
            system.owned_domains = ", ".join(dict.fromkeys(names[row.domain] for row in own))

    @api.depends_context("allowed_company_ids")
    def _compute_figures(self):
        """Look up the ledgers of the user's companies, for all systems by one query."""
        figures = {}
        if self.ids:
            self.env.cr.execute(
                """
                SELECT s.id, last.recorded, counted.events, counted.refusals
                  FROM freight_system s
                  LEFT JOIN LATERAL (
                    SELECT recorded FROM freight_event
                     WHERE source_id = s.id AND company_id IN %(companies)s
                     ORDER BY recorded DESC LIMIT 1) last ON true
                  LEFT JOIN LATERAL (
                    SELECT count(*) AS events,
                           count(*) FILTER (WHERE type_code = 'change_refused') AS refusals
                      FROM freight_event
                     WHERE source_id = s.id AND company_id IN %(companies)s
                       AND recorded >= %(since)s) counted ON true
                 WHERE s.id IN %(ids)s
                """,
                {
                    "companies": tuple(self.env.companies.ids),
                    "since": fields.Datetime.subtract(fields.Datetime.now(), days=DAYS),
                    "ids": tuple(self.ids),
                },
            )
            figures = {key: found for key, *found in self.env.cr.fetchall()}
        for system in self:
            last, events, refusals = figures.get(system.id, (False, 0, 0))
            system.last_event = last
            system.event_count = events
            system.refusal_count = refusals

    def action_open_refusals(self):
        """Open what this system was refused."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "freight_canonical.freight_event_refusal_action"
        )
        return {**action, "domain": [("event_id.source_id", "=", self.id)]}
