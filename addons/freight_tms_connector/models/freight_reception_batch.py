from dataclasses import replace

from odoo import api, models

from .. import cloudevents, codecs, inflating
from ..codecs.json_codec import load
from .freight_admission import message_key
from .freight_reception import (
    Answer,
    Rejection,
    admission_body,
    arrival_of,
    mismatch,
    problem_document,
)


class FreightReception(models.AbstractModel):
    _inherit = "freight.reception"

    @api.model
    def _take_in_batch(self, request, door, proven):
        """Store each event of a CloudEvents batch as a message of its own.

        Each costs one of the quota; how many there are is known only once the array is read, so
        that a batch is read before it is paid for.

        :return: an :class:`Answer` with one result per event, in their order
        :raise Rejection: 400 for what is no array, 413 for too many events, 429
        """
        bodies, error = self._split(request, door)
        with self._paying(door, max(1, len(bodies))) as told:
            if error:
                raise self._unreadable(request, door, error)
            results = self._store_items([self._read_event(request, door, body) for body in bodies])
        return Answer(202, {"results": results, "trace_id": request.trace_id}, dict(told))

    @api.model
    def _split(self, request, door):
        """Return (bodies of the events, None), or ([], why there are none)."""
        try:
            return cloudevents.split(self._inflated(request, door)), None
        except (inflating.InflateError, cloudevents.TooManyItems, codecs.CodecError) as error:
            return [], error

    @api.model
    def _unreadable(self, request, door, error):
        if isinstance(error, cloudevents.TooManyItems):
            return Rejection(
                413,
                "too-many-items",
                f"A batch may have {cloudevents.MAX_ITEMS} events. Send several batches.",
            )
        arrival = arrival_of(request, door, "json", None)
        if isinstance(error, inflating.InflateError):
            return self._not_inflated(request, door, arrival, error)
        return self._refused(arrival, "malformed", f"The body is no batch of events: {error}")

    @api.model
    def _read_event(self, request, door, body):
        """Return one event as (arrival, None), or as (evidence, problem) where it is refused."""
        item = replace(arrival_of(request, door, "json", None), body=body)
        try:
            arrival = self._event_arrival(item, load(body))
        except codecs.CodecError as error:
            return item, Rejection(400, "malformed", f"The event is no valid JSON: {error}")
        if door.key_required and not arrival.key:
            return arrival, Rejection(
                400, "idempotency-key-missing", "This source sends an id with each message."
            )
        return replace(arrival, key=message_key(body, arrival.key)), None

    @api.model
    def _store_items(self, read):
        """Take in what is not refused by one statement, and return a result for each."""
        admission = self.env["freight.admission"]
        admission._keep_evidence(
            (arrival, f"{rejection.problem}: {rejection.detail}")
            for arrival, rejection in read
            if rejection
        )
        taken = [arrival for arrival, rejection in read if not rejection]
        admissions = iter(admission._admit(taken) if taken else ())
        return [
            _refused(arrival, rejection) if rejection else _stored(arrival, next(admissions))
            for arrival, rejection in read
        ]


def _refused(arrival, rejection):
    return {
        "status": "rejected",
        "http_status": rejection.status,
        "problem": problem_document(
            rejection.status, rejection.problem, rejection.detail, arrival.trace_id
        ),
    }


def _stored(arrival, admission):
    if admission.mismatch:
        return _refused(arrival, mismatch())
    result = {"http_status": 200 if admission.duplicate else 202, **admission_body(admission)}
    if arrival.error:
        result["problem"] = problem_document(202, "no-event", arrival.error, admission.trace_id)
    return result
