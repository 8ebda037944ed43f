import json

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import _lt

STREAMS = [
    ("money", "Money"),
    ("access", "Access"),
    ("configuration", "Configuration"),
    ("operations", "Operations"),
]
ROLES = [
    ("initiated", "Initiated"),
    ("approved", "Approved"),
    ("transformed", "Transformed"),
    ("posted", "Posted"),
]


class FreightAuditEntry(models.Model):
    """Who did what to which record, and why. An entry joins with the deed and stays as it is.

    Whoever did it is named by id and login as text: people leave, and their entries do not change.
    """

    _name = "freight.audit.entry"
    _description = "Audit Entry"
    _inherit = "freight.append.only"
    _order = "id desc"
    _rec_name = "record"
    _log_access = False

    _instead_of_creation = _lt("Audit entries are written by what people and the suite do.")
    _instead_of_change = _lt("The audit log is append-only: what was done is not rewritten.")
    _instead_of_deletion = _lt("The audit log is append-only: what was done is not deleted.")

    company_id = fields.Many2one("res.company", ondelete="restrict", index="btree_not_null")
    stream = fields.Selection(STREAMS, required=True, readonly=True)
    moment = fields.Datetime(string="When", required=True, readonly=True, index=True)
    actor_uid = fields.Integer(string="User id", required=True, readonly=True)
    actor = fields.Char(string="Who", required=True, readonly=True, help="The login, as it was.")
    role = fields.Selection(ROLES, required=True, readonly=True)
    action = fields.Char(string="What", required=True, readonly=True)
    model = fields.Char(required=True, readonly=True)
    res_id = fields.Integer(string="Record id", readonly=True)
    record = fields.Char(readonly=True, help="The record's name, as it was.")
    before = fields.Text(readonly=True)
    after = fields.Text(readonly=True)
    why = fields.Text(readonly=True)
    trace_id = fields.Char(readonly=True, index="btree_not_null")
    link_ids = fields.One2many("freight.audit.link", "entry_id", readonly=True)
    number = fields.Integer(compute="_compute_seal", help="The place in the chain of its stream.")
    sealed = fields.Datetime(compute="_compute_seal")
    digest = fields.Char(compute="_compute_seal")
    model_name = fields.Char(string="Kind of record", compute="_compute_model_name")
    changes = fields.Text(compute="_compute_changes", help="Field by field: before and after.")

    def init(self):
        """Make the indexes that the ORM cannot declare: a record's entries, a person's entries."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_audit_entry_record
                ON freight_audit_entry (model, res_id, id DESC);
            CREATE INDEX IF NOT EXISTS freight_audit_entry_actor
                ON freight_audit_entry (actor, id DESC);
            """
        )
        return super().init()

    @api.depends("link_ids")
    def _compute_seal(self):
        for entry in self:
            link = entry.link_ids[:1]
            entry.number, entry.sealed, entry.digest = link.number, link.sealed, link.digest

    @api.depends("model")
    def _compute_model_name(self):
        kinds = self.env["ir.model"].sudo().search([("model", "in", self.mapped("model"))])
        names = {kind.model: kind.name for kind in kinds}
        for entry in self:
            entry.model_name = names.get(entry.model, entry.model)

    @api.depends("before", "after", "model")
    def _compute_changes(self):
        for entry in self:
            before, after = (json.loads(text or "{}") for text in (entry.before, entry.after))
            known = self.env[entry.model]._fields if entry.model in self.env else {}
            entry.changes = "\n".join(
                f"{known[name]._description_string(self.env) if name in known else name}: "
                f"{_in_words(before.get(name))} → {_in_words(after.get(name))}"
                for name in dict.fromkeys([*before, *after])
            )

    def action_open_record(self):
        """Open the record that this entry is about.

        :raise UserError: when it is gone, or when the entry is about a set of them
        """
        self.ensure_one()
        known = self.model in self.env and self.res_id
        if not known or not self.env[self.model].browse(self.res_id).exists():
            raise UserError(
                _("There is no single record to open any more. The entry keeps what it was.")
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": self.res_id,
            "view_mode": "form",
        }


def _in_words(value):
    """Return a recorded value as a person reads it; relations are recorded as [id, name]."""
    if value is None or value is False or value == "":
        return "–"
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], str):
            return value[1]
        return ", ".join(map(_in_words, value)) or "–"
    return str(value)
