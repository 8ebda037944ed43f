"""Events and shipments that partners POST as canonical documents."""

from odoo import api, models

from ..api_operation import CLOUDEVENT, CLOUDEVENTS, Reply
from ..cloudevents import split
from ..codecs.canonical import KIND, opened
from ..schemas import SchemaError
from .freight_admission import Arrival, message_key
from .freight_api import Problem, schema_problem
from .freight_reception import admission_body, problem_document

#: Kinds of systems that plan freight and may send shipments.
PLANNERS = ("tms", "carrier")
_MISMATCH = ("idempotency-mismatch", "Another body was sent under this id before.")


class FreightApiIntake(models.AbstractModel):
    """Takes in what the API is sent: into the same inbox as all, with the same idempotency."""

    _name = "freight.api.intake"
    _description = "API Intake"

    @api.model
    def _api_shipment(self, call):
        """Take in one shipment document.

        :raise Problem: 403 for a system that does not plan freight
        """
        system = self.env["freight.system"].browse(call.caller.system_id)
        if system.kind not in PLANNERS:
            raise Problem(
                403, "not-a-planner", "Only a system that plans freight may send shipments."
            )
        return self._take_in_one(call, f"key:{_key_of(call)}")

    @api.model
    def _api_events(self, call):
        """Take in one event or a batch of them."""
        if isinstance(call.document, list):
            return self._take_in_batch(call)
        key = _key_of(call)
        identity = opened(call.document).get("id")
        return self._take_in_one(call, f"key:{key}" if key else _identity_key(identity))

    # One ----------------------------------------------------------------------------------------

    @api.model
    def _take_in_one(self, call, key):
        arrival = self._arrival(call, call.body, key)
        (admission,) = self.env["freight.admission"]._admit([arrival])
        if admission.mismatch:
            raise Problem(422, *_MISMATCH)
        return Reply(
            200 if admission.duplicate else 202,
            admission_body(admission),
            {"Location": _location(admission)},
        )

    @api.model
    def _arrival(self, call, body, key, **values):
        """Return what goes into the inbox; keys of the API are apart from those of webhooks."""
        caller = call.caller
        return Arrival(
            endpoint_id=caller.endpoint_id,
            company_id=caller.company_id,
            body=body,
            codec=KIND,
            key=message_key(body, key and f"api:{key}"),
            trace_id=call.trace_id,
            channel="api",
            media_type=call.media_type,
            **values,
        )

    @api.model
    def _keep_refused(self, call, why):
        """Keep a body that was refused after authentication, as evidence."""
        arrival = self._arrival(call, call.body, None)
        self.env["freight.admission"]._keep_evidence([(arrival, why)])

    # Many ---------------------------------------------------------------------------------------

    @api.model
    def _take_in_batch(self, call):
        """Check each item by itself, store the good ones in one transaction, answer each."""
        arrivals, problems = {}, {}
        for place, (item, body) in enumerate(zip(call.document, split(call.body), strict=True)):
            key = _identity_key(opened(item).get("id"))
            arrivals[place] = self._arrival(call, body, key)
            try:
                self._check_item(call, item)
            except SchemaError as error:
                problems[place] = schema_problem(error)
        self.env["freight.admission"]._keep_evidence(
            (arrivals.pop(place), f"schema: {problem.members['errors']}")
            for place, problem in problems.items()
        )
        stored = self.env["freight.admission"]._admit(arrivals.values()) if arrivals else []
        results = {
            place: _item(admission, call.trace_id)
            for place, admission in zip(arrivals, stored, strict=True)
        }
        for place, problem in problems.items():
            results[place] = _rejected(problem, call.trace_id)
        return self._batch_reply(call, results)

    @api.model
    def _check_item(self, call, item):
        """Check one item of a batch.

        :raise SchemaError: with the first violation
        """
        name = "CloudEvent" if call.media_type in (CLOUDEVENT, CLOUDEVENTS) else "Event"
        self.env["freight.api"]._check({"$ref": f"#/definitions/{name}"}, item)

    @api.model
    def _batch_reply(self, call, results):
        rejected = sum(result["status"] == "rejected" for result in results.values())
        return Reply(
            202,
            {
                "accepted": len(results) - rejected,
                "rejected": rejected,
                "results": [{"index": place, **results[place]} for place in sorted(results)],
                "trace_id": call.trace_id,
            },
        )


def _key_of(call):
    """Return the Idempotency-Key, which may stand in quotes (a structured header), or None."""
    return (call.headers.get("Idempotency-Key") or "").strip('"') or None


def _identity_key(identity):
    return f"event:{identity}" if isinstance(identity, str) and identity else None


def _location(admission):
    return f"/freight/v1/messages/{admission.uuid}"


def _item(admission, trace_id):
    """Return the result of a stored item of a batch, or of one whose id stands for another."""
    if admission.mismatch:
        return _rejected(Problem(422, *_MISMATCH), trace_id)
    return {**admission_body(admission), "location": _location(admission)}


def _rejected(problem, trace_id):
    document = problem_document(problem.status, problem.problem, problem.detail, trace_id)
    return {"status": "rejected", "problem": document | problem.members}
