import hashlib
import json
import re
import time
import uuid
from dataclasses import dataclass, field

from odoo import api, fields, models
from odoo.addons.freight_canonical import db

from .. import codecs
from ..signing import SignatureError, verify
from .freight_endpoint import unexpired

CODEC_OF_MEDIA = {
    "application/json": "json",
    "application/edi-x12": "x12",
    "application/edifact": "edifact",
    "text/csv": "csv",
}
#: Types that say nothing: the body itself tells.
OPAQUE_MEDIA = {"", "text/plain", "application/octet-stream", "application/edi-consent"}

#: Characters; a longer id is kept as its digest, since an index holds it.
LONGEST_KEY = 255

#: W3C Trace Context, version 00; ids of nothing but zeros are invalid.
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the reception sees it; ``headers`` is a case-insensitive mapping."""

    source: str
    media_type: str
    headers: object
    query: dict
    body: bytes
    trace_id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender of an accepted message is told."""

    status: int
    body: dict
    headers: dict


class Rejection(Exception):
    """Stops the checks with an answer. ``reason`` is for the log only."""

    def __init__(self, status, problem, detail, reason="", headers=None):
        super().__init__(reason or detail)
        self.status = status
        self.problem = problem
        self.detail = detail
        self.headers = headers or {}


class FreightReception(models.AbstractModel):
    """Takes a message in: checks, stores, answers. Nothing else happens inside the request."""

    _name = "freight.reception"
    _description = "Reception of Messages"

    @api.model
    def _door_or_reject(self, source):
        """Return the open door of ``source``.

        :raise Rejection: 404 for an unknown or disabled source, 410 for a retired one
        """
        door = self.env["freight.endpoint"]._door(source)
        if door is None or door.state == "disabled":
            raise Rejection(404, "unknown-source", "There is no such source.")
        if door.state == "retired":
            raise Rejection(410, "retired-source", "This source was retired.")
        return door

    @api.model
    def _receive(self, request, door):
        """Authenticate, check and store ``request``; return its :class:`Answer`.

        :raise Rejection: for what is not accepted
        :raise VaultError: without a key nothing is accepted
        """
        codec = self._codec(request, door)
        verified = self._authenticate(request, door)
        digest = hashlib.sha256(request.body).hexdigest()
        values = {
            "endpoint_id": door.id,
            "company_id": door.company_id,
            "trace_id": request.trace_id,
            "digest": digest,
            "media_type": request.media_type,
            "codec": codec or self._sniff(request.body),
            "size": len(request.body),
            "received": fields.Datetime.now(),
            "message_key": self._message_key(request, verified, digest),
        }
        try:
            codecs.get(values["codec"]).check(request.body)
        except codecs.CodecError as error:
            return self._malformed(values, request.body, error)
        return self._store(values, request.body)

    @api.model
    def _message_key(self, request, verified, digest):
        """Return what makes a message the same one: the sender's id, else the body's digest."""
        key = verified.message_id or request.headers.get("Idempotency-Key") or f"sha256:{digest}"
        if len(key) <= LONGEST_KEY:
            return key
        return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"

    @api.model
    def _codec(self, request, door):
        """Return the codec named by the media type, None where it does not tell.

        :raise Rejection: 415, in particular for forms, whose body Odoo has parsed and consumed
        """
        media = request.media_type
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise Rejection(415, "unsupported-encoding", "Send the body uncompressed.")
        if media in CODEC_OF_MEDIA or media.endswith("+json"):
            return door.codec or CODEC_OF_MEDIA.get(media, "json")
        if media in OPAQUE_MEDIA:
            return door.codec
        raise Rejection(415, "unsupported-media-type", f"{media} is not accepted here.")

    @api.model
    def _authenticate(self, request, door):
        """Return what the signature proves.

        :raise Rejection: 401 with one generic text, whatever was wrong
        """
        try:
            if door.profile is None:
                raise SignatureError("the source has no authentication profile")
            secrets = unexpired(door.secrets)
            return verify(
                door.profile, secrets, request.headers, request.body, time.time(), request.query
            )
        except SignatureError as error:
            raise Rejection(
                401,
                "unauthenticated",
                "The request could not be authenticated.",
                reason=f"{request.source}: {error}",
            ) from error

    @api.model
    def _sniff(self, body):
        """Tell the codec from the first bytes."""
        head = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:3]
        if head == b"ISA":
            return "x12"
        if head in (b"UNA", b"UNB"):
            return "edifact"
        return "json" if head[:1] in (b"{", b"[") else "csv"

    @api.model
    def _malformed(self, values, body, error):
        """Keep what cannot be read: quarantine EDI and files, refuse JSON with 400."""
        if values["codec"] != "json":
            return self._store({**values, "state": "quarantined", "error": str(error)}, body)
        self._keep_evidence(values, body, f"malformed: {error}")
        raise Rejection(400, "malformed", f"The body is no valid JSON: {error}")

    @api.model
    def _keep_evidence(self, values, body, error):
        with db.read_committed(self.pool) as cr:
            self._insert(
                cr, {**values, "state": "refused", "message_key": None, "error": error}, body
            )

    @api.model
    def _store(self, values, body):
        """Insert the message once; a repeat is counted and answered with the first one's id."""
        values = {"state": "received", "error": None, **values}
        with db.read_committed(self.pool) as cr:
            inserted = self._insert(cr, values, body)
            if inserted:
                if values["state"] == "received":
                    self.env["freight.queue.lane"]._wake("inbox", cr)
                return self._accepted(inserted, values)
            first = self._first(cr, values)
            if first["digest"] == values["digest"]:
                cr.execute(
                    "INSERT INTO freight_message_duplicate (message_id, received) VALUES (%s, %s)",
                    [first["id"], values["received"]],
                )
                return self._accepted(first["uuid"], first, duplicate=True)
        self._keep_evidence(values, body, f"another body came first as {first['uuid']}")
        raise Rejection(422, "idempotency-mismatch", "Another body was sent under this id before.")

    @api.model
    def _insert(self, cr, values, body):
        """Insert message and sealed payload in one statement; return the uuid, None if known."""
        key = uuid.uuid4().hex
        sealed = self.env["freight.vault"]._vault().seal(body, ("freight.message.in", key, "body"))
        row = {**values, "uuid": key, "attempts": 0, "create_date": values["received"]}
        columns = list(row)
        cr.execute(
            f"""
            WITH message AS (
                INSERT INTO freight_message_in ({", ".join(columns)})
                VALUES ({", ".join(["%s"] * len(columns))})
                ON CONFLICT (endpoint_id, message_key) WHERE message_key IS NOT NULL DO NOTHING
                RETURNING id)
            INSERT INTO freight_message_payload (direction, message_id, sealed)
            SELECT 'in', id, %s FROM message RETURNING message_id
            """,
            [*row.values(), sealed],
        )
        return key if cr.fetchone() else None

    @api.model
    def _first(self, cr, values):
        cr.execute(
            "SELECT id, uuid, digest, received, trace_id, state FROM freight_message_in"
            " WHERE endpoint_id = %s AND message_key = %s",
            [values["endpoint_id"], values["message_key"]],
        )
        return cr.dictfetchone()

    @api.model
    def _accepted(self, key, values, duplicate=False):
        quarantined = values["state"] == "quarantined"
        return Answer(
            status=200 if duplicate else 202,
            body={
                "id": key,
                "status": "quarantined" if quarantined else "accepted",
                "duplicate": duplicate,
                "received_at": f"{values['received'].isoformat()}Z",
                "trace_id": values["trace_id"],
            },
            headers={"Location": f"/freight/v1/messages/{key}"},
        )


def trace_id_of(traceparent):
    """Return the trace id of a W3C ``traceparent`` header, or a new one."""
    match = _TRACEPARENT.fullmatch((traceparent or "").strip())
    return match.group(1) if match else uuid.uuid4().hex


def problem_body(status, problem, detail, trace_id):
    """Return an RFC 9457 problem document as JSON text."""
    return json.dumps(
        {
            "type": f"/freight/v1/problems/{problem}",
            "title": problem.replace("-", " ").capitalize(),
            "status": status,
            "detail": detail,
            "code": problem,
            "trace_id": trace_id,
        }
    )
