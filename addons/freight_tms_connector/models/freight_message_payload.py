from odoo import fields, models

from ..sealed import KEY

#: What is not sorted yet, what falls due, and by which key it is sealed. Sealed bytes do not
#: compress, so PostgreSQL need not try.
_INDEXES = f"""
    ALTER TABLE freight_message_payload ALTER COLUMN sealed SET STORAGE EXTERNAL;
    CREATE INDEX IF NOT EXISTS freight_message_payload_key
        ON freight_message_payload (({KEY.format(column="sealed")}), id);
    CREATE INDEX IF NOT EXISTS freight_message_payload_unsorted
        ON freight_message_payload (direction, id) WHERE retention_class_id IS NULL;
    CREATE INDEX IF NOT EXISTS freight_message_payload_due
        ON freight_message_payload (retention_class_id, company_id, direction, since, id)
        WHERE retention_class_id IS NOT NULL
"""


class FreightMessagePayload(models.Model):
    """The sealed body of a message, apart from it so that the queues stay narrow."""

    _name = "freight.message.payload"
    _description = "Sealed Payload"
    _log_access = False

    direction = fields.Selection([("in", "In"), ("out", "Out")], required=True)
    message_id = fields.Integer(required=True)
    sealed = fields.Binary(attachment=False, required=True)
    # Filled once it is old enough for a policy, see freight_retention.py.
    retention_class_id = fields.Many2one("freight.retention.class", ondelete="restrict")
    company_id = fields.Many2one("res.company", ondelete="restrict")
    endpoint_id = fields.Many2one("freight.endpoint", ondelete="restrict")
    since = fields.Datetime()

    _sql_constraints = [
        ("one_each", "unique(direction, message_id)", "A message has one payload."),
    ]

    def init(self):
        """Make the indexes that the ORM cannot declare."""
        self.env.cr.execute(_INDEXES)
