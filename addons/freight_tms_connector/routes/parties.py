"""Parties and charge codes: what partners' master data say."""

from ..api_operation import JSON, Answer, Body, OneOrMany, Operation, Parameter
from .common import IDEMPOTENCY_KEY, answers

_PARTY = {
    "kind": "party",
    "number": "C-1001",
    "changed": "2026-11-02T09:30:00Z",
    "roles": ["carrier"],
    "name": "Example Carrier",
    "identifiers": {"scac": "EXCA"},
    "address": {"city": "Dayton", "state": "OH", "zip": "45402", "country": "US"},
}
_CHARGE_CODE = {
    "kind": "charge_code",
    "code": "YRD",
    "changed": "2026-11-02T09:30:00Z",
    "name": "Yard move",
    "family": "accessorial",
}
_ABOUT = (
    " Each field follows the newest document that mentions it, by `revision`, then `changed`. What"
    " you are not the system of record of stays as it is, and is listed as a difference. Without"
    " an Idempotency-Key the same body sent again is a repeat."
)


def _send(identity, path, summary, handler, schema, example):
    return Operation(
        id=identity,
        method="POST",
        path=path,
        summary=summary,
        description=_ABOUT.strip(),
        tag="Masters",
        scope="masters:write",
        model="freight.api.intake",
        handler=handler,
        keeps_refused=True,
        parameters=(
            Parameter(**IDEMPOTENCY_KEY, description="Makes a single one the same one again."),
        ),
        body=Body(
            {
                JSON: OneOrMany(
                    {"$ref": f"#/definitions/{schema}"}, {"$ref": "#/definitions/MasterBatch"}
                )
            },
            example,
        ),
        answers=answers(
            s202=Answer("Stored.", "EventReceipt", headers=("Location",)),
            s200=Answer("A repeat, with the first one's id.", "Receipt", headers=("Location",)),
        ),
    )


PARTIES = (
    _send(
        "sendParties",
        "/parties",
        "Tell of a carrier, customer or location, or of up to 500",
        "_api_parties",
        "Party",
        _PARTY,
    ),
    _send(
        "sendChargeCodes",
        "/charge-codes",
        "Tell of a charge code, or of up to 500",
        "_api_charge_codes",
        "ChargeCode",
        _CHARGE_CODE,
    ),
    Operation(
        id="validateParties",
        method="POST",
        path="/parties/validate",
        summary="Ask what is wrong with parties, and which of ours they are",
        description="Nothing is stored. Send your list: what we have otherwise is named.",
        tag="Masters",
        scope="masters:write",
        model="freight.api.parties",
        handler="_api_validate",
        body=Body({JSON: {"$ref": "#/definitions/PartiesToValidate"}}, [_PARTY]),
        answers=answers(s200=Answer("One result per party, in order.", "ValidatedParties")),
    ),
)
