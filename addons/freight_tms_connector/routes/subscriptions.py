"""Subscriptions: what of our events a partner is told of, and what came of telling it."""

from ..api_operation import JSON, PUBLIC, Answer, Body, Operation, Parameter
from .common import CURSOR, ID, LIMIT, NO_MATCH, NOT_CHANGED, UNKNOWN, answers, page

_ID = Parameter("id", ID, "As creating it answered.", place="path", required=True)
_READ, _WRITE = "subscriptions:read", "subscriptions:write"
_OF = {"tag": "Subscriptions", "model": "freight.api.subscriptions"}
_EXAMPLE = {
    "url": "https://hooks.example.com/freight",
    "events": ["shipment.*", "tender.sent"],
    "carriers": ["ABCD"],
}

SUBSCRIPTIONS = (
    Operation(
        id="listSubscriptions",
        method="GET",
        path="/subscriptions",
        summary="List your subscriptions",
        scope=_READ,
        handler="_api_list",
        parameters=(LIMIT, CURSOR),
        answers=answers(s200=page("SubscriptionPage")),
        **_OF,
    ),
    Operation(
        id="createSubscription",
        method="POST",
        path="/subscriptions",
        summary="Subscribe to events",
        description="With a `url` of its own a subscription has its own secret, which is shown in"
        " this answer only. Without one it goes to the address that we agreed upon. Private"
        " addresses are refused. You hear of shipments that are yours, whatever you ask for.",
        scope=_WRITE,
        handler="_api_create",
        body=Body({JSON: {"$ref": "#/definitions/SubscriptionRequest"}}, _EXAMPLE),
        answers=answers(
            s201=Answer("Subscribed.", "SubscriptionView", headers=("Location",)),
        ),
        **_OF,
    ),
    Operation(
        id="readSubscription",
        method="GET",
        path="/subscriptions/{id}",
        summary="Read a subscription",
        scope=_READ,
        handler="_api_read",
        parameters=(_ID,),
        answers=answers(s200=Answer("The subscription.", "SubscriptionView"), s404=UNKNOWN),
        **_OF,
    ),
    Operation(
        id="changeSubscription",
        method="PUT",
        path="/subscriptions/{id}",
        summary="Change, pause or resume a subscription",
        description="What happens while it is paused is kept, and sent when it is active again.",
        scope=_WRITE,
        handler="_api_change",
        parameters=(_ID,),
        body=Body(
            {JSON: {"$ref": "#/definitions/SubscriptionChange"}},
            {"events": ["shipment.delivered"], "status": "paused"},
        ),
        answers=answers(s200=Answer("As it is now.", "SubscriptionView"), s404=UNKNOWN),
        **_OF,
    ),
    Operation(
        id="deleteSubscription",
        method="DELETE",
        path="/subscriptions/{id}",
        summary="End a subscription",
        description="What still waits for it is given up.",
        scope=_WRITE,
        handler="_api_delete",
        parameters=(_ID,),
        answers=answers(s204=Answer("It is no more."), s404=UNKNOWN),
        **_OF,
    ),
    Operation(
        id="listDeliveries",
        method="GET",
        path="/subscriptions/{id}/deliveries",
        summary="See what was sent for a subscription, and what came of it",
        description="Newest first.",
        scope=_READ,
        handler="_api_deliveries",
        parameters=(_ID, LIMIT, CURSOR),
        answers=answers(s200=page("DeliveryPage"), s404=UNKNOWN),
        **_OF,
    ),
    Operation(
        id="redeliver",
        method="POST",
        path="/subscriptions/{id}/redeliver",
        summary="Have messages sent again",
        description="Under the same ids and in their order, at most 1,000 at once. What was given"
        " up is not sent again.",
        scope=_WRITE,
        handler="_api_redeliver",
        parameters=(_ID,),
        body=Body(
            {JSON: {"$ref": "#/definitions/RedeliveryRequest"}},
            {"from": "2026-11-02T00:00:00Z", "to": "2026-11-03T00:00:00Z"},
        ),
        answers=answers(s202=Answer("They are on their way.", "RedeliveryReceipt"), s404=UNKNOWN),
        **_OF,
    ),
    Operation(
        id="testSubscription",
        method="POST",
        path="/subscriptions/{id}/test",
        summary="Have a test sent",
        scope=_WRITE,
        handler="_api_test",
        parameters=(_ID,),
        answers=answers(
            s202=Answer("It is on its way: ask for it among the deliveries.", "DeliveryView"),
            s404=UNKNOWN,
            s409=Answer("Nothing can be sent to it now.", "Problem", ("application/problem+json",)),
        ),
        **_OF,
    ),
    Operation(
        id="rotateSecret",
        method="POST",
        path="/subscriptions/{id}/secret",
        summary="Get a new secret",
        description="Of a subscription with an address of its own. For a day we sign with both.",
        scope=_WRITE,
        handler="_api_rotate",
        parameters=(_ID,),
        answers=answers(
            s200=Answer("The secret; it is not shown again.", "NewSecret"),
            s404=UNKNOWN,
            s409=Answer(
                "It shares the secret that we agreed upon.",
                "Problem",
                ("application/problem+json",),
            ),
        ),
        **_OF,
    ),
)

SCHEMAS = (
    Operation(
        id="readSchema",
        method="GET",
        path="/schemas/{type}",
        summary="Read the JSON Schema of what an event says",
        description="Where `dataschema` of the events that we send leads to.",
        tag="Subscriptions",
        access=PUBLIC,
        model="freight.api.subscriptions",
        handler="_api_schema",
        parameters=(
            Parameter(
                "type",
                {"type": "string", "pattern": "^[a-z_]{1,40}\\.[a-z_]{1,40}\\.v1$"},
                "The type of the event, such as shipment.delivered.v1.",
                place="path",
                required=True,
            ),
            NO_MATCH,
        ),
        answers=answers(
            s200=Answer("JSON Schema, draft 07.", "JsonSchema", headers=("ETag",)),
            s304=NOT_CHANGED,
            s404=UNKNOWN,
        ),
    ),
)
