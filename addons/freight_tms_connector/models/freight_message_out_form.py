"""What a message out says: written by the form of its endpoint, or as a CloudEvent.

What has no number of its own is written with the fact. An EDI interchange is tried out then, so
that what cannot be written shows at once; it is written for good when it is first brought on its
way, together with the number it gets. From then on its bytes are the same, however often they go.
"""

import hashlib
import json
import logging

from odoo import SUPERUSER_ID, _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import UserError

from .. import writing
from ..mapping import MappingError
from .freight_message_out import MEDIA_TYPE

_logger = logging.getLogger(__name__)

MEDIA_TYPES = {
    "x12": "application/edi-x12",
    "edifact": "application/edifact",
    "csv": "text/csv",
    "json": "application/json",
}
#: What of an announcement the rules of a mapping see beside its data.
_ENVELOPE = ("id", "type", "subject", "time")


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    form_version_id = fields.Many2one(
        "freight.mapping.version", string="Written by", readonly=True, ondelete="restrict"
    )
    unwritten = fields.Boolean(
        readonly=True, help="It could not be written in the partner's form yet."
    )
    unnumbered = fields.Boolean(
        readonly=True, help="It gets its control number when it is first brought on its way."
    )
    standard = fields.Selection([("x12", "X12"), ("edifact", "EDIFACT")], readonly=True)
    control = fields.Char(string="Control number", readonly=True)
    group_control = fields.Integer(string="Group control number", readonly=True)

    # Writing -------------------------------------------------------------------------------------

    def _rendered(self, entry):
        """Return (body, media type) in the form that the endpoint has for it, if it has one.

        It never raises: what cannot be written is a dead letter at once, with the CloudEvent as
        its content, and the business that announced it goes on.
        """
        form = "body" not in entry and self.endpoint_id._form_for(self.event_type)
        if not form:
            return super()._rendered(entry)
        event = self._cloud_event(entry["data"])
        self.form_version_id = form.mapping_id.active_version_id
        try:
            return self._in_form(form.mapping_id, event)
        except writing.LeftOut:
            self._leave_out(form.mapping_id)
        except writing.Unwritable as error:
            self.unwritten = True
            self._bury(_("It cannot be written: %s.", error))
        return json.dumps(event, ensure_ascii=False).encode(), MEDIA_TYPE

    def _in_form(self, mapping, event):
        """Return (body, media type) of ``event``, an EDI one still as it is but tried out.

        :raise Unwritable: naming all that stands in the way
        :raise LeftOut: the mapping has no message for it
        """
        codec = mapping.codec
        numbered = codec in writing.NUMBERED
        body = self._write_form(self.form_version_id, event)
        self.write({"unnumbered": numbered, "standard": codec if numbered else False})
        if numbered:
            return json.dumps(event, ensure_ascii=False).encode(), MEDIA_TYPE
        return body, MEDIA_TYPES[codec]

    def _leave_out(self, mapping):
        """Let this message rest: its form has no message for it. Sent again, it is tried anew."""
        self.write({"state": "cancelled", "unwritten": True, "error": self._left_out(mapping)})

    @api.model
    def _left_out(self, mapping):
        return _("%s has no message for this: it is not sent.", mapping.name)

    def _write_form(self, version, event, control=1, group_control=1):
        """Return the bytes that ``version`` makes of ``event`` for the endpoint of this message.

        :raise Unwritable: as above, and for whatever breaks in the rules
        """
        return self._written(self.endpoint_id, version, event, control, group_control)

    @api.model
    def _written(self, endpoint, version, event, control=1, group_control=1):
        """Return the bytes that ``version`` makes of ``event`` for ``endpoint``.

        :raise Unwritable: naming all that stands in the way
        :raise LeftOut: the mapping has no message for it
        """
        if not version:
            raise writing.Unwritable(_("its mapping has no active version"))
        mapping = version.mapping_id
        try:
            compiled = self.env["freight.mapping"]._compiled_for(version, endpoint.system_id)
            made = writing.trees(compiled, mapping.kind, mapping.codec, document_of(event))
            return writing.encoded(
                made,
                mapping.codec,
                endpoint._envelope(control, group_control),
                endpoint._codec_options().get(mapping.codec),
                writing.columns(compiled),
            )
        except (writing.Unwritable, writing.LeftOut):
            raise
        except MappingError as error:
            raise writing.Unwritable(str(error)) from error
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # Rules are data: whatever they break must not break what is announced.
            _logger.exception("%s broke on an announcement", version.display_name)
            raise writing.Unwritable(_("the rules broke: %s", error)) from error

    # Numbering -----------------------------------------------------------------------------------

    @api.model
    def _queue_attempt(self, token, ids):
        """Number and write what goes for the first time, then deliver."""
        self._number(ids)
        return super()._queue_attempt(token, ids)

    def _parcel(self, body):
        """Let nothing go in another form than its own, whatever brought it back to the queue."""
        parcel = super()._parcel(body)
        if self.unwritten or self.unnumbered:
            parcel["problem"] = _("It was never written in their form: press Send again.")
        return parcel

    @api.model
    def _number(self, ids):
        """Give EDI its control numbers, and write it for good, in one transaction of its own.

        The counter's row is locked until number and bytes stand, so that an endpoint's numbers
        have no gap and go in the order in which messages are written. What is numbered already is
        left as it is.

        :param ids: messages that are about to be handed to their partners
        """
        self.flush_model()
        with db.read_committed(self.pool) as cr:
            cr.execute(
                """
                SELECT id FROM freight_message_out
                 WHERE id = ANY(%s) AND unnumbered AND state IN ('queued', 'retry')
                 ORDER BY endpoint_id, id FOR UPDATE
                """,
                [list(ids)],
            )
            found = [row[0] for row in cr.fetchall()]
            if found:
                env = api.Environment(cr, SUPERUSER_ID, {})
                env[self._name].browse(found)._write_for_good()
                env.flush_all()
        if found:
            self.browse(found).invalidate_recordset()

    def _write_for_good(self):
        """Write the EDI of these messages with numbers that are taken for it here."""
        events = {key: json.loads(body) for key, body in self._bodies().items()}
        good = self.filtered(lambda one: one._is_writable(events.get(one.id)))
        vault = self.env["freight.vault"]._vault()
        rows, sealed = {}, {}
        for (endpoint, standard), messages in good.grouped(
            lambda one: (one.endpoint_id, one.standard)
        ).items():
            numbers = self.env["freight.control.counter"]._next(endpoint, standard, len(messages))
            for message, (control, group) in zip(messages, numbers, strict=True):
                body = message._write_form(
                    message.form_version_id, events[message.id], control, group
                )
                sealed[message.id] = vault.seal(body, message._payload_context())
                rows[message.id] = (
                    hashlib.sha256(body).hexdigest(),
                    len(body),
                    MEDIA_TYPES[standard],
                    str(control),
                    group,
                    False,
                )
        self._replace_bodies(sealed)
        fnames = ("digest", "size", "media_type", "control", "group_control", "unnumbered")
        db.update_rows(self, fnames, rows)

    def _is_writable(self, event):
        """Return whether ``event`` can be written; if not, this message is buried, unnumbered."""
        if event is None:
            self._bury(_("Its content was erased: there is nothing left to send."))
            return False
        try:
            self._write_form(self.form_version_id, event)
        except writing.LeftOut:
            self._leave_out(self.form_version_id.mapping_id)
            return False
        except writing.Unwritable as error:
            self.unwritten = True
            self._bury(_("It cannot be written: %s.", error))
            return False
        return True

    @api.model
    def _replace_bodies(self, sealed):
        """Keep other sealed bodies for {message id: sealed}, by one statement."""
        if sealed:
            self.env.cr.execute(
                """
                UPDATE freight_message_payload p SET sealed = v.sealed
                  FROM unnest(%s, %s) AS v(message_id, sealed)
                 WHERE p.direction = 'out' AND p.message_id = v.message_id
                """,
                [list(sealed), list(sealed.values())],
            )

    # People --------------------------------------------------------------------------------------

    def action_download(self):
        """Offer this message as a file, for who may read what it says."""
        self.ensure_one()
        self.check_field_access_rights("read", ["payload_text"])
        return {
            "type": "ir.actions.act_url",
            "url": f"/freight/messages/out/{self.id}/payload",
            "target": "self",
        }

    def action_resend(self):
        """Send again; what could not be written is written anew, by the form as it is now.

        :raise UserError: when none of them can be written even now
        """
        unwritten = self._for_action().filtered("unwritten")
        failed = unwritten.filtered(lambda message: not message._write_anew())
        if failed and failed == self.sudo():
            raise UserError("\n".join(dict.fromkeys(failed.mapped("error"))))
        return super(FreightMessageOut, self - failed.with_env(self.env)).action_resend()

    def _write_anew(self):
        """Write this message by the form as it is now; return whether it could be."""
        body = self._body()
        form = self.endpoint_id._form_for(self.event_type)
        if body is None or not form:
            self.write({"unwritten": False, "form_version_id": False})
            return True
        self.form_version_id = form.mapping_id.active_version_id
        try:
            body, media_type = self._in_form(form.mapping_id, json.loads(body))
        except writing.LeftOut:
            self.write({"error": self._left_out(form.mapping_id)})
            return False
        except writing.Unwritable as error:
            self.write({"error": _("It cannot be written: %s.", error)})
            return False
        sealed = self.env["freight.vault"]._vault().seal(body, self._payload_context())
        self._replace_bodies({self.id: sealed})
        digest = hashlib.sha256(body).hexdigest()
        self.write(
            {
                "unwritten": False,
                "digest": digest,
                "size": len(body),
                "media_type": media_type,
            }
        )
        return True


def document_of(event):
    """Return what the rules of an outbound mapping read: the data of a CloudEvent, and of which.

    The type is the event's own name, without the version of the wire.
    """
    document = {name: event.get(name) for name in _ENVELOPE}
    document["type"] = event["type"].removesuffix(".v1")
    return {**document, **event["data"]}
