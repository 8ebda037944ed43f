"""Events, and what became of what was sent."""

from ..api_operation import (
    CLOUDEVENT,
    CLOUDEVENTS,
    JSON,
    Answer,
    Body,
    OneOrMany,
    Operation,
    Parameter,
)
from .common import ID, IDEMPOTENCY_KEY, UNKNOWN, answers

_EVENT = {
    "kind": "event",
    "id": "evt-1",
    "shipment": {"references": [{"type": "shipment", "value": "SHP-00042"}]},
    "type": "delivered",
    "raw_code": "D1",
    "classifier": "actual",
    "occurred": "2026-11-04T11:15:00-06:00",
    "place": {"city": "Dallas", "state": "TX", "country": "US"},
}
EVENTS = (
    Operation(
        id="sendEvents",
        method="POST",
        path="/events",
        summary="Report an event, or up to 500",
        description="A single event, an array of them, one CloudEvent or a batch. A single event"
        " that is wrong is refused with 422; in a batch its result carries the problem and the"
        " others are stored. The identity is the Idempotency-Key (of a single one), else the"
        " event's id, else its content.",
        tag="Events",
        scope="events:write",
        model="freight.api.intake",
        handler="_api_events",
        keeps_refused=True,
        parameters=(
            Parameter(**IDEMPOTENCY_KEY, description="Makes a single event the same one again."),
        ),
        body=Body(
            {
                JSON: OneOrMany(
                    {"$ref": "#/definitions/Event"}, {"$ref": "#/definitions/EventBatch"}
                ),
                CLOUDEVENT: {"$ref": "#/definitions/CloudEvent"},
                CLOUDEVENTS: {"$ref": "#/definitions/CloudEventBatch"},
            },
            _EVENT,
        ),
        answers=answers(
            s202=Answer("Stored.", "EventReceipt", headers=("Location",)),
            s200=Answer("A repeat, with the first one's id.", "Receipt", headers=("Location",)),
        ),
    ),
    Operation(
        id="readMessage",
        method="GET",
        path="/messages/{id}",
        summary="Ask what became of something you sent",
        tag="Messages",
        scope="messages:read",
        model="freight.message.in",
        handler="_api_read",
        parameters=(Parameter("id", ID, "As the receipt says.", place="path", required=True),),
        answers=answers(s200=Answer("The message.", "MessageView"), s404=UNKNOWN),
    ),
)
