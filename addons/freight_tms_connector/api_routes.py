"""The operations of this addon's API."""

from .api_operation import (
    CLIENT,
    CLOUDEVENT,
    CLOUDEVENTS,
    FORM,
    JSON,
    PROBLEM,
    PUBLIC,
    Answer,
    Body,
    OneOrMany,
    Operation,
    Parameter,
)

MODES = ["ftl", "ltl", "parcel", "rail", "ocean", "air", "intermodal", "courier"]
MASTERS = ["carriers", "charge-codes", "equipment", "reasons", "event-types"]
DOCUMENT_LIMIT = 10 * 1024 * 1024
IMAGES = ("application/pdf", "image/png", "image/jpeg", "image/tiff")

_TEXT = {
    "type": "string",
    "minLength": 1,
    "maxLength": 128,
    "pattern": "^[^\\u0000-\\u001f\\u007f]+$",
}
_ID = {"type": "string", "pattern": "^[0-9a-f]{32}$"}

LIMIT = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    "How many items a page has at most.",
)
CURSOR = Parameter(
    "cursor",
    {"type": "string", "minLength": 1, "maxLength": 512},
    "The `next` of the page before, with the same filters.",
)
REFERENCE = Parameter(
    "reference",
    _TEXT,
    "The shipment's number, or any reference it is known by. Case, spaces and punctuation do not"
    " count.",
    place="path",
    required=True,
)
NO_MATCH = Parameter(
    "If-None-Match",
    {"type": "string"},
    "The ETag you have: the answer is 304 where nothing changed.",
    place="header",
)
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "schema": {"type": "string", "pattern": '^"?[!#-~]{1,128}"?$'},
    "place": "header",
}
NOT_CHANGED = Answer("Nothing changed since the ETag you have.", headers=("ETag",))
AMBIGUOUS = Answer("The reference may mean several shipments.", "Problem", (PROBLEM,))
UNKNOWN = Answer("There is no such thing, or it is not yours.", "Problem", (PROBLEM,))


def _answers(**by_name):
    """Return {status: answer}; ``s200=...`` stands for status 200."""
    return {int(name[1:]): answer for name, answer in by_name.items()}


def _page(schema):
    return Answer("One page; `next` is the cursor of the following one.", schema)


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
            Parameter("reference", _TEXT, "Known by this number or reference."),
        ),
        answers=_answers(s200=_page("ShipmentPage")),
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
        answers=_answers(
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
        answers=_answers(
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
        answers=_answers(s200=_page("EventPage"), s404=UNKNOWN, s409=AMBIGUOUS),
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
        answers=_answers(s200=Answer("The trace.", "Trace"), s404=UNKNOWN, s409=AMBIGUOUS),
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
        answers=_answers(s200=_page("DocumentPage"), s404=UNKNOWN, s409=AMBIGUOUS),
    ),
)

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
        answers=_answers(
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
        parameters=(Parameter("id", _ID, "As the receipt says.", place="path", required=True),),
        answers=_answers(s200=Answer("The message.", "MessageView"), s404=UNKNOWN),
    ),
)

_DOCUMENT_ID = Parameter("id", _ID, "As the upload's answer says.", place="path", required=True)

DOCUMENTS = (
    Operation(
        id="sendDocument",
        method="POST",
        path="/documents",
        summary="Upload a proof of delivery, a bill of lading, an invoice image",
        description="The body is the file itself: what is hashed is what you sent. Sent again for"
        " the same shipment it is a repeat. A file whose shipment is not known yet is kept, and"
        " joins it once the reference is known.",
        tag="Documents",
        scope="documents:write",
        model="freight.api.document",
        handler="_api_upload",
        parameters=(
            Parameter(
                "type",
                {"$ref": "#/definitions/DocumentType"},
                "What it is.",
                required=True,
            ),
            Parameter("reference", _TEXT, "A number of the shipment.", required=True),
            Parameter(
                "reference_type",
                {"$ref": "#/definitions/ReferenceType"},
                "What kind of number that is. Without it any may match.",
            ),
        ),
        body=Body(dict.fromkeys(IMAGES), limit=DOCUMENT_LIMIT),
        answers=_answers(
            s201=Answer("Kept.", "DocumentView", headers=("Location",)),
            s200=Answer("A repeat: it is here already.", "DocumentView", headers=("Location",)),
        ),
    ),
    Operation(
        id="readDocument",
        method="GET",
        path="/documents/{id}",
        summary="Read what is known of a document",
        tag="Documents",
        scope="documents:read",
        model="freight.api.document",
        handler="_api_read",
        parameters=(_DOCUMENT_ID,),
        answers=_answers(s200=Answer("The document.", "DocumentView"), s404=UNKNOWN),
    ),
    Operation(
        id="downloadDocument",
        method="GET",
        path="/documents/{id}/content",
        summary="Download a document",
        tag="Documents",
        scope="documents:read",
        model="freight.api.document",
        handler="_api_download",
        parameters=(_DOCUMENT_ID,),
        answers=_answers(s200=Answer("The file, as an attachment.", media=IMAGES), s404=UNKNOWN),
    ),
)

MASTER_DATA = (
    Operation(
        id="validateCodes",
        method="POST",
        path="/masters/validate",
        summary="Ask whether codes are known, and which are meant",
        tag="Masters",
        scope="masters:read",
        model="freight.api.masters",
        handler="_api_validate",
        body=Body(
            {JSON: {"$ref": "#/definitions/CodesToValidate"}},
            [{"kind": "event-types", "code": "D1"}, {"kind": "charge-codes", "code": "LHS"}],
        ),
        answers=_answers(s200=Answer("One result per code, in order.", "ValidatedCodes")),
    ),
    Operation(
        id="listMasters",
        method="GET",
        path="/masters/{kind}",
        summary="List the codes that documents may name",
        tag="Masters",
        scope="masters:read",
        model="freight.api.masters",
        handler="_api_list",
        parameters=(
            Parameter(
                "kind", {"type": "string", "enum": MASTERS}, "Which list.", "path", required=True
            ),
            LIMIT,
            CURSOR,
            NO_MATCH,
        ),
        answers=_answers(
            s200=Answer("One page of the list.", "MasterPage", headers=("ETag",)),
            s304=NOT_CHANGED,
            s404=UNKNOWN,
        ),
    ),
)

ACCESS = (
    Operation(
        id="issueToken",
        method="POST",
        path="/oauth/token",
        summary="Exchange client id and secret for a token",
        description="OAuth 2.0 client credentials (RFC 6749 section 4.4). The client proves itself"
        " by HTTP Basic or in the form.",
        tag="Access",
        access=CLIENT,
        body=Body({FORM: {"$ref": "#/definitions/TokenRequest"}}),
        answers=_answers(
            s200=Answer("A token; it is not shown again.", "Token", headers=("Cache-Control",)),
            s400=Answer("The request is wrong.", "OAuthError"),
            s401=Answer(
                "The client could not be authenticated.",
                "OAuthError",
                headers=("WWW-Authenticate",),
            ),
        ),
    ),
    Operation(
        id="revokeToken",
        method="POST",
        path="/oauth/revoke",
        summary="Give a token back",
        description="RFC 7009. A token that is not the client's, or none, is answered alike.",
        tag="Access",
        access=CLIENT,
        body=Body({FORM: {"$ref": "#/definitions/RevocationRequest"}}),
        answers=_answers(
            s200=Answer("It does not work any more."),
            s400=Answer("The request is wrong.", "OAuthError"),
            s401=Answer(
                "The client could not be authenticated.",
                "OAuthError",
                headers=("WWW-Authenticate",),
            ),
        ),
    ),
)

ABOUT = (
    Operation(
        id="describe",
        method="GET",
        path="/openapi.json",
        summary="This document",
        tag="About",
        access=PUBLIC,
        model="freight.api",
        handler="_api_describe",
        parameters=(NO_MATCH,),
        answers=_answers(
            s200=Answer("OpenAPI 3.1.", "OpenAPI", headers=("ETag",)), s304=NOT_CHANGED
        ),
    ),
    Operation(
        id="explain",
        method="GET",
        path="/docs",
        summary="The same for people",
        tag="About",
        access=PUBLIC,
        model="freight.api",
        handler="_api_explain",
        answers=_answers(s200=Answer("A page.", media=("text/html",))),
    ),
)

OPERATIONS = (*ACCESS, *SHIPMENTS, *EVENTS, *DOCUMENTS, *MASTER_DATA, *ABOUT)
