"""Documents as partners upload and read them."""

import hashlib
import uuid

from odoo import api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.addons.freight_canonical.references import normalise

from ..api_operation import Reply
from .freight_api import Problem

#: First bytes -> media type and extension. What a file says it is, is not believed.
SIGNATURES = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"II*\x00", "image/tiff", "tif"),
    (b"MM\x00*", "image/tiff", "tif"),
)


class FreightApiDocument(models.Model):
    _inherit = "freight.api.document"

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
            "reference_normalised": normalise(query["reference"]),
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
        domain = [("shipment_id", "=", shipment.id), *self._api_domain(call.caller)]
        return self.env["freight.api"]._page_by_id(
            call, self, domain, lambda document: document._api_view()
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
