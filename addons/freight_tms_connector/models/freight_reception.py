import re
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from odoo import api, fields, models

from .. import cloudevents, codecs, inflating
from ..addresses import is_within
from ..codecs.json_codec import load
from ..signing import SignatureError, verify
from .freight_admission import Arrival, message_key

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
    """A request as the reception sees it; ``headers`` is a case-insensitive mapping.

    :ivar address: whose it is, behind all proxies that are trusted
    """

    source: str
    media_type: str
    headers: object
    query: dict
    body: bytes
    trace_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    address: str = ""

    @property
    def coding(self):
        """The content coding of the body, "identity" for none."""
        return (self.headers.get("Content-Encoding") or "").strip().lower() or "identity"


@dataclass(frozen=True, slots=True)
class Proven:
    """What is known of a request once its sender is: its codec, signed id, and secret used."""

    codec: str | None
    message_id: str | None
    credential_id: int | None


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
    def _receive(self, request, door):
        """Prove, check and store ``request``; return its :class:`Answer`.

        :raise Rejection: for what is not accepted
        :raise VaultError: without a key nothing is accepted
        """
        return self._take_in(request, door, self._prove(request, door))

    # Until the sender is known ------------------------------------------------------------------

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
    def _prove(self, request, door):
        """Return what is :class:`Proven` of ``request``.

        :raise Rejection: 415 or 401
        """
        codec = self._codec(request, door)
        self._check_coding(request, door)
        self._check_network(request, door)
        message_id, credential_id = self._authenticate(request, door)
        return Proven(codec, message_id, credential_id)

    @api.model
    def _codec(self, request, door):
        """Return the codec named by the media type, None where it does not tell.

        :raise Rejection: 415, in particular for forms, whose body Odoo has parsed and consumed
        """
        media = request.media_type
        if media == cloudevents.BATCH:
            return "json"
        if media in CODEC_OF_MEDIA or media.endswith("+json"):
            return door.codec or CODEC_OF_MEDIA.get(media, "json")
        if media in OPAQUE_MEDIA:
            return door.codec
        raise Rejection(415, "unsupported-media-type", f"{media} is not accepted here.")

    @api.model
    def _check_coding(self, request, door):
        if request.coding == "identity" or (door.inflates and inflating.is_known(request.coding)):
            return
        raise Rejection(
            415,
            "unsupported-encoding",
            f"Send the body as {inflating.CODINGS} or uncompressed."
            if door.inflates
            else "Send the body uncompressed.",
            headers={"Accept-Encoding": inflating.CODINGS if door.inflates else "identity"},
        )

    @api.model
    def _authenticate(self, request, door):
        """Return the message id and the id of the credential that prove the sender.

        The signature covers the bytes as they were sent: nothing is inflated for a stranger.

        :raise Rejection: 401 with one generic text, whatever was wrong
        """
        try:
            if door.profile is None:
                raise SignatureError("the source has no approved authentication profile")
            now = fields.Datetime.now()
            live = [one for one in door.secrets if not one[0] or one[0] > now]
            secrets = [secret for _expires, secret, _id in live]
            proof = verify(
                door.profile, secrets, request.headers, request.body, time.time(), request.query
            )
            return proof.message_id, live[proof.secret][2]
        except SignatureError as error:
            raise unauthenticated(f"{request.source}: {error}") from error

    @api.model
    def _check_network(self, request, door):
        """Whatever proves a source, it comes from where it may.

        :raise Rejection: 401 as for a wrong signature
        """
        if door.networks and not is_within(request.address, door.networks):
            raise unauthenticated(
                f"{request.source}: {request.address or 'its address'} is not on the list"
            )

    # Who it is is proven ------------------------------------------------------------------------

    @api.model
    def _take_in(self, request, door, proven):
        """Check and store what a proven sender sent.

        :raise Rejection: for what is not accepted
        :raise VaultError: without a key nothing is accepted
        """
        if request.media_type == cloudevents.BATCH:
            return self._take_in_batch(request, door, proven)
        with self._paying(door) as told:
            answer = self._store(self._arrival(request, door, proven))
        return replace(answer, headers={**told, **answer.headers})

    @api.model
    @contextmanager
    def _paying(self, door, cost=1):
        """Spend of the source's quota, and tell of it in whatever answer there is.

        :raise Rejection: 429
        """
        told = self.env["freight.rate.limit"]._spend(door.quota, cost)
        try:
            yield told
        except Rejection as rejection:
            rejection.headers = {**told, **rejection.headers}
            raise

    @api.model
    def _inflated(self, request, door):
        """Return the plain body.

        :raise InflateError: where it is damaged, or larger than the source may send
        """
        if request.coding == "identity":
            return request.body
        return inflating.inflate(request.body, request.coding, door.max_bytes)

    @api.model
    def _not_inflated(self, request, door, arrival, error):
        """Return the :class:`Rejection` of a body that is too large, or damaged and kept."""
        if isinstance(error, inflating.TooLarge):
            return Rejection(
                413, "too-large", f"A message may have {door.max_bytes} bytes, inflated."
            )
        return self._refused(arrival, "malformed", f"The body is no {request.coding}: {error}")

    @api.model
    def _arrival(self, request, door, proven):
        """Return ``request`` as an arrival for the inbox, read as far as the door reads.

        :raise Rejection: 400 for malformed JSON and for a missing id, 413 for a compressed bomb
        """
        arrival = arrival_of(request, door, proven.codec or "json", proven.message_id)
        try:
            request = replace(request, body=self._inflated(request, door))
        except inflating.InflateError as error:
            raise self._not_inflated(request, door, arrival, error) from error
        codec = proven.codec or sniff(request.body)
        arrival = replace(arrival, body=request.body, codec=codec)
        try:
            if request.media_type == cloudevents.STRUCTURED:
                event = load(request.body)
                arrival = self._event_arrival(arrival, event, proven.message_id)
            else:
                codecs.get(codec).check(request.body, **door.options.get(codec, {}))
        except codecs.CodecError as error:
            arrival = self._malformed(arrival, error)
        return self._identified(arrival, request, door)

    @api.model
    def _event_arrival(self, arrival, event, *ids):
        """Return ``arrival`` as the CloudEvent that it is.

        What is no event is quarantined: senders drop or disable a webhook that refuses.
        """
        fault = cloudevents.fault(event)
        return replace(
            arrival,
            key=next(filter(None, (*ids, cloudevents.identity(event))), None),
            trace_id=_trace_id(cloudevents.traceparent(event)) or arrival.trace_id,
            media_type=cloudevents.STRUCTURED,
            state="quarantined" if fault else arrival.state,
            error=fault,
        )

    @api.model
    def _identified(self, arrival, request, door):
        """Return ``arrival`` under what makes it the same message again.

        A CloudEvent in binary mode has its source and id in headers.

        :raise Rejection: 400 where the source must name an id and does not
        """
        headers = request.headers
        in_headers = {"source": headers.get("ce-source"), "id": headers.get("ce-id")}
        ids = (arrival.key, cloudevents.identity(in_headers), headers.get("Idempotency-Key"))
        if door.key_required and not any(ids):
            raise self._refused(
                arrival, "idempotency-key-missing", "This source sends an id with each message."
            )
        return replace(arrival, key=message_key(arrival.body, *ids))

    @api.model
    def _malformed(self, arrival, error):
        """Return what cannot be read for quarantine, where it is EDI or a file.

        :raise Rejection: 400 for JSON, which is kept as evidence
        """
        if arrival.codec != "json":
            return replace(arrival, state="quarantined", error=str(error))
        raise self._refused(arrival, "malformed", f"The body is no valid JSON: {error}")

    @api.model
    def _refused(self, arrival, problem, detail):
        """Keep ``arrival`` as evidence and return the 400 that answers it."""
        self.env["freight.admission"]._keep_evidence([(arrival, f"{problem}: {detail}")])
        return Rejection(400, problem, detail)

    @api.model
    def _store(self, arrival):
        """Take ``arrival`` in and return its :class:`Answer`.

        :raise Rejection: 422 when another body came under its key before
        """
        (admission,) = self.env["freight.admission"]._admit([arrival])
        if admission.mismatch:
            raise mismatch()
        return Answer(
            status=200 if admission.duplicate else 202,
            body=admission_body(admission),
            headers={"Location": f"/freight/v1/messages/{admission.uuid}"},
        )


def unauthenticated(reason):
    """Return the :class:`Rejection` of who did not prove who it is; ``reason`` is for the log."""
    return Rejection(
        401, "unauthenticated", "The request could not be authenticated.", reason=reason
    )


def mismatch():
    """Return the :class:`Rejection` of another body under a known id."""
    return Rejection(422, "idempotency-mismatch", "Another body was sent under this id before.")


def arrival_of(request, door, codec, key):
    """Return ``request`` as an :class:`~.freight_admission.Arrival`."""
    return Arrival(
        endpoint_id=door.id,
        company_id=door.company_id,
        body=request.body,
        codec=codec,
        key=key,
        trace_id=request.trace_id,
        media_type=request.media_type,
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
    return _trace_id(traceparent) or uuid.uuid4().hex


def _trace_id(traceparent):
    match = _TRACEPARENT.fullmatch((traceparent or "").strip())
    return match.group(1) if match else None


def problem_document(status, problem, detail, trace_id):
    """Return an RFC 9457 problem document as a dict."""
    return {
        "type": f"/freight/v1/problems/{problem}",
        "title": problem.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": problem,
        "trace_id": trace_id,
    }
