"""Masters: the codes that documents may name."""

from ..api_operation import JSON, Answer, Body, Operation, Parameter
from .common import CURSOR, LIMIT, NO_MATCH, NOT_CHANGED, UNKNOWN, answers

MASTERS = ["carriers", "charge-codes", "equipment", "reasons", "event-types"]

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
        answers=answers(s200=Answer("One result per code, in order.", "ValidatedCodes")),
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
        answers=answers(
            s200=Answer("One page of the list.", "MasterPage", headers=("ETag",)),
            s304=NOT_CHANGED,
            s404=UNKNOWN,
        ),
    ),
)
