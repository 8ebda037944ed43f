"""The outbox: messages that their receiver fetches and acknowledges, since we cannot reach it."""

from ..api_operation import JSON, Answer, Body, Operation, Parameter
from .common import CURSOR, ID, LIMIT, UNKNOWN, answers, page

OUTBOX = (
    Operation(
        id="listOutbox",
        method="GET",
        path="/outbox",
        summary="Fetch what waits for you",
        description="All that you have not acknowledged, in the order in which it was written, as"
        " CloudEvents 1.0; what is no JSON stands in `data_base64`, and its media type in"
        " `datacontenttype`. Begin each round without a cursor: what was not acknowledged comes"
        " again, under the same `id`. A page may be shorter than its limit where messages are"
        " long. For connections that are set to be fetched from.",
        tag="Outbox",
        scope="outbox:read",
        model="freight.message.out",
        handler="_api_outbox",
        parameters=(LIMIT, CURSOR),
        answers=answers(s200=page("OutboxPage")),
    ),
    Operation(
        id="acknowledgeOutbox",
        method="POST",
        path="/outbox/acknowledgements",
        summary="Acknowledge what you have stored",
        description="It is not offered again. Asking twice does no harm: the second time it is"
        " `already` acknowledged. What is `unknown` is no message of yours that waits, or was"
        " given up meanwhile.",
        tag="Outbox",
        scope="outbox:write",
        model="freight.message.out",
        handler="_api_acknowledge",
        body=Body(
            {JSON: {"$ref": "#/definitions/OutboxAcknowledgement"}},
            {"ids": ["3f2b8c1d9e4a4f6b8c7d2e1f0a9b8c7d"]},
        ),
        answers=answers(s200=Answer("One result per id, in order.", "OutboxAcknowledged")),
    ),
    Operation(
        id="readOutboxMessage",
        method="GET",
        path="/outbox/{id}",
        summary="Fetch one message as it is",
        description="Its very bytes, in its own media type, whether it waits or was acknowledged.",
        tag="Outbox",
        scope="outbox:read",
        model="freight.message.out",
        handler="_api_outbox_message",
        parameters=(Parameter("id", ID, "As the list says.", place="path", required=True),),
        answers=answers(
            s200=Answer("The message.", media=("*/*",), headers=("Content-Digest",)),
            s404=UNKNOWN,
        ),
    ),
)
