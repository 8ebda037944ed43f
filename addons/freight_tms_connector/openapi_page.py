"""The OpenAPI document as what a page shows: sections, tables, links. Pure, and works offline."""

import json
from dataclasses import dataclass

from .openapi import BASE

_REF = "#/components/schemas/"

#: Codes of problems that every operation may answer with, and what to do about them.
PROBLEMS = (
    ("malformed", 400, "Send valid JSON, in UTF-8."),
    ("invalid-parameter", 400, "`errors` names the parameter and what is wrong with it."),
    ("invalid-cursor", 400, "Use `next` with the same filters, or begin anew."),
    ("unauthenticated", 401, "Fetch a new token; after that, ask your contact."),
    ("insufficient-scope", 403, "Ask your contact for the scope named in WWW-Authenticate."),
    ("not-found", 404, "It is not there, or not yours: both look alike."),
    ("method-not-allowed", 405, "Use one of the methods in Allow."),
    ("ambiguous-reference", 409, "`candidates` lists the shipments: ask by number."),
    ("length-required", 411, "Send Content-Length."),
    ("too-large", 413, "Send less at once."),
    ("unsupported-media-type", 415, "Send one of the types that the operation lists."),
    ("schema-violation", 422, "`errors` has a JSON pointer into your body: correct it there."),
    ("idempotency-mismatch", 422, "Use a new key for another body."),
    ("content-mismatch", 422, "Say the file's true type in Content-Type."),
    ("over-quota", 429, "Wait as long as Retry-After says."),
    ("too-many-failures", 429, "Too much from your address failed: wait, then send what is right."),
    ("not-ready", 503, "Wait as long as Retry-After says. Nothing was stored."),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text; ``anchor`` is where on the page it leads, None for nowhere."""

    text: str
    anchor: str | None = None


def values(document):
    """Return what the page's template needs of an OpenAPI document."""
    schemas = document["components"]["schemas"]
    return {
        "title": document["info"]["title"],
        "introduction": document["info"]["description"].split("\n\n"),
        "spans": spans,
        "base": BASE,
        "groups": [
            {"name": tag["name"], "anchor": _anchor(tag["name"]), "operations": operations}
            for tag in document["tags"]
            if (operations := _operations(document, tag["name"]))
        ],
        "scopes": document["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"][
            "scopes"
        ],
        "token_url": document["components"]["securitySchemes"]["oauth"]["flows"][
            "clientCredentials"
        ]["tokenUrl"],
        "problems": PROBLEMS,
        "webhooks": [
            {"name": name, **item["post"], "parts": _pieces(_content(item["post"]["requestBody"]))}
            for name, item in document["webhooks"].items()
        ],
        "schemas": [_schema(name, schema) for name, schema in schemas.items()],
    }


def spans(text):
    """Return (text, whether it is code) pairs of a text with `code` in it.

    >>> spans("Say `next` again.")
    [('Say ', False), ('next', True), (' again.', False)]
    """
    return [(part, bool(place % 2)) for place, part in enumerate(text.split("`"))]


def _content(body):
    (content,) = body["content"].values()
    return content["schema"]["properties"]["data"]


def _operations(document, tag):
    return [
        _operation(path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if tag in operation["tags"]
    ]


def _operation(path, method, operation):
    body = operation.get("requestBody", {}).get("content", {})
    return {
        "anchor": f"op-{operation['operationId']}",
        "method": method.upper(),
        "path": f"{BASE}{path}",
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "deprecated": operation.get("deprecated", False),
        "scopes": [scope for way in operation["security"] for scope in way.get("oauth", ())],
        "access": _access(operation["security"]),
        "parameters": [
            {**one, "pieces": _pieces(one["schema"]), "required": one.get("required", False)}
            for one in operation.get("parameters", ())
        ],
        "bodies": [
            {"media": media, "pieces": _pieces(content.get("schema"))}
            for media, content in body.items()
        ],
        "example": _example(body),
        "answers": [_answer(status, one) for status, one in operation["responses"].items()],
    }


def _access(security):
    if not security:
        return "Open to everybody."
    if {} in security:
        return "For clients: client id and client secret."
    return "For the bearer of a token with the scope"


def _example(body):
    examples = [content["example"] for content in body.values() if "example" in content]
    return json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else None


def _answer(status, answer):
    content = answer.get("content", {})
    schema = next((one.get("schema") for one in content.values()), None)
    return {
        "status": status,
        "description": answer["description"],
        "media": ", ".join(content),
        "pieces": _pieces(schema) if schema else [],
        "headers": ", ".join(answer.get("headers", ())),
    }


# Schemas ----------------------------------------------------------------------------------------


def _schema(name, schema):
    """Return a schema as a table of its properties, or as one line."""
    return {
        "name": name,
        "anchor": _anchor(name),
        "description": schema.get("description", ""),
        "rows": list(_rows(schema)),
        "pieces": [] if schema.get("properties") else _pieces(schema),
    }


def _rows(schema, prefix=""):
    required = set(schema.get("required", ()))
    for name, child in schema.get("properties", {}).items():
        yield {
            "name": f"{prefix}{name}",
            "required": name in required,
            "pieces": _pieces(child),
            "description": child.get("description", ""),
        }
        nested, mark = _nested(child)
        if nested:
            yield from _rows(nested, f"{prefix}{name}{mark}")


def _nested(schema):
    """Return the object inside a property, with what stands between their names."""
    options = [one for one in schema.get("anyOf", ()) if one.get("properties")]
    if options:
        return options[0], "."
    if schema.get("properties"):
        return schema, "."
    items = schema.get("items") or {}
    return (items, "[].") if items.get("properties") else (None, "")


def _pieces(schema):
    """Return the type of a schema as :class:`Piece` objects to be shown in a row."""
    if not schema:
        return [Piece("any bytes")]
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return [Piece(name, _anchor(name.split("/")[0]))]
    if "anyOf" in schema or "oneOf" in schema:
        return _either(schema.get("anyOf") or schema["oneOf"])
    if "enum" in schema:
        return [Piece(" | ".join("null" if one is None else str(one) for one in schema["enum"]))]
    if "const" in schema:
        return [Piece(f'"{schema["const"]}"')]
    if schema.get("type") == "array":
        return [Piece("array of "), *_pieces(schema.get("items")), Piece(_bounds(schema))]
    return [Piece(_plain(schema))]


def _either(options):
    pieces = []
    for option in options:
        pieces += [Piece(" or "), *_pieces(option)] if pieces else _pieces(option)
    return pieces


def _plain(schema):
    kind = schema.get("type", "any")
    text = " or ".join(kind) if isinstance(kind, list) else kind
    return f"{text}{_bounds(schema)}"


def _bounds(schema):
    words = {
        "minLength": "{} or more characters",
        "maxLength": "at most {} characters",
        "minimum": "from {}",
        "maximum": "to {}",
        "minItems": "at least {}",
        "maxItems": "at most {}",
        "default": "{} unless said",
        "pattern": "like {}",
    }
    said = [text.format(schema[name]) for name, text in words.items() if name in schema]
    return f" ({', '.join(said)})" if said else ""


def _anchor(name):
    return f"s-{name.lower().replace(' ', '-')}"
