from odoo import fields, models
from odoo.tools.translate import _lt


class FreightAuditLink(models.Model):
    """The place of an entry in the chain of its company and stream, written by the sealer."""

    _name = "freight.audit.link"
    _description = "Link of the Audit Chain"
    _inherit = "freight.append.only"
    _order = "chain, number desc"
    _rec_name = "number"
    _log_access = False

    _instead_of_creation = _lt("The chain is written by the sealer alone.")
    _instead_of_change = _lt("The audit log is append-only: a chain is not rewritten.")
    _instead_of_deletion = _lt("The audit log is append-only: a chain is not cut.")

    entry_id = fields.Many2one(
        "freight.audit.entry", required=True, readonly=True, ondelete="restrict"
    )
    chain = fields.Char(required=True, readonly=True, help="Company id and stream.")
    number = fields.Integer(required=True, readonly=True)
    layout = fields.Integer(required=True, readonly=True, help="What of the entry is hashed.")
    previous = fields.Char(required=True, readonly=True)
    digest = fields.Char(required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, help="Id and fingerprint of the key.")
    sealed = fields.Datetime(required=True, readonly=True)

    _sql_constraints = [
        ("entry_unique", "unique(entry_id)", "An entry has one place in its chain."),
        ("place_unique", "unique(chain, number)", "A place in a chain is taken once."),
    ]


class FreightAuditPending(models.Model):
    """Entries that wait for the sealer, which deletes these rows as it links them.

    A row joins by the statement that writes its entry, and entries never leave: a foreign key would
    only make every deed wait for a check of what that statement has just done.
    """

    _name = "freight.audit.pending"
    _description = "Audit Entry to Seal"
    _rec_name = "entry_id"
    _log_access = False

    entry_id = fields.Integer(string="Entry id", required=True, readonly=True)

    _sql_constraints = [("entry_unique", "unique(entry_id)", "An entry is sealed once.")]
