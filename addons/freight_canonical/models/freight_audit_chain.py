from odoo import fields, models

from .freight_audit_checkpoint import HEADS
from .freight_audit_entry import STREAMS


class FreightAuditChain(models.Model):
    """How far the chain of each company and stream has come."""

    _name = "freight.audit.chain"
    _description = "Audit Chain"
    _auto = False
    _order = "chain"
    _rec_name = "chain"

    chain = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    stream = fields.Selection(STREAMS, readonly=True)
    number = fields.Integer(string="Sealed entries", readonly=True)
    digest = fields.Char(string="Digest of the last", readonly=True)
    sealed = fields.Datetime(string="Last sealed", readonly=True)
    waiting = fields.Integer(string="Not yet sealed", readonly=True)

    @property
    def _table_query(self):
        """The heads of the chains, and what waits for each."""
        return f"""
            WITH heads AS ({HEADS}), waiting AS (
                SELECT coalesce(e.company_id, 0) || '/' || e.stream AS chain, count(*)
                  FROM freight_audit_pending p JOIN freight_audit_entry e ON e.id = p.entry_id
                 GROUP BY 1)
            SELECT hashtext(chain) AS id, chain,
                   nullif(split_part(chain, '/', 1)::int, 0) AS company_id,
                   split_part(chain, '/', 2) AS stream,
                   coalesce(heads.number, 0) AS number, heads.digest, l.sealed,
                   coalesce(waiting.count, 0)::int AS waiting
              FROM heads FULL JOIN waiting USING (chain)
              LEFT JOIN (SELECT id, sealed FROM freight_audit_link) l ON l.id = heads.id
        """
