"""Control numbers that are missing between those that came."""

from datetime import timedelta

from odoo import _, api, fields, models

#: How far back gaps are looked for, and what is no gap but a new beginning.
GAP_WINDOW = timedelta(days=14)
GAP_LIMIT = 1000


class FreightInterchange(models.Model):
    _inherit = "freight.interchange"

    @api.model
    def _watch_numbers(self):
        """Open a case for each control number that is missing, and close those that came."""
        now = fields.Datetime.now()
        found = {}
        for endpoint_id, company_id, sender, first, last in self._gaps(now):
            endpoint = self.env["freight.endpoint"].browse(endpoint_id)
            missing = f"{first}" if first == last else f"{first} - {last}"
            found[f"{endpoint.code}:{sender}:{missing}"] = {
                "code": "control_gap",
                "description": _(
                    "Between what %(endpoint)s sent, interchange %(missing)s of %(sender)s is"
                    " missing. Ask for it again.",
                    endpoint=endpoint.name,
                    missing=missing,
                    sender=sender,
                ),
                "company": self.env["res.company"].browse(company_id),
            }
        cases = self.env["freight.exception"].sudo()
        opened = cases.search([("code", "=", "control_gap"), ("state", "=", "open")])
        known = set(opened.mapped("dedup_key"))
        cases._raise_cases([{"key": key, **one} for key, one in found.items() if key not in known])
        cases._close_cases("control_gap", known - set(found), _("They came, or are too old."))

    @api.model
    def _gaps(self, now):
        """Return (endpoint id, company id, sender, first, last) of numbers that nobody saw.

        A number may well come later: only what is missing before one that came longer ago than
        the endpoint's patience counts.
        """
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT e.id, e.company_id, counted.sender, before + 1, number - 1
              FROM (SELECT i.*, lag(i.number) OVER numbers AS before
                      FROM freight_interchange i
                     WHERE i.received > %(since)s AND i.number IS NOT NULL
                    WINDOW numbers AS (PARTITION BY i.endpoint_id, i.standard, i.sender, i.receiver
                                           ORDER BY i.number)) counted
              JOIN freight_endpoint e ON e.id = counted.endpoint_id
             WHERE number - before BETWEEN 2 AND %(limit)s
               AND e.gap_minutes > 0 AND e.state = 'active'
               AND counted.received < %(now)s - e.gap_minutes * interval '1 minute'
             ORDER BY 1, 3, 4
            """,
            {"since": now - GAP_WINDOW, "now": now, "limit": GAP_LIMIT},
        )
        return self.env.cr.fetchall()
