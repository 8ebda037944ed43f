"""What a version of a mapping would make of messages. Nothing of it is kept or applied."""

import json
from dataclasses import dataclass, field

from odoo import _, api, models

from .. import codecs, mapping, mapping_difference, mapping_files, schemas

#: Largest pasted sample, in characters.
MAX_SAMPLE = 1024 * 1024
#: Parts of one message that are tried, and documents that are shown of them.
MAX_ITEMS = 500
MAX_SHOWN = 50


@dataclass
class Made:
    """What came of one message: documents, and what is wrong as sentences.

    ``error`` says why the message could not be read at all; ``parts`` counts what the mapping read.
    """

    documents: list = field(default_factory=list)
    unmapped: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    error: str | None = None
    parts: int = 0

    @property
    def fails(self):
        """Whether a person would have to look at it."""
        return bool(self.error or self.errors)


class FreightMappingTrial(models.AbstractModel):
    """Runs mappings over messages and tells what differs."""

    _name = "freight.mapping.trial"
    _description = "Trial of a Mapping"

    @api.model
    def _check_may_read(self):
        """Whoever tries a mapping sees what messages say.

        :raise AccessError: for who may not read payloads
        """
        self.env["freight.message.in"].check_field_access_rights("read", ["payload_text"])

    @api.model
    def _made(self, compiled, mapping_record, body, endpoint, codec=None):
        """Return the :class:`Made` of ``body`` by the ``compiled`` rules of ``mapping_record``.

        :param endpoint: whose formats and codes hold, empty for a pasted sample
        """
        made = Made()
        codec = codec or mapping_record.codec
        options = endpoint._codec_options().get(codec, {}) if endpoint else {}
        decimals = endpoint.implied_decimals if endpoint else None
        lookups = self.env["freight.mapping"]._lookups(compiled, endpoint.system_id)
        module = codecs.get(codec)
        try:
            for item in getattr(module, "iterate", module.decode)(body, **options):
                if item.error:
                    made.errors.append(item.error)
                elif mapping_record.kind in (item.kind, "*"):
                    translation = mapping.translate(
                        compiled,
                        item.tree,
                        implied_decimals=int(decimals) if decimals else None,
                        lookups=lookups,
                    )
                    self._take(made, translation)
                if made.parts >= MAX_ITEMS:
                    break
        except codecs.CodecError as error:
            made.error = str(error)
        return made

    @api.model
    def _take(self, made, translation):
        made.parts += 1
        for data in translation.documents:
            made.documents.append(data)
            try:
                schemas.check(data["kind"], data)
            except schemas.SchemaError as error:
                made.errors.append(f"{data['kind']} {len(made.documents)}: {error}")
        made.unmapped += [
            f"{one.map_name}: {one.code} ({one.target})" for one in translation.unmapped
        ]
        made.problems += [f"{one.target}: {one.detail}" for one in translation.problems]

    # Comparing ------------------------------------------------------------------------------------

    @api.model
    def _compare(self, version, messages, base_for):
        """Yield (message, what ``version`` makes, differences) of ``messages``.

        Differences are those of the documents, and of the codes, problems and errors, to what
        ``base_for(message)`` makes of it.

        :param base_for: callable(message) -> the version to compare with, empty for none
        """
        self._check_may_read()
        bodies = messages._bodies()
        for message in messages:
            body = bodies.get(message.id)
            if body is None:
                yield message, Made(error=_("The payload was erased.")), []
                continue
            made = self._made_by(version, message, body)
            base = base_for(message)
            before = self._made_by(base, message, body) if base else Made()
            yield message, made, self._differences(before, made)

    @api.model
    def _made_by(self, version, message, body):
        endpoint = message.endpoint_id
        compiled = version._compile(version.definition, endpoint.system_id)
        return self._made(compiled, version.mapping_id, body, endpoint, message.codec)

    @api.model
    def _differences(self, before, after):
        found = list(mapping_difference.of_documents(before.documents, after.documents))
        for name, label in (
            ("unmapped", _("Unmapped code")),
            ("problems", _("Problem")),
            ("errors", _("Not according to its schema")),
        ):
            was, now = dict.fromkeys(getattr(before, name)), dict.fromkeys(getattr(after, name))
            found += [
                mapping_difference.Difference(mapping_difference.REMOVED, label, one, None)
                for one in was
                if one not in now
            ]
            found += [
                mapping_difference.Difference(mapping_difference.ADDED, label, None, one)
                for one in now
                if one not in was
            ]
        return found

    # The editor -----------------------------------------------------------------------------------

    @api.model
    def preview(self, version_id, text, message_id=None, sample=None):
        """Return what the rules in ``text`` make of a stored message or of a pasted sample.

        Nothing is stored, whatever the rules say.

        :param str text: the rules as in a file; they need not be valid
        :return: {"errors": [{line, message}], "documents": [{kind, text}], "unmapped": [text],
            "problems": [text], "parts": number of parts of the message that the mapping reads}
        :raise AccessError: for who may not change mappings, or not read payloads
        """
        version = self.env["freight.mapping.version"].browse(version_id)
        version.check_access_rights("write")
        version.check_access_rule("read")
        self._check_may_read()
        message = self.env["freight.message.in"].browse(message_id or [])
        message.check_access_rights("read")
        message.check_access_rule("read")
        try:
            definition = mapping_files.parse(text or "")
            mapping_files.check(definition, text)
        except mapping_files.FileError as error:
            return self._answer(Made(), [{"line": error.line, "message": str(error)}])
        compiled = version._compile(definition, message.endpoint_id.system_id)
        body = message._body() if message else (sample or "")[:MAX_SAMPLE].encode()
        if not body:
            return self._answer(Made(), [])
        codec = message.codec or version.mapping_id.codec
        made = self._made(compiled, version.mapping_id, body, message.endpoint_id, codec)
        errors = [one for one in (made.error, *made.errors) if one]
        if not made.error and not made.parts:
            errors.append(
                _("Nothing in it is of the kind %s, which this mapping reads.",
                  version.mapping_id.kind)
            )  # fmt: skip
        return self._answer(made, [{"line": None, "message": one} for one in errors])

    @api.model
    def _answer(self, made, errors):
        return {
            "errors": errors,
            "documents": [
                {
                    "kind": one["kind"],
                    "text": json.dumps(one, indent=2, ensure_ascii=False, default=str),
                }
                for one in made.documents[:MAX_SHOWN]
            ],
            "unmapped": list(dict.fromkeys(made.unmapped)),
            "problems": list(dict.fromkeys(made.problems)),
            "parts": made.parts,
            "document_count": len(made.documents),
        }

    @api.model
    def open_editor(self, version_id):
        """Return what the editor begins with: the rules, and the newest messages to try them on.

        :raise AccessError: for who may not read mappings or payloads
        """
        version = self.env["freight.mapping.version"].browse(version_id)
        version.check_access_rights("read")
        version.check_access_rule("read")
        self._check_may_read()
        messages = version._messages_read(limit=30)
        return {
            "id": version.id,
            "name": version.display_name,
            "text": version.definition_text,
            "editable": version.state == "draft"
            and version.check_access_rights("write", raise_exception=False),
            "messages": [
                {
                    "id": message.id,
                    "name": f"{message.received} · {message.endpoint_id.name} · {message.state}",
                }
                for message in messages
            ],
        }


class FreightMappingVersion(models.Model):
    _inherit = "freight.mapping.version"

    def _messages_read(self, domain=(), limit=50):
        """Return the newest stored messages that this version may read, newest first."""
        self.ensure_one()
        reading = [
            ("codec", "=", self.mapping_id.codec),
            ("endpoint_id.mapping_ids", "in", self.mapping_id.ids),
            ("state", "!=", "refused"),
        ]
        return self.env["freight.message.in"].search([*reading, *domain], limit=limit)

    def action_edit_rules(self):
        """Open the rules beside what they make of a message."""
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "freight_mapping_editor",
            "name": _("Rules of %s", self.display_name),
            "params": {"version_id": self.id},
            "context": {"active_id": self.id},
        }

    def action_open(self):
        """Open this version."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def action_try(self):
        """Ask which messages to try this version on."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Try %s", self.display_name),
            "res_model": "freight.mapping.try",
            "view_mode": "form",
            "context": {"default_version_id": self.id},
        }

    def action_export(self):
        """Offer this version as a file."""
        self.ensure_one()
        wizard = self.env["freight.mapping.export"].create({"version_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": _("Export %s", self.display_name),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }
