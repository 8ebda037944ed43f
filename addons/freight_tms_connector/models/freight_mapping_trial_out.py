"""What a version of an outbound mapping would write. Nothing of it is kept or sent."""

import json
from dataclasses import dataclass, field

from odoo import _, api, fields, models
from odoo.addons.freight_canonical.documents import iso_utc

from .. import codecs, mapping_files, readable, writing
from ..codecs import json_codec
from ..codecs.outline import outline
from .freight_message_out import MEDIA_TYPE
from .freight_message_out_form import document_of

#: Whom an interchange is from and to where no endpoint says.
_SAMPLE_IDS = {"sender": "SENDER", "receiver": "RECEIVER"}


@dataclass
class Written:
    """What came of an announcement: a text, and its segments if it has any; or why there is none.

    ``segments`` are rows of :func:`~..codecs.outline.outline`.
    """

    text: str = ""
    segments: list = field(default_factory=list)
    error: str | None = None


class FreightMappingTrial(models.AbstractModel):
    _inherit = "freight.mapping.trial"

    @api.model
    def _event_of_shipment(self, shipment, event_type):
        """Return the CloudEvent by which ``shipment`` would be announced now."""
        shipment.check_access_rights("read")
        shipment.check_access_rule("read")
        return {
            "id": "0",
            "type": event_type,
            "subject": shipment.name,
            "time": iso_utc(fields.Datetime.now()),
            "data": shipment._release_body(),
        }

    @api.model
    def _event_of_message(self, message):
        """Return the CloudEvent that ``message`` is, None where it is something else.

        :raise AccessError: for who may not read payloads
        """
        body = message._read_payload_as_person().get(message.id)
        return json.loads(body) if body and message.media_type == MEDIA_TYPE else None

    @api.model
    def _made_out(self, version, event, endpoint, definition=None):
        """Return the :class:`Written` of ``event`` by ``version``, or by other rules for it."""
        self._check_may_read()
        if not event:
            return Written(error=_("This is no CloudEvent any more: choose another message."))
        mapping = version.mapping_id
        compiled = version._compile(definition or version.definition, endpoint.system_id)
        envelope = writing.Envelope(**_SAMPLE_IDS, moment=fields.Datetime.now())
        if endpoint and endpoint.edi_sender:
            envelope = endpoint._envelope()
        options = endpoint._codec_options().get(mapping.codec) if endpoint else None
        try:
            made = writing.trees(compiled, mapping.kind, mapping.codec, document_of(event))
            body = writing.encoded(
                made, mapping.codec, envelope, options, writing.columns(compiled)
            )
        except writing.LeftOut:
            return Written(error=_("The mapping has no message for this: nothing would be sent."))
        except writing.Unwritable as error:
            return Written(error=_("It cannot be written: %s.", error))
        encoding = endpoint.encoding or readable.encoding_of(body)
        numbered = mapping.codec in writing.NUMBERED
        return Written(
            text=readable.text_of(body, encoding, mapping.codec),
            segments=outline(mapping.codec, body) if numbered else [],
        )

    @api.model
    def preview(self, version_id, text, message_id=None, sample=None):
        """Return what the rules write, where they are about what we send.

        A pasted sample is a CloudEvent, or the data of one.
        """
        version = self.env["freight.mapping.version"].browse(version_id)
        if version.sudo().mapping_id.direction != "out":
            return super().preview(version_id, text, message_id, sample)
        version.check_access_rights("write")
        version.check_access_rule("read")
        self._check_may_read()
        try:
            definition = mapping_files.parse(text or "")
            mapping_files.check(definition, text)
        except mapping_files.FileError as error:
            return self._answer_out([{"line": error.line, "message": str(error)}])
        message = self.env["freight.message.out"].browse(message_id or [])
        try:
            event = self._event_of_message(message) if message else _sampled(sample)
        except codecs.CodecError as error:
            return self._answer_out([{"line": None, "message": str(error)}])
        if not event and not message:
            return self._answer_out([])
        made = self._made_out(version, event, message.endpoint_id, definition)
        if made.error:
            return self._answer_out([{"line": None, "message": made.error}])
        return self._answer_out([], [{"kind": version.mapping_id.kind, "text": made.text}])

    @api.model
    def _answer_out(self, errors, documents=()):
        return {
            "errors": errors,
            "documents": list(documents),
            "unmapped": [],
            "problems": [],
            "parts": len(documents),
            "document_count": len(documents),
        }

    @api.model
    def open_editor(self, version_id):
        """Offer messages out to write anew, where the rules are about what we send."""
        opened = super().open_editor(version_id)
        version = self.env["freight.mapping.version"].browse(version_id)
        if version.mapping_id.direction == "out":
            messages = self.env["freight.message.out"].search(
                [("media_type", "=", MEDIA_TYPE)], limit=30
            )
            opened["messages"] = [
                {
                    "id": one.id,
                    "name": f"{one.create_date:%Y-%m-%d %H:%M} · {one.event_type} · {one.subject}",
                }
                for one in messages
            ]
        return opened


class FreightMappingVersion(models.Model):
    _inherit = "freight.mapping.version"

    def action_try(self):
        """Ask what to write by this version, where it is about what we send."""
        self.ensure_one()
        action = super().action_try()
        if self.mapping_id.direction == "out":
            forms = self.env["freight.endpoint.form"]
            form = forms.search([("mapping_id", "=", self.mapping_id.id)], limit=1)
            action["res_model"] = "freight.mapping.try.out"
            action["context"] = {**action["context"], "default_endpoint_id": form.endpoint_id.id}
        return action


def _sampled(sample):
    """Return the pasted ``sample`` as a CloudEvent, None for nothing.

    :raise CodecError: it is no JSON object
    """
    if not (sample or "").strip():
        return None
    value = json_codec.load(sample.encode())
    if not isinstance(value, dict):
        raise codecs.CodecError("Paste a JSON object: a CloudEvent, or the data of one.")
    if isinstance(value.get("data"), dict) and isinstance(value.get("type"), str):
        return value
    return {"id": "0", "type": "shipment.released", "data": value}
