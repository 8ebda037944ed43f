"""What the inbox would make of a file: its own codec, mapping, schema and matching; no effect."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import islice

from odoo import _, api, fields, models
from odoo.addons.freight_canonical.documents import Outcome

from .. import codecs
from ..models.freight_translation import INVALID, Lookups, Reading, Translated

#: Items that are counted beyond those that are shown.
COUNTED = 100_000


@dataclass
class Preview:
    """Rows for ``freight.upload.line``, how many items are not shown, and what holds for all.

    ``problem`` says why the file cannot be read at all, or not to its end.
    """

    rows: list = field(default_factory=list)
    hidden: int = 0
    summary: str = ""
    problem: str | bool = False


class FreightUploadPreview(models.AbstractModel):
    """Walks a file through the inbox's own steps up to the point where something would change."""

    _name = "freight.upload.preview"
    _description = "Preview of a File"

    @api.model
    def _preview(self, endpoint, codec, body, room):
        """Return the :class:`Preview` of a file from ``endpoint``, at most ``room`` rows of it."""
        translation = self.env["freight.translation"].sudo()
        reading = Reading(self._message(endpoint, codec), body)
        preview, read = Preview(), []
        try:
            lookups, start = Lookups(translation), 0
            items = translation._items(reading, lookups)
            for item in islice(items, room):
                translated = Translated(reading, start)
                translation._translate_item(translated, item, lookups)
                start = translated.next_position
                read.append((item, translated))
            preview.hidden = sum(1 for _item in islice(items, COUNTED))
        except codecs.CodecError as error:
            preview.problem = _(
                "%(error)s Is it another format? Choose it and look again, or ask the sender.",
                error=error,
            )
        preview.rows = self._rows(read)[:room]
        preview.summary = self._summary(preview)
        return preview

    @api.model
    def _message(self, endpoint, codec):
        """Return the message that the file would be, in memory only."""
        return (
            self.env["freight.message.in"]
            .sudo()
            .new(
                {
                    "endpoint_id": endpoint.id,
                    "company_id": endpoint.company_id.id,
                    "codec": codec,
                    "received": fields.Datetime.now(),
                }
            )
        )

    @api.model
    def _rows(self, read):
        matches = self._matches(
            [document for _item, one in read for document in one.documents.values()]
        )
        rows = []
        for item, translated in read:
            rows += [
                {
                    "place": item.position,
                    "status": "bad" if status == INVALID else "ignored",
                    "detail": detail,
                }
                for status, detail in translated.faults.values()
            ]
            rows += [
                self._row(item, translated, document, matches)
                for document in translated.documents.values()
            ]
            if not (translated.faults or translated.documents):
                rows.append(
                    {
                        "place": item.position,
                        "status": "ignored",
                        "detail": _("Nothing in it concerns freight."),
                    }
                )
        return rows

    @api.model
    def _row(self, item, translated, document, matches):
        shipment_id, detail = matches.get(id(document), (False, False))
        unmapped = [one for _mapping, one in translated.met if one.meant is None]
        codes = sorted({f"{one.code} ({one.map_name})" for one in unmapped})
        status = "waits" if detail else "fine"
        if codes:
            status = "code"
            unknown = _("Nothing maps %s.", ", ".join(codes))
            detail = f"{unknown} {detail}" if detail else unknown
        return {
            "place": item.position,
            "status": status,
            "says": _says(document.data),
            "shipment_id": shipment_id,
            "detail": detail,
        }

    # Matching ------------------------------------------------------------------------------------

    @api.model
    def _matchers(self):
        """Return {kind of canonical document: the method that matches such}. Addons add theirs.

        A matcher takes a list of documents and returns for each (shipment id or False, why not).
        """
        return {"event": self._match_events, "shipment": self._match_shipments}

    @api.model
    def _matches(self, documents):
        """Return {id of the document object: (shipment id or False, why not or False)}."""
        by_kind = defaultdict(list)
        for document in documents:
            by_kind[document.data["kind"]].append(document)
        matchers = self._matchers()
        return {
            id(document): match
            for kind, same in by_kind.items()
            if kind in matchers
            for document, match in zip(same, matchers[kind](same), strict=True)
        }

    @api.model
    def _match_events(self, documents):
        found = self.env["freight.event"].sudo()._match_shipments(documents)
        return [
            (one.shipment_id or False, one.detail) if isinstance(one, Outcome) else (one.id, False)
            for one in found
        ]

    @api.model
    def _match_shipments(self, documents):
        shipments = self.env["freight.shipment"].sudo()
        return [
            self._known_shipment(document, *shipments._known_as(document)) for document in documents
        ]

    @api.model
    def _known_shipment(self, document, shipment, several):
        if shipment:
            return shipment.id, False
        if several:
            return False, _("Its references may mean several shipments.")
        if document.data["purpose"] == "original":
            return False, False  # it makes a new one
        return False, _("There is no shipment that this message changes.")

    @api.model
    def _summary(self, preview):
        labels = dict(
            self.env["freight.upload.line"]._fields["status"]._description_selection(self.env)
        )
        counts = Counter(row["status"] for row in preview.rows)
        parts = [f"{labels[status]}: {count}" for status, count in counts.items()]
        if preview.hidden:
            more = _("%s more", preview.hidden)
            parts.append(f"{more}+" if preview.hidden == COUNTED else more)
        return ", ".join(parts)


def _says(data):
    """Return what a canonical document says in a few words: its kind, its type, its numbers."""
    references = data.get("references") or data.get("shipment", {}).get("references") or []
    numbers = [f"{one['type']} {one['value']}" for one in references[:3]]
    words = (
        data["kind"],
        data.get("purpose") or data.get("type"),
        data.get("number"),
        ", ".join(numbers),
        data.get("occurred"),
    )
    return " · ".join(str(word) for word in words if word)
