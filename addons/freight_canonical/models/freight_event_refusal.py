import hashlib
from dataclasses import replace

from odoo import _, api, fields, models
from odoo.tools.translate import _lt

from .. import db
from ..documents import iso_utc


class FreightEventRefusal(models.Model):
    """A value that a system sent of what it does not own, beside the event that keeps it.

    Append-only as the ledger is.
    """

    _name = "freight.event.refusal"
    _description = "Refused Change"
    _inherit = "freight.append.only"
    _order = "event_id desc, id"
    _rec_name = "label"
    _log_access = False

    _instead_of_change = _instead_of_deletion = _lt(
        "The event ledger is append-only: what was refused stays on record."
    )

    event_id = fields.Many2one("freight.event", required=True, ondelete="restrict", index=True)
    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    model = fields.Char(required=True)
    field = fields.Char(help="Empty: a whole stop or line.")
    item = fields.Char(help="The sequence of the stop, or the description of the goods.")
    label = fields.Char(string="What", compute="_compute_label")
    kept = fields.Char(string="Value kept")
    refused = fields.Char(string="Value refused")
    occurred = fields.Datetime(related="event_id.occurred", string="When")
    source_id = fields.Many2one(related="event_id.source_id", string="Who")

    @api.depends("model", "field", "item")
    def _compute_label(self):
        labels = self._labels({(row.model, row.field, row.item) for row in self})
        for row in self:
            row.label = labels[row.model, row.field, row.item]

    @api.model
    def _labels(self, keys):
        """Return {(model, field, item): what people call it}."""
        rows = {"freight.stop": _("Stop %s"), "freight.shipment.line": _("Goods line %s")}
        labels = {}
        for model, field, item in keys:
            names = [rows[model] % item] if model in rows else []
            if field:
                names.append(self.env[model]._fields[field]._description_string(self.env))
            labels[model, field, item] = ", ".join(names)
        return labels


class FreightEvent(models.Model):
    _inherit = "freight.event"

    refusal_ids = fields.One2many("freight.event.refusal", "event_id", string="Refused changes")

    @api.model
    def _append_refusals(self, shipment, document, refusals):
        """Keep what a document was refused as an event of its sender, with both values of each.

        :return: the id of the event, None where the same was refused before
        """
        said = [(one.model, one.field, one.item, one.kept, one.refused) for one in refusals]
        digest = hashlib.sha256(repr((shipment.id, sorted(said))).encode()).hexdigest()
        data = {
            "id": f"refused:{digest[:40]}",
            "classifier": "actual",
            "occurred": iso_utc(document.received),
        }
        kept = replace(document, data=data)
        row = self._row(kept, shipment, "change_refused", self.env["freight.stop"])
        [event] = self._append([row])
        if event:
            db.insert_rows(
                self.env.cr,
                self.env["freight.event.refusal"]._table,
                ("event_id", "shipment_id", "company_id", "model", "field", "item", "kept",
                 "refused"),
                [(event, shipment.id, shipment.company_id.id, *one) for one in said],
            )  # fmt: skip
            self.env["freight.event.refusal"].invalidate_model()
            shipment.invalidate_recordset(["refusal_ids"])
        return event

    def _trace_node(self):
        """Say what was refused, to who may read it."""
        node = super()._trace_node()
        rows = self.env["freight.event.refusal"]
        if rows.check_access_rights("read", raise_exception=False):
            rows = self.refusal_ids
        refused = [f"{row.label}: {row.kept or '-'} ≠ {row.refused or '-'}" for row in rows]
        return {**node, "subtitle": " · ".join([node["subtitle"], *refused])}
