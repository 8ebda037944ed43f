import hashlib
import json
import uuid

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.exceptions import UserError
from odoo.tools import mute_logger
from psycopg2.errors import UniqueViolation

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
        known = list(identities - {None})
        if not known:
            return set()
        rows = self.sudo().search_fetch([("identity", "in", known)], ["endpoint_id", "identity"])
        return {(row.endpoint_id.id, row.identity) for row in rows}

    @api.model
    def _enqueue(self, entries):
        """Put messages into the outbox, in the current transaction.

        :param entries: list of dicts with ``endpoint``, ``event_type``, ``subject``,
            ``shipment`` (may be empty), ``company``, ``trace_id`` and maybe ``identity``; and with
            the ``data`` of a CloudEvent, or a ``body`` (bytes) of some ``media_type``
        :return: the messages in the order of ``entries``
        """
        messages = self.create([self._entry_values(entry) for entry in entries])
        messages._write_bodies(entries)
        return messages

    @api.model
    def _enqueue_once(self, entries):
        """Put messages into the outbox; what others have told meanwhile is left out.

        Two transactions may find the same fact at once. The second one waits until the first one
        stands, and then must not fail for it: here it does not see what the other wrote, but a
        transaction that begins now does.

        :param entries: as :meth:`_enqueue` takes them
        """
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                messages = self.create([self._entry_values(entry) for entry in entries])
        except UniqueViolation:
            with db.read_committed(self.pool) as cr:
                told = self.with_env(self.env(cr=cr))._told({one["identity"] for one in entries})
            left = [one for one in entries if (one["endpoint"].id, one["identity"]) not in told]
            if len(left) == len(entries):
                raise
            return self._enqueue_once(left) if left else self.browse()
        messages._write_bodies(entries)
        return messages

    @api.model
    def _entry_values(self, entry):
        shipment = entry["shipment"]
        return {
            "endpoint_id": entry["endpoint"].id,
            "company_id": entry["company"].id,
            "event_type": entry["event_type"],
            "subject": entry["subject"],
            "partition_key": f"shipment:{shipment.id}"
            if shipment
            else f"subject:{entry['subject']}",
            "shipment_id": shipment.id,
            "trace_id": entry["trace_id"],
            "identity": entry.get("identity"),
        }

    def _write_bodies(self, entries):
        """Render, seal and keep what these messages say, by two statements, and wake the lane."""
        vault = self._sealing_vault()
        rows, payloads = {}, []
        for message, entry in zip(self, entries, strict=True):
            body, media_type = message._rendered(entry)
            rows[message.id] = (hashlib.sha256(body).hexdigest(), len(body), media_type)
            payloads.append(("out", message.id, vault.seal(body, message._payload_context())))
        db.update_rows(self, ("digest", "size", "media_type"), rows)
        db.insert_rows(
            self.env.cr,
            "freight_message_payload",
            ("direction", "message_id", "sealed"),
            payloads,
        )
        self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)

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
            **self._schema_of_data(),
            "traceparent": self._traceparent(),
            "sequence": f"{self.id:020d}",
            "partitionkey": self.partition_key,
            "data": data,
        }

    def _schema_of_data(self):
        """Return where the schema of the data stands, as a member of the envelope, if there is one.

        CloudEvents want an address that stands for itself.
        """
        if self.event_type not in self.env["freight.announcement.type"]._known():
            return {}
        parameters = self.env["ir.config_parameter"].sudo()
        root = parameters.get_param("web.base.url", "").rstrip("/")
        return {"dataschema": f"{root}/freight/v1/schemas/{self.event_type}.v1"}

    def _traceparent(self):
        return f"00-{self.trace_id or uuid.uuid4().hex}-{self.uuid[:16]}-01"
