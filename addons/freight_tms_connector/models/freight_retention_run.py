from odoo import _, api, fields, models
from odoo.tools import format_datetime, human_size


class FreightRetentionRun(models.Model):
    """What was erased at once, by which policy or on whose request. Evidence of the erasure."""

    _name = "freight.retention.run"
    _description = "Erasure"
    _inherit = "freight.guarded"
    _order = "id desc"
    _rec_name = "started"

    started = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    class_id = fields.Many2one("freight.retention.class", readonly=True, ondelete="restrict")
    policy_id = fields.Many2one(
        "freight.retention.policy", string="By policy", readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict", index=True
    )
    cutoff = fields.Datetime(string="Came before", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Started by", required=True, readonly=True, ondelete="restrict"
    )
    approver_id = fields.Many2one(
        "res.users", string="Approved by", readonly=True, ondelete="restrict"
    )
    reason = fields.Text(string="Why", readonly=True)
    message_count = fields.Integer(string="Messages", readonly=True)
    document_count = fields.Integer(string="Documents", readonly=True)
    size = fields.Float(string="Bytes", digits=(20, 0), readonly=True)
    size_text = fields.Char(string="Size", compute="_compute_size_text")

    @api.model
    def _guarded(self):
        return {*self._fields}

    @api.depends("size")
    def _compute_size_text(self):
        for run in self:
            run.size_text = human_size(run.size)

    def _sentence(self):
        """Return in one sentence when and why something was erased."""
        self.ensure_one()
        when = format_datetime(self.env, self.started)
        if self.class_id and not self.reason:
            return _(
                "The content was erased on %(when)s by the retention class %(class_name)s. Its"
                " digest, its size and what became of it stay.",
                when=when,
                class_name=self.class_id.name,
            )
        return _(
            "The content was erased on %(when)s on request: %(reason)s Its digest, its size and"
            " what became of it stay.",
            when=when,
            reason=self.reason or "",
        )

    def _count(self, cr, messages=0, documents=0, size=0):
        """Add to the figures of this run, on the cursor that erased."""
        cr.execute(
            """
            UPDATE freight_retention_run
               SET message_count = coalesce(message_count, 0) + %s,
                   document_count = coalesce(document_count, 0) + %s,
                   size = coalesce(size, 0) + %s
             WHERE id = %s
            """,
            [messages, documents, size, self.id],
        )

    def action_open_messages_in(self):
        """Open the received messages whose content was erased then."""
        return self._open_erased("freight.message.in", _("Erased messages in"))

    def action_open_messages_out(self):
        """Open the sent messages whose content was erased then."""
        return self._open_erased("freight.message.out", _("Erased messages out"))

    def _open_erased(self, model, title):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "view_mode": "tree,form",
            "domain": [("erasure_id", "=", self.id)],
        }
