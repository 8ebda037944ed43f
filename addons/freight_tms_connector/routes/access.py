"""Tokens, and the API about itself."""

from ..api_operation import CLIENT, FORM, PUBLIC, Answer, Body, Operation
from .common import NO_MATCH, NOT_CHANGED, answers

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
        answers=answers(
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
        answers=answers(
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
        answers=answers(
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
        answers=answers(s200=Answer("A page.", media=("text/html",))),
    ),
)
