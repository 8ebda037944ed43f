"""The outbox as its receiver fetches it: what waits is offered until it is acknowledged."""

import hashlib
import json
from base64 import b64encode

from odoo import SUPERUSER_ID, _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import iso_utc

from ..api_operation import Reply
from ..retry import Outcome
from .freight_api import Problem
from .freight_message_out import MEDIA_TYPE

#: Bytes of messages that a page stops at, so that long ones do not fill the worker's memory.
PAGE_SIZE = 8 * 1024 * 1024
WAITING = ("queued", "retry")

#: What waits for endpoint %s after id %s: not what follows a dead letter that holds it back, and
#: nothing whose content was erased or could not be written.
_OFFERED = """
    SELECT q.id, q.size FROM freight_message_out q
     WHERE q.endpoint_id = %s AND q.id > %s AND q.state IN ('queued', 'retry')
       AND q.unwritten IS NOT TRUE
       AND EXISTS (SELECT 1 FROM freight_message_payload p
                    WHERE p.direction = 'out' AND p.message_id = q.id)
       AND NOT EXISTS (
           SELECT 1 FROM freight_message_out earlier
            WHERE earlier.endpoint_id = q.endpoint_id
              AND earlier.partition_key = q.partition_key
              AND earlier.id < q.id AND earlier.state = 'dead'
              AND 'block' = (SELECT policy.on_dead_letter FROM freight_endpoint policy
                              WHERE policy.id = q.endpoint_id))
     ORDER BY q.id LIMIT %s
"""


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    # Calls ---------------------------------------------------------------------------------------

    @api.model
    def _api_outbox(self, call):
        """Return a page of what waits for the caller, the first written first."""
        endpoint = self._fetching(call.caller)
        after = self.env["freight.api"]._position(call) or [0]
        limit = self.env["freight.api"]._limit_of(call)
        self.flush_model()
        self.env.cr.execute(_OFFERED, [endpoint.id, after[0], limit + 1])
        rows = self.env.cr.fetchall()
        ids = _fitting(rows[:limit])
        more = len(ids) < len(rows)
        return Reply(
            200,
            {
                "items": self._offered(ids, WAITING, lambda one, body: one._api_event(body)),
                "next": self.env["freight.api"]._cursor_at(call, [ids[-1]]) if more else None,
            },
        )

    @api.model
    def _api_outbox_message(self, call):
        """Return the bytes of a message that waits for the caller, or that it acknowledged."""
        endpoint = self._fetching(call.caller)
        found = self.search([("uuid", "=", call.path["id"]), ("endpoint_id", "=", endpoint.id)])
        replies = self._offered(
            found.ids, (*WAITING, "delivered"), lambda one, body: one._api_bytes(body)
        )
        if not replies:
            raise Problem(404, "not-found", "No message with this id waits for you.")
        return replies[0]

    @api.model
    def _api_acknowledge(self, call):
        """Record that the caller has messages; say of each id what it was.

        Their rows are locked: of two calls at once one waits, and finds them acknowledged.
        """
        endpoint = self._fetching(call.caller)
        ids = call.document["ids"]
        self.flush_model()
        self.env.cr.execute(
            "SELECT id, uuid, state FROM freight_message_out"
            " WHERE endpoint_id = %s AND uuid = ANY(%s) ORDER BY id FOR UPDATE",
            [endpoint.id, ids],
        )
        rows = self.env.cr.fetchall()
        self.browse(key for key, _uuid, state in rows if state in WAITING)._acknowledge()
        results = {identity: _result_of(state) for _key, identity, state in rows}
        return Reply(
            200,
            {"results": [{"id": one, "result": results.get(one, "unknown")} for one in ids]},
        )

    # Rules ---------------------------------------------------------------------------------------

    @api.model
    def _fetching(self, caller):
        """Return the endpoint of ``caller``, which fetches its messages.

        :raise Problem: 403 for one that we send to, or that this database may not speak with
        """
        endpoint = self.env["freight.endpoint"].browse(caller.endpoint_id)
        if endpoint.delivery_way != "pull":
            raise Problem(
                403,
                "not-fetched",
                "Your messages are sent to you. To fetch them, ask us to set your connection so.",
            )
        closed = endpoint._closed_because()
        if closed:
            raise Problem(403, "environment-closed", closed)
        return endpoint

    @api.model
    def _offered(self, ids, states, view):
        """Return ``view(message, body)`` of those of ``ids`` that are in ``states`` and written.

        They are read in a transaction of its own, which sees the numbers that EDI has just got.
        """
        self._number(ids)
        with db.read_committed(self.pool) as cr:
            env = api.Environment(cr, SUPERUSER_ID, dict(self.env.context))
            messages = env[self._name].browse(ids)
            messages.invalidate_recordset()
            ready = messages.filtered(
                lambda one: one.state in states and not one.unwritten and not one.unnumbered
            )
            bodies = ready._bodies()
            return [view(one, bodies[one.id]) for one in ready if one.id in bodies]

    def _acknowledge(self):
        """Record these messages as delivered."""
        log = {
            "started": fields.Datetime.now(),
            "duration": 0.0,
            "status": 200,
            "outcome": Outcome.DONE.value,
            "answer": _("They fetched and acknowledged it."),
        }
        self._record_attempts(
            {
                message.id: {
                    "outcome": Outcome.DONE,
                    "retry_after": None,
                    "log": log,
                    "parcel": {"way": "pull"},
                }
                for message in self
            }
        )

    # Views ---------------------------------------------------------------------------------------

    def _api_event(self, body):
        """Return this message as a CloudEvent: as it is, or around its bytes."""
        event = _event_of(body) if self.media_type == MEDIA_TYPE else None
        if event and event.get("id") == self.uuid:
            return event
        envelope = {
            **self._cloud_event(None),
            "time": iso_utc(self.create_date),
            "datacontenttype": self.media_type or "application/octet-stream",
            "data_base64": b64encode(body).decode(),
        }
        del envelope["data"]
        envelope.pop("dataschema", None)  # it describes the data of our own form
        return {name: value for name, value in envelope.items() if value}

    def _api_bytes(self, body):
        digest = b64encode(hashlib.sha256(body).digest()).decode()
        return Reply(
            200,
            body,
            {
                "Content-Digest": f"sha-256=:{digest}:",
                "Content-Disposition": f'attachment; filename="{self.uuid}"',
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
            },
            media_type=self.media_type or "application/octet-stream",
        )


def _event_of(body):
    """Return the JSON object in ``body``, None where there is none."""
    try:
        event = json.loads(body)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _fitting(rows):
    """Return the ids of those first ``rows`` (id, size) that a page has room for, at least one.

    >>> _fitting([(1, 9), (2, PAGE_SIZE), (3, 1)])
    [1]
    """
    ids, total = [], 0
    for key, size in rows:
        total += size or 0
        if ids and total > PAGE_SIZE:
            break
        ids.append(key)
    return ids


def _result_of(state):
    if state in WAITING:
        return "acknowledged"
    return "already" if state == "delivered" else "unknown"
