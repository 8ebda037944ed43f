from odoo import _, api, fields, models
from odoo.addons.freight_canonical.documents import iso_utc


class FreightMessageIn(models.Model):
    """An inbound message: stored sealed, answered at once, translated and applied by a lane."""

    _name = "freight.message.in"
    _description = "Message In"
    _inherit = "freight.message"

    state = fields.Selection(
        [
            ("received", "Received"),
            ("applied", "Applied"),
            ("ignored", "Ignored"),
            ("quarantined", "Quarantined"),
            ("retry", "Waiting"),
            ("dead", "Dead letter"),
            ("refused", "Refused at the door"),
            ("dismissed", "Dismissed"),
        ],
        required=True,
        readonly=True,
        default="received",
    )
    message_key = fields.Char(readonly=True, help="The sender's id, else the digest of the body.")
    received = fields.Datetime(required=True, readonly=True)
    channel = fields.Selection(
        [
            ("hook", "Webhook"),
            ("api", "API"),
            ("poll", "Polled"),
            ("file", "File exchange"),
            ("upload", "Uploaded"),
            ("copy", "Corrected copy"),
        ],
        string="Came by",
        required=True,
        readonly=True,
        default="hook",
    )
    origin = fields.Char(
        string="Called there", readonly=True, help="The file, the address or the person it is from."
    )
    codec = fields.Char(readonly=True)
    version_id = fields.Many2one(
        "freight.mapping.version", string="Translated by", readonly=True, ondelete="restrict"
    )
    document_ids = fields.One2many("freight.message.document", "message_id", readonly=True)
    event_ids = fields.One2many("freight.event", "message_id", readonly=True)

    def init(self):
        """Make the indexes that the ORM cannot declare: identity, and what waits."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_message_in_identity
                ON freight_message_in (message_key, endpoint_id) WHERE message_key IS NOT NULL;
            CREATE INDEX IF NOT EXISTS freight_message_in_waiting
                ON freight_message_in (
                    endpoint_id, coalesce(next_attempt, '-infinity'::timestamp), id
                ) WHERE state IN ('received', 'retry');
            DROP INDEX IF EXISTS freight_message_in_key;
            DROP INDEX IF EXISTS freight_message_in_claimable;
            """
        )

    @api.model
    def _payload_direction(self):
        return "in"

    def _trace_node(self):
        """Return this message as a node of the trace page."""
        self.ensure_one()
        states = dict(self._fields["state"]._description_selection(self.env))
        return {
            "stage": "message",
            "model": self._name,
            "res_id": self.id,
            "title": self.version_id.mapping_id.name or self.media_type or _("Message"),
            "subtitle": self.endpoint_id.name,
            "time": iso_utc(self.received),
            "amount": None,
            "state": states[self.state],
            "trace_id": self.trace_id,
            "parent": None,
        }
