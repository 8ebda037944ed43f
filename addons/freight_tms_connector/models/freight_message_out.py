import hashlib
import json
import uuid

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.exceptions import UserError

from ..vault import VaultError

MEDIA_TYPE = "application/cloudevents+json"


class FreightMessageOut(models.Model):
    """The outbox: written with the fact that it tells of, delivered afterwards, in sequence.

    Delivery is at least once under one id, so that a partner can tell a repeat. Within a shipment
    the next message waits for the one before it.
    """

    _name = "freight.message.out"
    _description = "Message Out"
    _inherit = "freight.message"
    _queue_lane = "outbox"

    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("delivered", "Delivered"),
            ("retry", "Waiting"),
            ("dead", "Dead letter"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="queued",
    )
    event_type = fields.Char(required=True, readonly=True)
    subject = fields.Char(readonly=True)
    identity = fields.Char(readonly=True, help="Names the fact, of which nobody is told twice.")
    partition_key = fields.Char(required=True, readonly=True)
    shipment_id = fields.Many2one(
        "freight.shipment", readonly=True, ondelete="set null", index="btree_not_null"
    )
    delivered = fields.Datetime(readonly=True)
    attempt_ids = fields.One2many("freight.message.attempt", "message_id", readonly=True)

    _sql_constraints = [
        ("once", "unique(identity, endpoint_id)", "This endpoint was told of this already."),
    ]

    def init(self):
        """Make the indexes that the ORM cannot declare: what waits, and what people look for."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_message_out_waiting
                ON freight_message_out (endpoint_id, partition_key, id)
                WHERE state IN ('queued', 'retry', 'dead');
            CREATE INDEX IF NOT EXISTS freight_message_out_by_endpoint
                ON freight_message_out (endpoint_id, id DESC);
            CREATE INDEX IF NOT EXISTS freight_message_out_written
                ON freight_message_out (create_date, endpoint_id);
            CREATE INDEX IF NOT EXISTS freight_message_out_unsettled
                ON freight_message_out (endpoint_id, state)
                WHERE state IN ('queued', 'retry', 'dead');
            CREATE INDEX IF NOT EXISTS freight_message_out_exceptional
                ON freight_message_out (state, id) WHERE state <> 'delivered';
            CREATE INDEX IF NOT EXISTS freight_message_out_uuid
                ON freight_message_out USING hash (uuid)
            """
        )

    @api.model
    def _payload_direction(self):
        return "out"

    @api.depends("subject", "event_type", "endpoint_id.name")
    def _compute_display_name(self):
        for message in self:
            message.display_name = _(
                "%(what)s to %(endpoint)s",
                what=message.subject or message.event_type,
                endpoint=message.endpoint_id.name,
            )

    # Writing -------------------------------------------------------------------------------------

    @api.model
    def _told(self, identities):
        """Return {(endpoint id, identity)} of those facts that somebody was told of."""
        rows = self.sudo().search_fetch(
            [("identity", "in", list(identities - {None}))], ["endpoint_id", "identity"]
        )
        return {(row.endpoint_id.id, row.identity) for row in rows}

    @api.model
    def _enqueue(self, entries):
        """Put messages into the outbox, in the current transaction.

        :param entries: list of dicts with ``endpoint``, ``event_type``, ``subject``,
            ``shipment`` (may be empty), ``company``, ``trace_id`` and maybe ``identity``; and with
            the ``data`` of a CloudEvent, or a ``body`` (bytes) of some ``media_type``
        """
        messages = self.create(
            [
                {
                    "endpoint_id": entry["endpoint"].id,
                    "company_id": entry["company"].id,
                    "event_type": entry["event_type"],
                    "subject": entry["subject"],
                    "partition_key": f"shipment:{entry['shipment'].id}"
                    if entry["shipment"]
                    else f"subject:{entry['subject']}",
                    "shipment_id": entry["shipment"].id,
                    "trace_id": entry["trace_id"],
                    "identity": entry.get("identity"),
                }
                for entry in entries
            ]
        )
        vault = self._sealing_vault()
        payloads = []
        for message, entry in zip(messages, entries, strict=True):
            body, media_type = message._rendered(entry)
            message.write(
                {
                    "digest": hashlib.sha256(body).hexdigest(),
                    "size": len(body),
                    "media_type": media_type,
                }
            )
            payloads.append(("out", message.id, vault.seal(body, message._payload_context())))
        db.insert_rows(
            self.env.cr,
            "freight_message_payload",
            ("direction", "message_id", "sealed"),
            payloads,
        )
        self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)
        return messages

    @api.model
    def _sealing_vault(self):
        """Return the vault, in the words of a person who just pressed a button.

        :raise UserError: when no usable key is configured
        """
        try:
            return self.env["freight.vault"]._vault()
        except VaultError as error:
            raise UserError(
                _(
                    "Partners cannot be told, so nothing was done: %s Ask your administrator.",
                    error,
                )
            ) from error

    def _rendered(self, entry):
        """Return (body as bytes, media type): a CloudEvent, unless ``entry`` brings a body.

        :param entry: see :meth:`_enqueue`
        """
        self.ensure_one()
        if "body" in entry:
            return entry["body"], entry["media_type"]
        event = self._cloud_event(entry["data"])
        return json.dumps(event, ensure_ascii=False).encode(), MEDIA_TYPE

    def _cloud_event(self, data):
        """Return the CloudEvents 1.0 envelope around ``data``."""
        self.ensure_one()
        return {
            "specversion": "1.0",
            "id": self.uuid,
            "source": f"/freight/v1/companies/{self.company_id.id}",
            "type": f"{self.event_type}.v1",
            "subject": self.subject,
            "time": iso_utc(fields.Datetime.now()),
            "datacontenttype": "application/json",
            "traceparent": self._traceparent(),
            "sequence": f"{self.id:020d}",
            "partitionkey": self.partition_key,
            "data": data,
        }

    def _traceparent(self):
        return f"00-{self.trace_id or uuid.uuid4().hex}-{self.uuid[:16]}-01"
