"""Shipments: sent, listed, read."""

from ..api_operation import JSON, Answer, Body, Operation, Parameter
from .common import (
    AMBIGUOUS,
    CURSOR,
    IDEMPOTENCY_KEY,
    LIMIT,
    NO_MATCH,
    NOT_CHANGED,
    REFERENCE,
    TEXT,
    UNKNOWN,
    answers,
    page,
)

MODES = ["ftl", "ltl", "parcel", "rail", "ocean", "air", "intermodal", "courier"]

_SHIPMENT = {
    "kind": "shipment",
    "purpose": "original",
    "scac": "ABCD",
    "mode": "ltl",
    "references": [{"type": "load", "value": "LOAD-7"}],
    "parties": [{"role": "consignee", "name": "Dallas Warehouse"}],
    "stops": [
        {"sequence": 1, "role": "pickup", "place": {"city": "Chicago", "zip": "60601"}},
        {
            "sequence": 2,
            "role": "delivery",
            "place": {"city": "Dallas", "zip": "75201"},
            "planned": {"from": "2026-11-04T08:00", "to": "2026-11-04T12:00"},
        },
    ],
    "lines": [{"description": "Pallets", "quantity": "10", "weight": "520", "weight_unit": "KG"}],
}

SHIPMENTS = (
    Operation(
        id="listShipments",
        method="GET",
        path="/shipments",
        summary="List your shipments, the longest unchanged first",
        description="To keep a copy: walk to the end, remember the newest `updated_at`, and come"
        " back with `updated_since` a minute before it. Repeats are possible, gaps are not.",
        tag="Shipments",
        scope="shipments:read",
        model="freight.shipment",
        handler="_api_list",
        parameters=(
            LIMIT,
            CURSOR,
            Parameter("state", {"type": "string", "pattern": "^[a-z_]{1,32}$"}, "Transport state."),
            Parameter("mode", {"type": "string", "enum": MODES}, "Mode of transport."),
            Parameter(
                "carrier",
                {"type": "string", "pattern": "^[A-Z]{2,4}$"},
                "SCAC of the contracted carrier.",
            ),
            Parameter(
                "updated_since",
                {"$ref": "#/definitions/Instant"},
                "Changed at this moment or later.",
            ),
            Parameter("reference", TEXT, "Known by this number or reference."),
        ),
        answers=answers(s200=page("ShipmentPage")),
    ),
    Operation(
        id="sendShipment",
        method="POST",
        path="/shipments",
        summary="Create, change or cancel a shipment",
        description="For systems that plan freight. The document says by `purpose` what it is"
        " about; a change says the whole shipment anew, and changes what its sender owns. It is"
        " stored and answered at once and applied within a second; the message tells.",
        tag="Shipments",
        scope="shipments:write",
        model="freight.api.intake",
        handler="_api_shipment",
        keeps_refused=True,
        parameters=(
            Parameter(
                **IDEMPOTENCY_KEY,
                required=True,
                description="A new one for each thing you say, the same one when you send it again."
                " Without it a change back to an earlier version would look like a repeat.",
            ),
        ),
        body=Body({JSON: {"$ref": "#/definitions/Shipment"}}, _SHIPMENT),
        answers=answers(
            s202=Answer("Stored.", "Receipt", headers=("Location",)),
            s200=Answer("A repeat, with the first one's id.", "Receipt", headers=("Location",)),
        ),
    ),
    Operation(
        id="readShipment",
        method="GET",
        path="/shipments/{reference}",
        summary="Read one shipment",
        tag="Shipments",
        scope="shipments:read",
        model="freight.shipment",
        handler="_api_read",
        parameters=(REFERENCE, NO_MATCH),
        answers=answers(
            s200=Answer("The shipment.", "ShipmentView", headers=("ETag",)),
            s304=NOT_CHANGED,
            s404=UNKNOWN,
            s409=AMBIGUOUS,
        ),
    ),
    Operation(
        id="listShipmentEvents",
        method="GET",
        path="/shipments/{reference}/events",
        summary="List what happened to a shipment, in the order of recording",
        description="A carrier sees what it reported, and what the shipper's side did.",
        tag="Shipments",
        scope="events:read",
        model="freight.event",
        handler="_api_list",
        parameters=(REFERENCE, LIMIT, CURSOR),
        answers=answers(s200=page("EventPage"), s404=UNKNOWN, s409=AMBIGUOUS),
    ),
    Operation(
        id="traceShipment",
        method="GET",
        path="/shipments/{reference}/trace",
        summary="Walk from your messages to what they caused",
        tag="Shipments",
        scope="shipments:read",
        model="freight.shipment",
        handler="_api_trace",
        parameters=(REFERENCE,),
        answers=answers(s200=Answer("The trace.", "Trace"), s404=UNKNOWN, s409=AMBIGUOUS),
    ),
    Operation(
        id="listShipmentDocuments",
        method="GET",
        path="/shipments/{reference}/documents",
        summary="List the documents of a shipment",
        description="A carrier sees those that it sent itself.",
        tag="Documents",
        scope="documents:read",
        model="freight.api.document",
        handler="_api_list",
        parameters=(REFERENCE, LIMIT, CURSOR),
        answers=answers(s200=page("DocumentPage"), s404=UNKNOWN, s409=AMBIGUOUS),
    ),
)
