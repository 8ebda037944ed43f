"""Files of received documents go when their time is over; what they were stays on record."""

import time

from odoo import SUPERUSER_ID, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import UserError

from .freight_api import Problem
from .freight_retention import LOCK
from .freight_retention_class import UNCLEAR

#: Files that one transaction erases.
BATCH = 200

#: SQL: the class of a document ``d``; a type that no class knows may be anything.
_CLASS = """
    coalesce((SELECT kind.class_id FROM freight_retention_kind kind
                JOIN freight_retention_class class ON class.id = kind.class_id
               WHERE kind.direction = 'document'
                 AND d.type LIKE replace(kind.pattern, '*', '%%')
               ORDER BY class.sequence LIMIT 1),
             (SELECT id FROM freight_retention_class WHERE code = %(unclear)s))
"""


class FreightApiDocument(models.Model):
    _inherit = "freight.api.document"

    erasure_id = fields.Many2one(
        "freight.retention.run",
        string="Erased by",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    erased_text = fields.Char(string="Erased", compute="_compute_erased_text")

    def init(self):
        """Make the index that the ORM cannot declare: files by their age."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_api_document_kept
                ON freight_api_document (company_id, received) WHERE attachment_id IS NOT NULL
            """
        )
        return super().init()

    def _compute_erased_text(self):
        for document in self:
            erasure = document.sudo().erasure_id
            document.erased_text = erasure._sentence() if erasure else False

    def action_download(self):
        """Download the file.

        :raise UserError: saying when and why it was erased
        """
        if self.erased_text:
            raise UserError(self.erased_text)
        return super().action_download()

    @api.model
    def _api_download(self, call):
        if self._api_found(call).erasure_id:
            raise Problem(410, "erased", "The file was erased when its time was over.")
        return super()._api_download(call)

    @api.model
    def _kept(self, run, limit=None):
        """Return (SQL, parameters) of the documents ``d`` that a run makes due, and their holds."""
        covers = self.env["freight.legal.hold"]._covers("d", "d.received", "SELECT d.shipment_id")
        query = f"""
              FROM freight_api_document d
              LEFT JOIN LATERAL (
                   SELECT h.id FROM freight_legal_hold h WHERE {covers}
                    ORDER BY h.id LIMIT 1) hold ON true
             WHERE d.company_id = %(company_id)s AND d.received < %(cutoff)s
               AND d.attachment_id IS NOT NULL AND d.status <> 'unmatched'
               AND {_CLASS} = %(class_id)s
        """
        return query, {**run, "unclear": UNCLEAR, "limit": limit}


class FreightRetention(models.AbstractModel):
    _inherit = "freight.retention"

    @api.model
    def _erase_class(self, run, deadline):
        """Erase messages of a class, then files of documents."""
        return super()._erase_class(run, deadline) and self._erase_files(run, deadline)

    @api.model
    def _erase_files(self, run, deadline):
        """Erase the files that are due, batch by batch; return whether all of them are."""
        run_id, count = None, BATCH
        while count == BATCH:
            if deadline and time.monotonic() > deadline:
                return False
            with db.read_committed(self.pool) as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                run_id, count = env[self._name]._erase_files_batch(run, run_id)
        return True

    @api.model
    def _erase_files_batch(self, run, run_id):
        """Erase a batch of files that no hold covers; return (run id, how many)."""
        cr = self.env.cr
        cr.execute("SELECT pg_advisory_xact_lock_shared(hashtext(%s))", [LOCK])
        if not self._still_in_force(run):
            return run_id, 0
        query, parameters = self.env["freight.api.document"]._kept(run, BATCH)
        cr.execute(
            f"SELECT d.id {query} AND hold.id IS NULL ORDER BY d.received LIMIT %(limit)s"
            " FOR UPDATE OF d SKIP LOCKED",
            parameters,
        )
        documents = self.env["freight.api.document"].browse(row[0] for row in cr.fetchall())
        if not documents:
            return run_id, 0
        runs = self.env["freight.retention.run"]
        erasure = runs.browse(run_id) if run_id else runs.create(run)
        files, size = documents.attachment_id, sum(documents.mapped("size"))
        documents.write({"attachment_id": False, "erasure_id": erasure.id})
        self.env.flush_all()
        files.unlink()
        erasure._count(cr, documents=len(documents), size=size)
        self.env.invalidate_all()
        return erasure.id, len(documents)
