import hashlib
import json
import logging
import time
import uuid
from base64 import b64encode
from datetime import timezone

import requests
from odoo import _, api, fields, models, release
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.addons.freight_canonical.models.freight_queue import UNCLAIMED
from odoo.exceptions import UserError
from urllib3.exceptions import HTTPError

from ..retry import Outcome, classify, next_delay
from ..signing import SignatureError, sign
from ..vault import VaultError
from .freight_endpoint import unexpired

_logger = logging.getLogger(__name__)

#: Seconds to connect, and to wait for an answer.
TIMEOUTS = (5, 20)
EXCERPT = 500
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
    _queue_batch = 4  # each may take its full time-out within the lease
    _queue_unit = 1

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
                    "media_type": entry.get("media_type", MEDIA_TYPE),
                }
                for entry in entries
            ]
        )
        vault = self._sealing_vault()
        payloads = []
        for message, entry in zip(messages, entries, strict=True):
            body = entry.get("body") or message._cloud_event_body(entry["data"])
            message.digest = hashlib.sha256(body).hexdigest()
            message.size = len(body)
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

    def _cloud_event_body(self, data):
        return json.dumps(self._cloud_event(data), ensure_ascii=False).encode()

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

    # Queue ---------------------------------------------------------------------------------------

    @api.model
    def _queue_claimable(self):
        """Only the head of each shipment's sequence; a dead head blocks what follows it."""
        return """
            q.state IN ('queued', 'retry')
            AND NOT EXISTS (
                SELECT 1 FROM freight_message_out earlier
                 WHERE earlier.endpoint_id = q.endpoint_id
                   AND earlier.partition_key = q.partition_key
                   AND earlier.id < q.id
                   AND earlier.state IN ('queued', 'retry', 'dead'))
        """

    @api.model
    def _queue_attempt(self, token, ids):
        """Deliver a message that is still ours; no transaction is open meanwhile."""
        parcel = self._queue_transact(token, ids, lambda held: held._parcel())
        if parcel:
            attempt = _post(parcel)
            self._queue_transact(token, ids, lambda held: held._record_attempt(attempt))

    def _parcel(self):
        """Return everything that the delivery of this message needs."""
        self.ensure_one()
        endpoint = self.endpoint_id
        body = self._body()
        secrets = unexpired(endpoint._live_secrets("outbound"))
        headers = {
            "Content-Type": self.media_type,
            "User-Agent": f"Odoo/{release.series} freight_tms_connector",
            "Idempotency-Key": self.uuid,
            "Content-Digest": f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:",
            "traceparent": self._traceparent(),
        }
        problem = None
        if endpoint.state != "active" or endpoint.deliveries_stopped or not endpoint.url:
            problem = _("The endpoint takes no messages.")
        elif not endpoint.outbound_profile_id or not secrets:
            problem = _("The endpoint has no secret to sign with.")
        else:
            profile = endpoint.outbound_profile_id._profile()
            try:
                headers |= sign(profile, secrets[0], body, self.uuid, time.time(), secrets[1:])
            except SignatureError as error:
                problem = _("The secret does not fit its profile: %s", error)
        return {"url": endpoint.url, "body": body, "headers": headers, "problem": problem}

    def _record_attempt(self, attempt):
        """Write down what an attempt came to, and what follows of it."""
        self.ensure_one()
        self.env["freight.message.attempt"].create({"message_id": self.id, **attempt["log"]})
        self.attempts += 1
        if attempt["outcome"] is Outcome.DONE:
            self.write(
                {
                    "state": "delivered",
                    "delivered": fields.Datetime.now(),
                    "error": False,
                    "next_attempt": False,
                    **UNCLAIMED,
                }
            )
            self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)
            return
        if attempt["outcome"] is Outcome.DISABLE:
            self.endpoint_id.deliveries_stopped = True
        delay = None
        if attempt["outcome"] is Outcome.RETRY:
            now = fields.Datetime.now().replace(tzinfo=timezone.utc)
            delay = next_delay(self.attempts, retry_after=attempt["retry_after"], now=now)
        self._put_off_or_bury(delay, attempt["log"]["answer"])

    def _queue_failed(self, error):
        """The delivery itself broke, on our side: try again by the same schedule."""
        self.attempts += 1
        self._put_off_or_bury(next_delay(self.attempts), f"{type(error).__name__}: {error}")

    def _queue_give_up(self, error):
        """Workers die of it: only a person touches it again."""
        self._bury(error)

    def _put_off_or_bury(self, delay, error):
        """Wait for ``delay`` before the next attempt; without one there is none."""
        if delay is None:
            self._bury(error)
        else:
            self._put_off(fields.Datetime.now() + delay, error)

    # What people do ------------------------------------------------------------------------------

    def action_resend(self):
        """Send these messages again under the same id."""
        messages = self._for_action()
        messages._restart("queued")
        messages._close_settled_cases(messages.endpoint_id)

    def action_cancel(self):
        """Give up on messages, so that those behind them can go.

        :raise UserError: for a message that was delivered
        """
        if any(message.state == "delivered" for message in self):
            raise UserError(_("What was delivered cannot be cancelled; send a change instead."))
        messages = self._for_action()
        messages.write({"state": "cancelled", **UNCLAIMED})
        messages._close_settled_cases(messages.endpoint_id)
        self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)

    def action_open_trace(self):
        """Open the trace page of the shipment that this message speaks of."""
        return self.shipment_id.action_open_trace()

    def _trace_node(self):
        """Return this message as a node of the trace page."""
        self.ensure_one()
        states = dict(self._fields["state"]._description_selection(self.env))
        return {
            "stage": "outbox",
            "model": self._name,
            "res_id": self.id,
            "title": self.event_type,
            "subtitle": self.endpoint_id.name,
            "time": iso_utc(self.create_date.replace(microsecond=0)),
            "amount": None,
            "state": states[self.state],
            "trace_id": self.trace_id,
            "parent": None,
        }


def _post(parcel):
    """POST a parcel; return {"outcome", "retry_after", "log"}. Never raises for the network."""
    started, clock = fields.Datetime.now(), time.monotonic()
    status, retry_after = 0, None
    if parcel["problem"]:
        outcome, answer = Outcome.DEAD, parcel["problem"]
    else:
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.post(
                    parcel["url"],
                    data=parcel["body"],
                    headers=parcel["headers"],
                    timeout=TIMEOUTS,
                    allow_redirects=False,
                    stream=True,
                )
                excerpt = response.raw.read(EXCERPT, decode_content=True)
            status, answer = response.status_code, excerpt.decode("utf-8", "replace")
            outcome, retry_after = classify(status), response.headers.get("Retry-After")
        except (requests.RequestException, HTTPError) as error:
            outcome, answer = Outcome.RETRY, f"{type(error).__name__}: {error}"[:EXCERPT]
    return {
        "outcome": outcome,
        "retry_after": retry_after,
        "log": {
            "started": started,
            "duration": time.monotonic() - clock,
            "status": status,
            "outcome": outcome.value,
            "answer": answer or _("HTTP %s", status),
        },
    }
