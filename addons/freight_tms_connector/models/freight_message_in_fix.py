"""A dead letter is mended in a copy; the original stays as it came.

Amounts and parties of bills and payments are nobody's to edit: for those a resend is asked for.
"""

import hashlib

from odoo import _, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import UserError

from .. import codecs, readable
from .freight_admission import Arrival
from .freight_message_in_replay import DISMISSED
from .freight_translation import Lookups

#: Kinds of canonical documents that move money, or say whose account it goes to.
FINANCIAL_KINDS = frozenset({"invoice", "payment", "party"})

#: EDI messages that carry bills or payments, whether or not a mapping here reads them.
FINANCIAL_SETS = frozenset(
    {"110", "210", "310", "810", "820", "859", "INVOIC", "REMADV", "PAYORD", "PAYMUL"}
)

#: Bytes of the largest message that a person may edit.
LARGEST_EDIT = 256 * 1024


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    def action_fix(self):
        """Open the body of a dead letter in an editor.

        :raise AccessError: for who may not write messages or read payloads
        :raise UserError: for what may not be edited
        """
        self._text_to_fix()
        return {
            "type": "ir.actions.act_window",
            "name": _("Fix a copy"),
            "res_model": "freight.message.fix",
            "view_mode": "form",
            "target": "new",
            "context": {"default_message_id": self.id, "dialog_size": "extra-large"},
        }

    def _text_to_fix(self):
        """Return the body as the text that a person edits.

        :raise AccessError: for who may not write messages or read payloads
        :raise UserError: for what is no dead letter, for bills and payments, and for what is too
            large or no text
        """
        self.ensure_one()
        self._for_action()
        if self.state not in DISMISSED:
            raise UserError(
                _("Only dead letters and quarantined messages are mended: this one is none.")
            )
        body = self._read_payload_as_person().get(self.id)
        if body is None:
            raise UserError(_("The payload was erased: ask for a resend."))
        if len(body) > LARGEST_EDIT:
            raise UserError(_("The message is too large to edit: ask for a resend."))
        self._check_not_financial(body)
        try:
            text = body.decode(self._text_encoding(body))
        except UnicodeError as error:
            raise UserError(_("The bytes are no text: ask for a resend.")) from error
        return readable.laid_out(self.codec, text)

    def _text_encoding(self, body):
        """Return the name of the encoding that ``body`` of this message is in."""
        return self._payload_encoding(self.codec) or readable.encoding_of(body)

    def _check_not_financial(self, body):
        """Check that ``body``, sent as this message, says nothing of bills and payments.

        :raise UserError: naming what to do instead
        """
        kinds = self.sudo()._document_kinds(body)
        if kinds & FINANCIAL_KINDS:
            raise UserError(
                _(
                    "Amounts and parties of bills and payments are never edited here:"
                    " ask for a resend, and dismiss this message."
                )
            )

    def _document_kinds(self, body):
        """Return the kinds of canonical documents that ``body`` is, or may be where it is broken.

        What cannot be told counts as all that the endpoint's mappings make.
        """
        kinds = set(self.document_ids.mapped("kind")) - {False}
        options = self.endpoint_id._codec_options().get(self.codec, {})
        try:
            items = codecs.get(self.codec).decode(body, **options)
        except codecs.CodecError:
            return kinds | self._possible_kinds()
        lookups = Lookups(self.env["freight.translation"])
        for item in items:
            if item.kind in FINANCIAL_SETS:
                kinds.add("invoice")
            elif not item.is_envelope:
                kinds |= self._item_kinds(item, lookups)
        return kinds

    def _item_kinds(self, item, lookups):
        if item.error:
            return self._possible_kinds()
        if item.kind == codecs.canonical.KIND:
            return {item.tree.get("kind")}
        translation = self.env["freight.translation"]
        route = translation._route(self, item, lookups)
        if route.fault:
            return self._possible_kinds()
        documents = translation._mapped(
            self.endpoint_id, route.version, item.tree, lookups
        ).documents
        return {data["kind"] for data in documents} or self._possible_kinds()

    def _possible_kinds(self):
        """Return the kinds of documents that the active mappings of the endpoint make.

        Our own API takes documents of any kind, without a mapping.
        """
        if self.codec == codecs.canonical.KIND:
            return FINANCIAL_KINDS
        mappings = self.endpoint_id.mapping_ids | self.endpoint_id.routing_rule_ids.mapping_id
        return {
            document["kind"]
            for version in mappings.active_version_id
            for document in version.definition.get("documents", ())
        }

    def _correct(self, text, reason):
        """Take ``text`` in as a corrected copy of this dead letter, which is dismissed for it.

        The dismissal stands with the current transaction, the copy at once: made again after a
        failure in between, it is the same copy.

        :return: the id of the copy
        :raise UserError: where nothing was changed, or what came of it is not to be edited
        """
        shown = self._text_to_fix()
        if readable.same_text(shown, text):
            raise UserError(_("Nothing was changed: replay the message instead."))
        body = self._encoded(text)
        self._check_not_financial(body)
        original = self.sudo()
        original.write({"resolution": reason, **self._dismissal()})
        original.flush_recordset()
        arrival = Arrival(
            endpoint_id=original.endpoint_id.id,
            company_id=original.company_id.id,
            body=body,
            codec=original.codec,
            key=f"copy:{original.uuid}:{hashlib.sha256(body).hexdigest()}",
            trace_id=original.trace_id,
            channel="copy",
            media_type=original.media_type or "",
            origin=self.env.user.login,
            corrected_from_id=original.id,
        )
        (admission,) = self.env["freight.admission"].sudo()._admit([arrival])
        original._close_settled_cases(original.endpoint_id)
        with db.read_committed(self.pool) as cr:  # this transaction does not see it yet
            cr.execute("SELECT id FROM freight_message_in WHERE uuid = %s", [admission.uuid])
            return cr.fetchone()[0]

    def _encoded(self, text):
        """Return ``text`` in the encoding of this message's body.

        :raise UserError: naming the character that the encoding does not have
        """
        encoding = self._text_encoding(self._read_payload_as_person()[self.id])
        try:
            return text.encode(encoding)
        except UnicodeEncodeError as error:
            raise UserError(
                _(
                    "%(character)s cannot be written in %(encoding)s, in which they send.",
                    character=text[error.start],
                    encoding=encoding,
                )
            ) from error

    def action_open_corrections(self):
        """Open the corrected copies of this message."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Corrected copies"),
            "res_model": self._name,
            "view_mode": "tree,form",
            "domain": [("corrected_from_id", "=", self.id)],
        }
