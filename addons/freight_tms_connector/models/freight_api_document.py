"""Files that partners upload: proofs of delivery, bills of lading, invoice images."""

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.models.freight_reference import TYPES as REFERENCE_TYPES
from odoo.addons.freight_canonical.references import Wanted
from odoo.exceptions import UserError

TYPES = [
    ("pod", "Proof of delivery"),
    ("bol", "Bill of lading"),
    ("invoice_image", "Invoice image"),
    ("weight_ticket", "Weight ticket"),
    ("customs", "Customs paper"),
    ("other", "Other"),
]
#: Documents looked at by one run of the cron.
MATCHED_AT_ONCE = 1000


class FreightApiDocument(models.Model):
    """A file that a partner sent for a shipment. Without a known shipment it waits for one."""

    _name = "freight.api.document"
    _description = "Received Document"
    _inherit = "freight.guarded"
    _order = "id desc"
    _rec_name = "filename"
    _check_company_auto = True

    uuid = fields.Char(required=True, readonly=True, copy=False)
    endpoint_id = fields.Many2one(
        "freight.endpoint", required=True, readonly=True, ondelete="restrict", index=True
    )
    system_id = fields.Many2one(
        "freight.system", string="Sent by", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    type = fields.Selection(TYPES, required=True, readonly=True)
    reference_type = fields.Selection(REFERENCE_TYPES, readonly=True)
    reference = fields.Char(string="For number", required=True, readonly=True)
    reference_normalised = fields.Char(readonly=True)
    shipment_id = fields.Many2one(
        "freight.shipment", ondelete="restrict", index="btree_not_null", check_company=True
    )
    dismissed = fields.Boolean(readonly=True, help="A person decided that it belongs nowhere.")
    status = fields.Selection(
        [("linked", "Linked"), ("unmatched", "Without shipment"), ("dismissed", "Dismissed")],
        compute="_compute_status",
        store=True,
    )
    filename = fields.Char(readonly=True)
    media_type = fields.Char(readonly=True)
    size = fields.Integer(readonly=True, help="Bytes.")
    digest = fields.Char(string="SHA-256", required=True, readonly=True)
    attachment_id = fields.Many2one("ir.attachment", readonly=True, ondelete="restrict")
    received = fields.Datetime(required=True, readonly=True)
    trace_id = fields.Char(readonly=True)

    def init(self):
        """Make the indexes that the ORM cannot declare: identity, and what waits."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_api_document_once
                ON freight_api_document (
                    company_id, system_id, digest, (coalesce(shipment_id, 0)));
            CREATE UNIQUE INDEX IF NOT EXISTS freight_api_document_uuid
                ON freight_api_document (uuid);
            CREATE INDEX IF NOT EXISTS freight_api_document_waiting
                ON freight_api_document (id) WHERE status = 'unmatched'
            """
        )

    @api.model
    def _guarded(self):
        return {*self._fields} - {"shipment_id"}

    @api.depends("shipment_id", "dismissed")
    def _compute_status(self):
        for document in self:
            waiting = "dismissed" if document.dismissed else "unmatched"
            document.status = "linked" if document.shipment_id else waiting

    def write(self, vals):
        """Write; a person gives a document that waits to its shipment, once.

        :raise UserError: for a document that has one
        """
        if "shipment_id" in vals and any(document.shipment_id for document in self):
            raise UserError(_("This document has its shipment: evidence is not moved."))
        result = super().write(vals)
        if vals.get("shipment_id"):
            self.sudo().attachment_id.write(
                {"res_model": "freight.shipment", "res_id": vals["shipment_id"]}
            )
        return result

    def action_dismiss(self):
        """Take documents that belong to no shipment off the list."""
        self.check_access_rights("write")
        self.check_access_rule("write")
        if any(document.shipment_id for document in self):
            raise UserError(_("Only a document without a shipment is dismissed."))
        self.sudo().dismissed = True

    def action_download(self):
        """Download the file."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "self",
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(_("Documents are evidence and stay. Dismiss what belongs nowhere."))

    # Matching -----------------------------------------------------------------------------------

    @api.model
    def _shipment_of(self, company_id, system_id, kind, value):
        """Return the one shipment of the sender's own that a reference names, or an empty one."""
        wanted = Wanted(kind or "other", value, company_id)
        (found,) = self._own_candidates([(wanted, system_id)])
        shipments = self.env["freight.shipment"]
        return shipments.browse(found) if len(found) == 1 else shipments

    @api.model
    def _own_candidates(self, asked):
        """Return for each (wanted, system id) the ids of shipments that its sender may mean."""
        asked = list(asked)
        candidates = self.env["freight.reference"]._candidates({one for one, _system in asked})
        everything = set().union(*candidates.values()) if candidates else set()
        own = {}
        for system in self.env["freight.system"].browse({system for _one, system in asked}):
            domain = [("id", "in", [*everything]), *system._acts_on_domain()]
            own[system.id] = set(self.env["freight.shipment"].search(domain).ids)
        return [sorted(candidates.get(one, set()) & own[system]) for one, system in asked]

    @api.model
    def _match_waiting(self):
        """Link documents that wait to shipments whose references became known meanwhile."""
        self.flush_model()
        self.env["freight.reference"].flush_model()
        self.env.cr.execute(
            """
            SELECT d.id FROM freight_api_document d
             WHERE d.status = 'unmatched' AND EXISTS (
                   SELECT FROM freight_reference r
                    WHERE r.value_normalised = d.reference_normalised
                      AND r.company_id = d.company_id)
             ORDER BY d.id DESC LIMIT %s
            """,
            [MATCHED_AT_ONCE],
        )
        waiting = self.browse(row[0] for row in self.env.cr.fetchall())
        asked = [
            (Wanted(one.reference_type or "other", one.reference, one.company_id.id),
             one.system_id.id)
            for one in waiting
        ]  # fmt: skip
        found = dict(zip(waiting, self._own_candidates(asked), strict=True))
        taken = self._identities(set().union(*found.values()))
        self._link(
            {
                document: shipments[0]
                for document, shipments in found.items()
                if len(shipments) == 1 and document._identity(shipments[0]) not in taken
            }
        )

    @api.model
    def _link(self, shipments):
        """Give documents their shipments (document -> shipment id), by two statements."""
        rows = {document.id: (shipment, "linked") for document, shipment in shipments.items()}
        db.update_rows(self, ("shipment_id", "status"), rows)
        db.update_rows(
            self.env["ir.attachment"],
            ("res_model", "res_id"),
            {
                document.attachment_id.id: ("freight.shipment", shipment)
                for document, shipment in shipments.items()
            },
        )

    def _identity(self, shipment_id):
        return (self.company_id.id, self.system_id.id, self.digest, shipment_id)

    @api.model
    def _identities(self, shipment_ids):
        """Return the identities of the documents that shipments have already."""
        documents = self.search([("shipment_id", "in", [*shipment_ids])])
        return {document._identity(document.shipment_id.id) for document in documents}
