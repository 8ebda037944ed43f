from odoo import _, api, fields, models
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.exceptions import UserError


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
    received = fields.Datetime(required=True, readonly=True, index=True)
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
    replayed = fields.Boolean(readonly=True)
    resolution = fields.Text(help="Why a dead letter was dismissed.")
    document_ids = fields.One2many("freight.message.document", "message_id", readonly=True)
    event_ids = fields.One2many("freight.event", "message_id", readonly=True)
    duplicate_count = fields.Integer(compute="_compute_duplicate_count")

    def init(self):
        """Make the indexes that the ORM cannot declare: identity, and what waits."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_message_in_key
                ON freight_message_in (endpoint_id, message_key) WHERE message_key IS NOT NULL;
            CREATE INDEX IF NOT EXISTS freight_message_in_waiting
                ON freight_message_in (
                    endpoint_id, coalesce(next_attempt, '-infinity'::timestamp), id
                ) WHERE state IN ('received', 'retry');
            DROP INDEX IF EXISTS freight_message_in_claimable;
            """
        )

    @api.model
    def _payload_direction(self):
        return "in"

    def _compute_duplicate_count(self):
        groups = (
            self.env["freight.message.duplicate"]
            .sudo()
            ._read_group([("message_id", "in", self.ids)], ["message_id"], ["__count"])
        )
        counts = {message.id: count for message, count in groups}
        for message in self:
            message.duplicate_count = counts.get(message.id, 0)

    # What people do ------------------------------------------------------------------------------

    def action_replay(self):
        """Work these messages off again; what they did already is not done twice.

        :raise UserError: for a message that was refused at the door
        """
        if any(message.state == "refused" for message in self):
            raise UserError(_("What was refused at the door is evidence and cannot be replayed."))
        messages = self._for_action()
        messages.env["freight.message.document"]._forget_unsettled(messages.ids)
        messages.write({"replayed": True})
        messages._restart("received")

    def action_dismiss(self):
        """Give dead letters up; a resolution says why."""
        for message in self:
            if message.state not in ("dead", "quarantined"):
                raise UserError(_("Only dead letters and quarantined messages are dismissed."))
            if not (message.resolution or "").strip():
                raise UserError(_("Say why before you dismiss a message."))
        self._for_action().write({"state": "dismissed"})

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
