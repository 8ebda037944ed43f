import time

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.tools import human_size

from ..models.freight_retention import SOURCES

#: Seconds that opening a preview spends on sorting what became old enough since last night.
PATIENCE = 10


class FreightRetentionPreview(models.TransientModel):
    """What would go now, and what is held: before a policy is put in force, and afterwards."""

    _name = "freight.retention.preview"
    _description = "What Would Be Erased"

    policy_id = fields.Many2one("freight.retention.policy", readonly=True)
    line_ids = fields.One2many("freight.retention.preview.line", "preview_id", readonly=True)
    complete = fields.Boolean(readonly=True)
    going = fields.Integer(compute="_compute_sums")
    held = fields.Integer(compute="_compute_sums")
    size_text = fields.Char(compute="_compute_sums")

    @api.depends("line_ids")
    def _compute_sums(self):
        for preview in self:
            going = preview.line_ids.filtered(lambda line: not line.hold_id)
            preview.going = sum(going.mapped("count"))
            preview.held = sum(preview.line_ids.mapped("count")) - preview.going
            preview.size_text = human_size(sum(going.mapped("size")))

    @api.model
    def action_open(self):
        """Open the preview of all policies that are in force or proposed."""
        return self._open(self.env["freight.retention.policy"])

    @api.model
    def _open(self, policy):
        """Open the preview of one policy, or of all.

        :raise AccessError: for who may not see policies
        """
        self.env["freight.retention.policy"].check_access_rights("read")
        policy.check_access_rule("read")
        complete = self.env["freight.retention"].sudo()._sort(time.monotonic() + PATIENCE)
        preview = self.create(
            {
                "policy_id": policy.id,
                "complete": complete,
                "line_ids": [(0, 0, line) for line in self._lines(policy)],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": _("What would be erased now"),
            "res_model": self._name,
            "res_id": preview.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    @api.model
    def _lines(self, policy):
        """Return the lines of what is due, one for each class, company, endpoint and hold."""
        retention, lines = self.env["freight.retention"].sudo(), []
        for one, company, by, cutoff in retention._due(proposed=policy):
            if company not in self.env.companies or (policy and by != policy):
                continue
            due = {"class_id": one.id, "company_id": company.id, "cutoff": cutoff}
            found = {direction: self._messages_due(due, direction) for direction in SOURCES}
            found["document"] = self._files_due(due)
            lines += [
                {
                    **due,
                    "policy_id": by.id,
                    "direction": direction,
                    "endpoint_id": endpoint,
                    "hold_id": hold,
                    "count": count,
                    "size": size,
                    "oldest": oldest,
                }
                for direction, rows in found.items()
                for endpoint, hold, count, size, oldest in rows
            ]
        return lines

    @api.model
    def _messages_due(self, due, direction):
        """Return [(endpoint, hold, count, bytes, oldest)] of messages of a class in a company."""
        source = SOURCES[direction]
        covers = self.env["freight.legal.hold"]._covers("m", f"m.{source.moment}", source.shipments)
        with db.read_committed(self.pool) as cr:  # sees what was sorted just now
            cr.execute(
                f"""
                SELECT m.endpoint_id, hold.id, count(*), sum(octet_length(p.sealed)), min(p.since)
                  FROM freight_message_payload p
                  JOIN {source.table} m ON m.id = p.message_id
                  LEFT JOIN LATERAL (
                       SELECT h.id FROM freight_legal_hold h WHERE {covers}
                        ORDER BY h.id LIMIT 1) hold ON true
                 WHERE p.retention_class_id = %(class_id)s AND p.company_id = %(company_id)s
                   AND p.direction = %(direction)s AND p.since < %(cutoff)s
                   AND m.state = ANY(%(settled)s)
                 GROUP BY m.endpoint_id, hold.id ORDER BY m.endpoint_id, hold.id NULLS FIRST
                """,
                {**due, "direction": direction, "settled": list(source.settled)},
            )
            return cr.fetchall()

    @api.model
    def _files_due(self, due):
        """Return [(endpoint, hold, count, bytes, oldest)] of files of a class in a company."""
        query, parameters = self.env["freight.api.document"]._kept(due)
        self.env.cr.execute(
            f"SELECT d.endpoint_id, hold.id, count(*), sum(d.size), min(d.received) {query}"
            " GROUP BY 1, 2 ORDER BY 1, 2 NULLS FIRST",
            parameters,
        )
        return self.env.cr.fetchall()


class FreightRetentionPreviewLine(models.TransientModel):
    """What of one endpoint and class would go, or is held by a hold."""

    _name = "freight.retention.preview.line"
    _description = "Line of What Would Be Erased"

    preview_id = fields.Many2one("freight.retention.preview", required=True, ondelete="cascade")
    class_id = fields.Many2one("freight.retention.class", readonly=True)
    policy_id = fields.Many2one("freight.retention.policy", readonly=True)
    policy_state = fields.Selection(related="policy_id.state")
    company_id = fields.Many2one("res.company", readonly=True)
    endpoint_id = fields.Many2one("freight.endpoint", readonly=True)
    direction = fields.Selection(
        [("in", "Received"), ("out", "Sent"), ("document", "Document")], readonly=True
    )
    cutoff = fields.Datetime(string="Came before", readonly=True)
    count = fields.Integer(readonly=True)
    size = fields.Float(string="Bytes", digits=(20, 0), readonly=True)
    oldest = fields.Datetime(readonly=True)
    hold_id = fields.Many2one("freight.legal.hold", string="Held by", readonly=True)
