"""The OpenAPI 3.1 document, made of the operations and schemas by which requests are checked."""

from .api_operation import BEARER, CLIENT, JSON, PROBLEM, Answer, OneOrMany
from .api_schemas import closure

VERSION = "3.1.0"
BASE = "/freight/v1"
QUOTA = ("RateLimit", "RateLimit-Policy")

_HEADERS = {
    "Location": "Where to ask for it.",
    "ETag": "Of this state: send it back in If-None-Match.",
    "Content-Digest": "SHA-256 of the body, RFC 9530.",
    "Allow": "The methods there are.",
    "Retry-After": "Seconds to wait.",
    "WWW-Authenticate": "What is asked for.",
    "Cache-Control": "Always no-store.",
    "RateLimit": "What is left of the quota, draft-ietf-httpapi-ratelimit-headers.",
    "RateLimit-Policy": "The quota.",
}
_INTRODUCTION = """\
How partners send and read freight: shipments, events, documents and the codes they name.

Writing is asynchronous: what you send is checked and stored before it is answered, and applied
by workers within a second. The answer's Location says where to ask what became of it.

Errors are RFC 9457 problems with a stable `code` and a `trace_id`, by which our log is searched.
A W3C `traceparent` header is taken over. Times are ISO 8601; those in answers are UTC. The
character U+0000 cannot be stored and is refused wherever it stands.
"""


def build(operations, definitions, scopes, root, deprecated=frozenset()):
    """Return the document as a dict.

    :param operations: iterable of :class:`~.api_operation.Operation`
    :param definitions: {name: JSON Schema}, referring to each other as ``#/definitions/{name}``
    :param scopes: {scope: what it allows}
    :param root: the address of this Odoo, without a slash at its end
    :param deprecated: ids of operations that age, ``*`` for all
    """
    paths, used = {}, {"Problem", "Announcement"}
    for operation in operations:
        item = paths.setdefault(operation.path, {})
        item[operation.method.lower()] = _operation(operation, used, deprecated)
    document = {
        "openapi": VERSION,
        "info": {
            "title": "Freight API",
            "version": "1",
            "description": _INTRODUCTION,
            "license": {"name": "LGPL-3.0-only", "identifier": "LGPL-3.0-only"},
        },
        "servers": [{"url": BASE}],
        "tags": _tags(operations),
        "paths": paths,
        "webhooks": {"announcement": {"post": _webhook()}},
        "components": {
            "schemas": closure(used, definitions),
            "securitySchemes": _security_schemes(scopes, root),
        },
    }
    return _renamed(document)


def _tags(operations):
    return [{"name": tag} for tag in dict.fromkeys(one.tag for one in operations)]


def _operation(operation, used, deprecated):
    described = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": _security(operation),
        "responses": {
            str(status): _response(answer, used, _told(operation, status))
            for status, answer in sorted(all_answers(operation).items())
        },
    }
    if operation.description:
        described["description"] = operation.description
    if operation.parameters:
        described["parameters"] = [_parameter(one, used) for one in operation.parameters]
    if operation.body:
        described["requestBody"] = _body(operation.body, used)
    if {operation.id, "*"} & deprecated:
        described["deprecated"] = True
    return described


def _security(operation):
    if operation.access == BEARER:
        # Two ways to come by a token, one way to show it.
        return [{"token": []}, {"oauth": [operation.scope]}]
    return [{"client": []}, {}] if operation.access == CLIENT else []


def all_answers(operation):
    """Return {status: answer} of ``operation``: its own, and the refusals that follow from it."""
    return {**_refusals(operation), **operation.answers}


def _refusals(operation):
    problems = {
        503: ("Not ready: nothing was stored. Send it again.", ("Retry-After",)),
        429: ("Over the quota.", ("Retry-After", *QUOTA)),
    }
    if operation.access == BEARER:
        problems[401] = ("No valid token.", ("WWW-Authenticate",))
        problems[403] = ("The token has not the scope, or you may not do this.", ())
    if operation.named("query") or operation.named("header") or operation.body:
        problems[400] = ("The request is malformed.", ())
    if operation.body:
        problems[413] = ("Too large.", ())
    if operation.body and operation.access == BEARER:
        problems[411] = ("The length of the body is not announced.", ())
        problems[415] = ("A media type or encoding that is not taken here.", ())
        problems[422] = ("Not what the schema says, or a key used for another body.", ())
    return {
        status: Answer(text, "Problem", (PROBLEM,), headers)
        for status, (text, headers) in problems.items()
    }


def _told(operation, status):
    """Return the headers that a success carries beside its own, where there is a quota."""
    return QUOTA if operation.access == BEARER and status < 300 else ()


def _response(answer, used, told=()):
    response = {"description": answer.description}
    headers = dict.fromkeys((*answer.headers, *told))
    if headers:
        response["headers"] = {
            name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in headers
        }
    if answer.schema:
        used.add(answer.schema)
        response["content"] = {
            media: {"schema": {"$ref": f"#/definitions/{answer.schema}"}} for media in answer.media
        }
    elif answer.media != (JSON,):
        response["content"] = {media: {} for media in answer.media}
    return response


def _parameter(parameter, used):
    _note(parameter.schema, used)
    described = {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
    if parameter.required:
        described["required"] = True
    return described


def _body(body, used):
    content = {}
    for media, schema in body.schemas.items():
        if isinstance(schema, OneOrMany):
            schema = {"anyOf": [schema.one, schema.many]}
        content[media] = {} if schema is None else {"schema": schema}
        _note(schema, used)
    if body.example is not None:
        next(iter(content.values()))["example"] = body.example
    return {"required": True, "content": content}


def _webhook():
    return {
        "operationId": "announcement",
        "summary": "What you subscribe to, POSTed to your address",
        "description": "CloudEvents 1.0, structured, signed as Standard Webhooks say: check"
        " webhook-id, webhook-timestamp and webhook-signature. Answer 2xx; anything else but 410 is"
        " tried again or left to a person.",
        "requestBody": {
            "content": {
                "application/cloudevents+json": {
                    "schema": {
                        "type": "object",
                        "required": ["specversion", "id", "source", "type", "time", "data"],
                        "properties": {
                            "specversion": {"const": "1.0"},
                            "id": {"type": "string"},
                            "source": {"type": "string"},
                            "type": {"type": "string", "examples": ["shipment.delivered"]},
                            "time": {"type": "string"},
                            "data": {"$ref": "#/definitions/Announcement"},
                        },
                    }
                }
            }
        },
        "responses": {"2XX": {"description": "Taken."}},
    }


def _security_schemes(scopes, root):
    flows = {"clientCredentials": {"tokenUrl": f"{root}{BASE}/oauth/token", "scopes": dict(scopes)}}
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of ours: a short-lived one from /oauth/token, or a long-lived"
            " one that an Integration Manager made.",
        },
        "oauth": {"type": "oauth2", "flows": flows},
        "client": {
            "type": "http",
            "scheme": "basic",
            "description": "Client id and client secret.",
        },
    }


def _note(schema, used):
    """Add the components that ``schema`` refers to."""
    if isinstance(schema, dict):
        name = schema.get("$ref", "").removeprefix("#/definitions/")
        if name:
            used.add(name.split("/")[0])
        for child in schema.values():
            _note(child, used)
    elif isinstance(schema, list):
        for child in schema:
            _note(child, used)


def _renamed(node):
    """Let references point where OpenAPI keeps schemas."""
    if isinstance(node, dict):
        return {key: _renamed_value(key, value) for key, value in node.items()}
    return [_renamed(child) for child in node] if isinstance(node, list) else node


def _renamed_value(key, value):
    if key == "$ref" and isinstance(value, str):
        return value.replace("#/definitions/", "#/components/schemas/")
    return _renamed(value)
