import json
import re
import time
import uuid
from dataclasses import dataclass, field, replace

from odoo import api, models

from .. import codecs
from ..signing import SignatureError, verify
from .freight_admission import Arrival, message_key
from .freight_endpoint import unexpired

CODEC_OF_MEDIA = {
    "application/json": "json",
    "application/edi-x12": "x12",
    "application/edifact": "edifact",
    "text/csv": "csv",
}
#: Types that say nothing: the body itself tells.
OPAQUE_MEDIA = {"", "text/plain", "application/octet-stream", "application/edi-consent"}

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
        key = message_key(request.body, verified.message_id, request.headers.get("Idempotency-Key"))
        arrival = Arrival(
            endpoint_id=door.id,
            company_id=door.company_id,
            body=request.body,
            codec=codec or sniff(request.body),
            key=key,
            trace_id=request.trace_id,
            media_type=request.media_type,
        )
        try:
            codecs.get(arrival.codec).check(request.body, **door.options.get(arrival.codec, {}))
        except codecs.CodecError as error:
            arrival = self._malformed(arrival, error)
        return self._store(arrival)

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
    def _malformed(self, arrival, error):
        """Return what cannot be read for quarantine, where it is EDI or a file.

        :raise Rejection: 400 for JSON, which is kept as evidence
        """
        if arrival.codec != "json":
            return replace(arrival, state="quarantined", error=str(error))
        self.env["freight.admission"]._keep_evidence([(arrival, f"malformed: {error}")])
        raise Rejection(400, "malformed", f"The body is no valid JSON: {error}")

    @api.model
    def _store(self, arrival):
        """Take ``arrival`` in and return its :class:`Answer`.

        :raise Rejection: 422 when another body came under its key before
        """
        (admission,) = self.env["freight.admission"]._admit([arrival])
        if admission.mismatch:
            raise Rejection(
                422, "idempotency-mismatch", "Another body was sent under this id before."
            )
        return Answer(
            status=200 if admission.duplicate else 202,
            body=admission_body(admission),
            headers={"Location": f"/freight/v1/messages/{admission.uuid}"},
        )


def admission_body(admission):
    """Return what the sender is told of an :class:`~.freight_admission.Admission`."""
    return {
        "id": admission.uuid,
        "status": "quarantined" if admission.state == "quarantined" else "accepted",
        "duplicate": admission.duplicate,
        "received_at": f"{admission.received.isoformat()}Z",
        "trace_id": admission.trace_id,
    }


def sniff(body):
    """Tell the codec from the first bytes."""
    head = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:3]
    if head == b"ISA":
        return "x12"
    if head in (b"UNA", b"UNB"):
        return "edifact"
    return "json" if head[:1] in (b"{", b"[") else "csv"


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
