from collections import defaultdict
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import iso_utc

from .freight_message import MAX_ERROR

#: Seconds before a message is tried again whose shipment is not known yet, or that failed.
SCHEDULE = (5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600)


class FreightMessageIn(models.Model):
    """An inbound message: stored sealed, answered at once, translated and applied by a lane."""

    _name = "freight.message.in"
    _description = "Message In"
    _inherit = "freight.message"
    _queue_lane = "inbox"
    _queue_batch = 200

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
    document_ids = fields.One2many("freight.message.document", "message_id", readonly=True)
    event_ids = fields.One2many("freight.event", "message_id", readonly=True)

    def init(self):
        """Make the indexes that the ORM cannot declare: identity, and what waits."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_message_in_identity
                ON freight_message_in (message_key, endpoint_id) WHERE message_key IS NOT NULL;
            CREATE INDEX IF NOT EXISTS freight_message_in_claimable
                ON freight_message_in (id) WHERE state IN ('received', 'retry');
            """
        )

    @api.model
    def _payload_direction(self):
        return "in"

    # Queue --------------------------------------------------------------------------------------

    @api.model
    def _queue_claimable(self):
        return "q.state IN ('received', 'retry')"

    def _queue_work(self):
        """Translate these messages, apply what they say and record it, in one transaction."""
        translations = self.env["freight.translation"]._translate(self)
        self._apply(translations)
        self._record(translations)

    def _queue_failed(self, error):
        """A fault of ours or of the database: try again later, then ask a person."""
        self._wait_or_bury(f"{type(error).__name__}: {error}")

    def _wait_or_bury(self, error):
        for message in self:
            attempt = message.attempts
            message.attempts = attempt + 1
            if attempt >= len(SCHEDULE):
                message._bury(error)
            else:
                due = fields.Datetime.now() + timedelta(seconds=SCHEDULE[attempt])
                message._put_off(due, error)

    # Applying ------------------------------------------------------------------------------------

    @api.model
    def _document_handlers(self):
        """Return {kind of canonical document: model that applies it}. Addons add theirs."""
        return {"event": "freight.event", "shipment": "freight.shipment"}

    def _apply(self, translations):
        """Hand the documents to their handlers, kind by kind, and keep the outcomes.

        What an earlier attempt settled is not handed out again.

        :param translations: list of :class:`~.freight_translation.Translated`
        """
        handlers = self._document_handlers()
        settled = self.env["freight.message.document"]._settled_positions(self.ids)
        by_kind = defaultdict(list)
        for translated in translations:
            for position, document in translated.documents.items():
                if (translated.message.id, position) not in settled:
                    by_kind[document.data["kind"]].append((translated, position, document))
        for kind, entries in by_kind.items():
            if kind not in handlers:
                for translated, position, _document in entries:
                    translated.nobody_takes(position, kind)
                continue
            handler = self.env[handlers[kind]]
            outcomes = handler._apply_freight_documents([entry[2] for entry in entries])
            for (translated, position, _document), outcome in zip(entries, outcomes, strict=True):
                translated.outcomes[position] = outcome

    @api.model
    def _record(self, translations):
        """Write the rows of the documents and the states of the messages, set by set."""
        self.env["freight.message.document"]._record(
            [row for translated in translations for row in translated.rows()]
        )
        done = {}
        for translated in translations:
            message, waiting = translated.message, translated.waiting()
            if waiting:
                message._wait_or_bury(waiting)
            else:
                state, error = translated.verdict()
                error = error and error[:MAX_ERROR]
                done[message.id] = (state, error, translated.version_id, None, None, None)
        db.update_rows(
            self,
            ("state", "error", "version_id", "claim_token", "lease_until", "next_attempt"),
            done,
        )

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
