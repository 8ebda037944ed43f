"""Files that partners upload: proofs of delivery, bills of lading, invoice images."""

import hashlib
import uuid

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.addons.freight_canonical.models.freight_reference import TYPES as REFERENCE_TYPES
from odoo.addons.freight_canonical.references import Wanted
from odoo.exceptions import UserError

from ..api_operation import Reply
from .freight_api import Problem

TYPES = [
    ("pod", "Proof of delivery"),
    ("bol", "Bill of lading"),
    ("invoice_image", "Invoice image"),
    ("weight_ticket", "Weight ticket"),
    ("customs", "Customs paper"),
    ("other", "Other"),
]
#: First bytes -> media type and extension. What a file says it is, is not believed.
SIGNATURES = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"II*\x00", "image/tiff", "tif"),
    (b"MM\x00*", "image/tiff", "tif"),
)
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
            self._move_attachments()
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

    # Uploading ----------------------------------------------------------------------------------

    @api.model
    def _api_upload(self, call):
        """Keep the file of a call, linked to the shipment that its reference names.

        :raise Problem: 422 for a file that is not what it says
        """
        media, extension = sniffed(call.body)
        if media != call.media_type:
            raise Problem(
                422,
                "content-mismatch",
                f"The file is {media or 'of no type that is taken here'},"
                f" not {call.media_type} as its header says.",
            )
        values = self._upload_values(call, media, extension)
        created = db.insert_rows(
            self.env.cr,
            self._table,
            tuple(values),
            [tuple(values.values())],
            conflict="(company_id, system_id, digest, (coalesce(shipment_id, 0))) DO NOTHING",
        )
        self.invalidate_model()
        if created:
            document = self.browse(created[0][0])
            document._attach(call.body)
        else:
            document = self._same_as(values)
        return Reply(
            201 if created else 200,
            {**document._api_view(), "duplicate": not created},
            {"Location": document._api_url()},
        )

    @api.model
    def _upload_values(self, call, media, extension):
        caller, query = call.caller, call.query
        shipment = self._shipment_of(
            caller.company_id, caller.system_id, query.get("reference_type"), query["reference"]
        )
        return {
            "uuid": uuid.uuid4().hex,
            "endpoint_id": caller.endpoint_id,
            "system_id": caller.system_id,
            "company_id": caller.company_id,
            "type": query["type"],
            "reference_type": query.get("reference_type"),
            "reference": query["reference"],
            "shipment_id": shipment.id or None,
            "status": "linked" if shipment else "unmatched",
            "filename": f"{query['type']}-{_name_of(query['reference'])}.{extension}",
            "media_type": media,
            "size": len(call.body),
            "digest": hashlib.sha256(call.body).hexdigest(),
            "received": fields.Datetime.now(),
            "trace_id": call.trace_id,
        }

    @api.model
    def _same_as(self, values):
        return self.search(
            [(name, "=", values[name]) for name in ("company_id", "system_id", "digest")]
            + [("shipment_id", "=", values["shipment_id"] or False)],
            limit=1,
        )

    def _attach(self, body):
        """Keep the file as it came: an image is evidence and not made smaller."""
        self.ensure_one()
        attachments = self.env["ir.attachment"].with_context(image_no_postprocess=True)
        self.attachment_id = attachments.create(
            {
                "name": self.filename,
                "raw": body,
                "mimetype": self.media_type,
                "company_id": self.company_id.id,
                "res_model": self.shipment_id._name if self.shipment_id else self._name,
                "res_id": self.shipment_id.id or self.id,
            }
        )

    def _move_attachments(self):
        """Let the files of these documents belong to their shipments."""
        for shipment, documents in self.grouped("shipment_id").items():
            documents.sudo().attachment_id.write(
                {"res_model": shipment._name, "res_id": shipment.id}
            )

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
        waiting = self.search([("status", "=", "unmatched")], order="id", limit=MATCHED_AT_ONCE)
        asked = [
            (Wanted(one.reference_type or "other", one.reference, one.company_id.id),
             one.system_id.id)
            for one in waiting
        ]  # fmt: skip
        found = dict(zip(waiting, self._own_candidates(asked), strict=True)) if asked else {}
        taken = self._identities(set().union(*found.values()))
        for document, shipments in found.items():
            if len(shipments) == 1 and document._identity(shipments[0]) not in taken:
                document.shipment_id = shipments[0]

    def _identity(self, shipment_id):
        return (self.company_id.id, self.system_id.id, self.digest, shipment_id)

    @api.model
    def _identities(self, shipment_ids):
        """Return the identities of the documents that shipments have already."""
        documents = self.search([("shipment_id", "in", [*shipment_ids])])
        return {document._identity(document.shipment_id.id) for document in documents}

    # Reading ------------------------------------------------------------------------------------

    @api.model
    def _api_domain(self, caller):
        """Return the domain of what ``caller`` may see: its own, and who plans sees all of its."""
        own = [("company_id", "=", caller.company_id), ("system_id", "=", caller.system_id)]
        system = self.env["freight.system"].browse(caller.system_id)
        if not system._sees_all_of_its_shipments():
            return own
        shipments = self.env["freight.shipment"]._search(
            self.env["freight.shipment"]._api_domain(caller)
        )
        return ["|", "&", *own, ("shipment_id", "in", shipments)]

    @api.model
    def _api_found(self, call):
        document = self.search(
            [("uuid", "=", call.path["id"]), *self._api_domain(call.caller)], limit=1
        )
        if not document:
            raise Problem(404, "not-found", "There is no document of yours with this id.")
        return document

    @api.model
    def _api_read(self, call):
        return Reply(200, self._api_found(call)._api_view())

    @api.model
    def _api_download(self, call):
        document = self._api_found(call)
        return Reply(
            200,
            document.attachment_id.raw,
            {
                "Content-Disposition": f'attachment; filename="{document.filename}"',
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
            },
            media_type=document.media_type,
        )

    @api.model
    def _api_list(self, call):
        """Return a page of the documents of a shipment, the first one first."""
        shipment = self.env["freight.shipment"]._api_find(call)
        api_model = self.env["freight.api"]
        position = api_model._position(call)
        domain = [("shipment_id", "=", shipment.id), *self._api_domain(call.caller)]
        if position:
            domain.append(("id", ">", position[0]))
        documents = self.search(domain, order="id", limit=api_model._limit_of(call) + 1)
        return api_model._page(
            call,
            documents,
            view=lambda shown: [document._api_view() for document in shown],
            position_of=lambda document: [document.id],
        )

    def _api_url(self):
        return f"/freight/v1/documents/{self.uuid}"

    def _api_view(self):
        self.ensure_one()
        return {
            "id": self.uuid,
            "type": self.type,
            "media_type": self.media_type,
            "size": self.size,
            "sha256": self.digest,
            "status": self.status,
            "shipment": self.shipment_id.name or None,
            "reference": {"type": self.reference_type or "other", "value": self.reference},
            "content_url": f"{self._api_url()}/content",
            "received_at": iso_utc(self.received),
            "trace_id": self.trace_id or None,
        }


def sniffed(body):
    """Return (media type, extension) that the first bytes of a file tell, (None, None) for none."""
    for signature, media, extension in SIGNATURES:
        if body.startswith(signature):
            return media, extension
    return None, None


def _name_of(reference):
    """Return a reference as a part of a file's name."""
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in reference)[:64]
