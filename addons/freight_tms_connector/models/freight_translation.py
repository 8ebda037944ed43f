from dataclasses import dataclass, field
from functools import cache

from odoo import _, api, models
from odoo.addons.freight_canonical.documents import (
    APPLIED,
    DUPLICATE,
    FILTERED,
    REFUSED,
    UNMATCHED,
    Document,
)

from .. import codecs, mapping, schemas

INVALID = "invalid"
IGNORED = "ignored"


@dataclass
class Translated:
    """What a message says: canonical documents by position, and the positions that say nothing.

    ``faults`` maps a position to (status, detail); ``outcomes`` is filled when the documents have
    been applied; ``error`` is set when the bytes could not be read at all.
    """

    message: object
    documents: dict = field(default_factory=dict)
    faults: dict = field(default_factory=dict)
    outcomes: dict = field(default_factory=dict)
    version_id: int | None = None
    error: str | None = None

    @property
    def next_position(self):
        """The position after all that are taken: each holds one document or one fault."""
        return len(self.documents) + len(self.faults)

    def nobody_takes(self, position, kind):
        """Note that no installed addon applies the document at ``position``."""
        detail = _("Nothing installed here takes in documents of kind %s.", kind)
        self.faults[position] = (INVALID, detail)

    def rows(self):
        """Return rows for ``freight.message.document``."""
        kinds = {position: document.data["kind"] for position, document in self.documents.items()}
        return [
            (self.message.id, position, kinds[position], outcome.status, outcome.detail or None,
             outcome.shipment_id)
            for position, outcome in self.outcomes.items()
        ] + [
            (self.message.id, position, None, status, detail, None)
            for position, (status, detail) in self.faults.items()
        ]  # fmt: skip

    def waiting(self):
        """Return why the message waits for another attempt, or None."""
        details = [
            outcome.detail
            for outcome in self.outcomes.values()
            if outcome.status in (UNMATCHED, REFUSED)
        ]
        return "\n".join(details) if details else None

    def verdict(self):
        """Return (state, error) of a message that need not wait."""
        invalid = [detail for status, detail in self.faults.values() if status == INVALID]
        if self.error or invalid:
            return "quarantined", self.error or "\n".join(invalid)
        statuses = {outcome.status for outcome in self.outcomes.values()}
        if statuses == {DUPLICATE}:
            return "ignored", _("All of it was known already.")
        if statuses and statuses <= {DUPLICATE, FILTERED}:
            return "ignored", _("Its sender's filter for pings kept it out.")
        if APPLIED in statuses or self.documents:
            return "applied", None
        return "ignored", _("Nothing in it concerns freight.")


class FreightTranslation(models.AbstractModel):
    """From the bytes of a message to canonical documents: codec, mapping, schema."""

    _name = "freight.translation"
    _description = "Translation of Messages"

    @api.model
    def _translate(self, messages):
        """Return a :class:`Translated` for each of ``messages``; reads payloads by one query."""
        bodies = messages._bodies()
        version_for = cache(self._version)
        return [
            self._translate_one(message, bodies.get(message.id), version_for)
            for message in messages
        ]

    @api.model
    def _version(self, endpoint, codec, kind):
        """Return the active version of the first mapping at ``endpoint`` that reads ``kind``."""
        readers = endpoint.mapping_ids.filtered(
            lambda one: one.codec == codec and one.kind in (kind, "*")
        )
        return readers[:1].active_version_id

    @api.model
    def _translate_one(self, message, body, version_for):
        translated = Translated(message)
        if body is None:
            translated.error = _("The payload was erased; the message cannot be read again.")
            return translated
        try:
            options = message.endpoint_id._codec_options().get(message.codec, {})
            items = codecs.get(message.codec).decode(body, **options)
        except codecs.CodecError as error:
            translated.error = str(error)
            return translated
        for item in items:
            self._translate_item(translated, item, version_for)
        return translated

    @api.model
    def _translate_item(self, translated, item, version_for):
        """Add the documents of one decoded item; positions count through the message.

        :param version_for: :meth:`_version`, with its answers for this batch remembered
        """
        start = translated.next_position
        if item.error:
            # A count or number that is off in an envelope rejects no document inside it.
            status = IGNORED if item.is_envelope else INVALID
            translated.faults[start] = (status, item.error)
            return
        message = translated.message
        version = version_for(message.endpoint_id, message.codec, item.kind)
        if not version:
            detail = _("No active mapping reads %(kind)s here.", kind=item.kind)
            translated.faults[start] = (
                IGNORED if item.kind in ("997", "CONTRL") else INVALID,
                detail,
            )
            return
        translated.version_id = version.id
        compiled = self.env["freight.mapping"]._compiled(
            version.id, message.endpoint_id.system_id.id
        )
        decimals = message.endpoint_id.implied_decimals
        translation = mapping.translate(
            compiled, item.tree, implied_decimals=int(decimals) if decimals else None
        )
        problems = "; ".join(f"{one.target}: {one.detail}" for one in translation.problems)
        for offset, data in enumerate(translation.documents):
            self._check(translated, start + offset, data, problems)

    @api.model
    def _check(self, translated, position, data, problems):
        try:
            schemas.check(data["kind"], data)
        except schemas.SchemaError as error:
            translated.faults[position] = (INVALID, "; ".join(filter(None, (str(error), problems))))
            return
        message = translated.message
        translated.documents[position] = Document(
            data=data,
            system=message.endpoint_id.system_id,
            company=message.company_id,
            received=message.received,
            trace_id=message.trace_id,
            message_id=message.id,
        )
