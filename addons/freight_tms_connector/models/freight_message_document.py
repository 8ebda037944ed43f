from odoo import api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import APPLIED, DUPLICATE, FILTERED

SETTLED = (APPLIED, DUPLICATE, FILTERED)


class FreightMessageDocument(models.Model):
    """One canonical document of an inbound message and what became of it."""

    _name = "freight.message.document"
    _description = "Document of a Message"
    _order = "message_id, position"
    _log_access = False

    message_id = fields.Many2one("freight.message.in", required=True, ondelete="cascade")
    position = fields.Integer(required=True)
    kind = fields.Char()
    status = fields.Selection(
        [
            ("applied", "Applied"),
            ("duplicate", "Duplicate"),
            ("filtered", "Filtered out"),
            ("unmatched", "Not matched"),
            ("refused", "Refused"),
            ("invalid", "Invalid"),
            ("ignored", "Ignored"),
        ],
        required=True,
    )
    detail = fields.Text()
    shipment_id = fields.Many2one("freight.shipment", ondelete="set null", index="btree_not_null")
    event_id = fields.Many2one("freight.event", readonly=True, ondelete="restrict")

    _sql_constraints = [
        ("position_unique", "unique(message_id, position)", "One row for each document."),
    ]

    def init(self):
        """Make the index that the ORM cannot declare: all but events, which are nearly all."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_message_document_rare_kind
                ON freight_message_document (kind, message_id) WHERE kind <> 'event'
            """
        )

    @api.model
    def _record(self, rows):
        """Write rows over older ones.

        A row is (message id, position, kind, status, detail, shipment id, event id).
        """
        db.insert_rows(
            self.env.cr,
            self._table,
            ("message_id", "position", "kind", "status", "detail", "shipment_id", "event_id"),
            rows,
            conflict="(message_id, position) DO UPDATE SET kind = excluded.kind,"
            " status = excluded.status, detail = excluded.detail,"
            " shipment_id = excluded.shipment_id, event_id = excluded.event_id",
        )
        self.invalidate_model()

    @api.model
    def _settled_positions(self, ranges):
        """Return the {(message id, position)} that an earlier attempt brought to an end.

        :param ranges: {message id: (first, last) position to look at}
        """
        if not ranges:
            return set()
        self.env.cr.execute(
            """
            SELECT d.message_id, d.position
              FROM unnest(%s, %s, %s) AS range (message_id, first, last)
              JOIN freight_message_document d ON d.message_id = range.message_id
               AND d.position BETWEEN range.first AND range.last
             WHERE d.status IN %s
            """,
            [
                list(ranges),
                [first for first, _last in ranges.values()],
                [last for _first, last in ranges.values()],
                SETTLED,
            ],
        )
        return set(self.env.cr.fetchall())

    @api.model
    def _events_at(self, places):
        """Return {(message id, position): event id} of those of ``places`` that became an event."""
        if not places:
            return {}
        self.env.cr.execute(
            """
            SELECT d.message_id, d.position, d.event_id
              FROM unnest(%s, %s) AS place (message_id, position)
              JOIN freight_message_document d USING (message_id, position)
             WHERE d.event_id IS NOT NULL
            """,
            [[message for message, _place in places], [position for _id, position in places]],
        )
        return {(message, position): event for message, position, event in self.env.cr.fetchall()}
