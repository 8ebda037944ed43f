"""Parameters and answers that several operations have."""

from ..api_operation import PROBLEM, Answer, Parameter

TEXT = {
    "type": "string",
    "minLength": 1,
    "maxLength": 128,
    "pattern": "^[^\\u0000-\\u001f\\u007f]+$",
}
ID = {"type": "string", "pattern": "^[0-9a-f]{32}$"}

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
    TEXT,
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


def answers(**by_name):
    """Return {status: answer}; ``s200=...`` stands for status 200."""
    return {int(name[1:]): answer for name, answer in by_name.items()}


def page(schema):
    """Return the answer of a list whose pages are of `schema`."""
    return Answer("One page; `next` is the cursor of the following one.", schema)
