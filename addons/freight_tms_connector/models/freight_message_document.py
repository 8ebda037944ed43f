from odoo import api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import APPLIED, DUPLICATE, FILTERED

SETTLED = (APPLIED, DUPLICATE, FILTERED)

COLUMNS = (
    "message_id",
    "position",
    "kind",
    "status",
    "detail",
    "shipment_id",
    "event_id",
    "version_id",
)
_OVERWRITTEN = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])


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
    version_id = fields.Many2one(
        "freight.mapping.version", string="Translated by", readonly=True, ondelete="set null"
    )

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

        A row is (message id, position, kind, status, detail, shipment id, event id, id of the
        mapping version).
        """
        db.insert_rows(
            self.env.cr,
            self._table,
            COLUMNS,
            rows,
            conflict=f"(message_id, position) DO UPDATE SET {_OVERWRITTEN}",
        )
        self.invalidate_model()

    @api.model
    def _settled(self, ranges):
        """Return what an earlier attempt brought to an end.

        :param ranges: {message id: (first, last) position to look at}
        :return: {(message id, position): (status, id of the mapping version that read it)}; under
            another version something else may stand at that position
        """
        if not ranges:
            return {}
        self.env.cr.execute(
            """
            SELECT d.message_id, d.position, d.status, coalesce(d.version_id, m.version_id)
              FROM unnest(%s, %s, %s) AS range (message_id, first, last)
              JOIN freight_message_document d ON d.message_id = range.message_id
               AND d.position BETWEEN range.first AND range.last
              JOIN freight_message_in m ON m.id = d.message_id
             WHERE d.status IN %s
            """,
            [
                list(ranges),
                [first for first, _last in ranges.values()],
                [last for _first, last in ranges.values()],
                SETTLED,
            ],
        )
        return {
            (message, position): (status, version)
            for message, position, status, version in self.env.cr.fetchall()
        }

    @api.model
    def _forget_beyond(self, ends):
        """Drop the rows at and after a position: another version found more there.

        :param ends: {message id: first position that holds nothing any more}
        """
        if ends:
            self.env.cr.execute(
                """
                DELETE FROM freight_message_document d
                 USING unnest(%s, %s) AS ending (message_id, position)
                 WHERE d.message_id = ending.message_id AND d.position >= ending.position
                """,
                [list(ends), list(ends.values())],
            )

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
