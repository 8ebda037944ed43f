"""The gate of the REST API: what every request passes, in one order, by what the operation says.

size -> method -> media type -> token -> scope -> quota -> parameters -> JSON -> schema -> work.
"""

import hashlib
import json
import logging
import re
from dataclasses import replace

import psycopg2
from odoo import SUPERUSER_ID
from odoo.addons.freight_canonical import db
from odoo.http import Response, request
from odoo.sql_db import PoolError

from ..api_operation import BEARER, JSON, Call, OneOrMany, Reply
from ..codecs import CodecError
from ..codecs.json_codec import load
from ..models.freight_api import Problem, schema_problem
from ..models.freight_api_http import not_ready, problem_response
from ..models.freight_reception import Rejection, trace_id_of
from ..schemas import SchemaError
from ..vault import VaultError

_logger = logging.getLogger(__name__)

#: How every path of the API is routed.
OPEN = {"type": "http", "auth": "public", "csrf": False, "save_session": False}
BASE = "/freight/v1"

#: Read away before an answer that refuses it, so that the sender sees the answer.
DRAIN_LIMIT = 8 * 1024 * 1024
JSON_LIMIT = 4 * 1024 * 1024

#: What no parameter contains: control characters and halves of surrogate pairs.
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_INTEGER = re.compile("-?[0-9]{1,9}", re.ASCII)


def serve(path, **values):
    """Answer the current request to ``path``, the template below ``/freight/v1``.

    :param values: what its parameters are
    """
    trace_id = trace_id_of(request.httprequest.headers.get("traceparent"))
    return answered(lambda: _reply(path, values, trace_id), trace_id)


def answered(work, trace_id):
    """Return the response of ``work()``, or the problem that stopped it.

    A conflict with another transaction is let through: Odoo repeats the request.
    """
    try:
        return _response(work())
    except Rejection as rejection:
        _logger.info("%s: %s", rejection.problem, rejection)
        return problem_response(rejection, trace_id)
    except (psycopg2.OperationalError, PoolError, VaultError) as error:
        if db.is_conflict(error):
            raise
        _logger.warning("Not ready for calls: %s", error)
        return problem_response(not_ready(), trace_id)


def environment():
    """Return the environment in which calls are answered, whoever has a session here."""
    return request.env(user=SUPERUSER_ID, su=True, context={"lang": "en_US"})


def _reply(path, values, trace_id):
    env, http_request = environment(), request.httprequest
    operations = env["freight.api"]._operations_at(path)
    if http_request.method == "OPTIONS":
        return Reply(204, headers={"Allow": allowed(operations)})
    method = "GET" if http_request.method == "HEAD" else http_request.method
    operation = operations.get(method)
    if not operation:
        raise method_not_allowed(operations)
    if operation.body:
        check_length(http_request, operation.body.limit or JSON_LIMIT)
        _check_media(http_request, operation)
    caller = None
    if operation.access == BEARER:
        caller = env["freight.api"]._authenticated(
            operation, http_request.headers.get("Authorization")
        )
    quota = spend(env, http_request, caller)
    reply = _work(env, operation, caller, values, trace_id)
    ageing = env["freight.api.ageing"]._headers(operation.id)
    privacy = {"Cache-Control": "private, no-cache"} if caller else {"Cache-Control": "no-cache"}
    return replace(reply, headers={**privacy, **reply.headers, **quota, **ageing})


def spend(_env, _http_request, _caller):
    """Take a call off the quota of who makes it; return the headers that say what is left.

    The one place where the API asks for quotas.
    """
    return {}


def _work(env, operation, caller, values, trace_id):
    http_request = request.httprequest
    call = Call(
        operation,
        caller,
        trace_id,
        path=_path_values(env, operation, values),
        query=_query_values(env, operation, http_request),
        headers=_header_values(env, operation, http_request),
        media_type=(http_request.mimetype or "").lower(),
        body=http_request.get_data() if operation.body else b"",
    )
    handler = getattr(env[operation.model], operation.handler)
    if not operation.body:
        return handler(call)
    call = _with_document(env, call)
    with env.cr.savepoint():  # a refusal after a write leaves nothing of it
        return handler(call)


# Checks -----------------------------------------------------------------------------------------


def allowed(operations):
    """Return the value of an Allow header."""
    methods = {*operations, "OPTIONS"} | ({"HEAD"} if "GET" in operations else set())
    return ", ".join(sorted(methods))


def method_not_allowed(operations):
    """Return the problem of a method that a path has not."""
    return Problem(
        405,
        "method-not-allowed",
        f"There are {allowed(operations)} here.",
        headers={"Allow": allowed(operations)},
    )


def check_length(http_request, limit):
    """Refuse a body over ``limit`` bytes by its announced length.

    A moderate one is read away first: a connection closed on unread bytes loses the answer.

    :raise Problem: 413, or 411 where no length is announced
    """
    length = http_request.content_length
    if length is None:
        raise Problem(411, "length-required", "Announce the length of the body.")
    if length > limit:
        if length <= DRAIN_LIMIT:
            http_request.get_data()
        raise Problem(413, "too-large", f"A body may have {limit} bytes here.")


def _check_media(http_request, operation):
    media = (http_request.mimetype or "").lower()
    if http_request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(415, "unsupported-encoding", "Send the body uncompressed.")
    if media not in operation.body.schemas:
        taken = ", ".join(operation.body.schemas)
        raise Problem(415, "unsupported-media-type", f"Send one of {taken}.")


def _path_values(env, operation, values):
    for name, parameter in operation.named("path").items():
        try:
            _check_value(env, parameter, values[name])
        except SchemaError as error:
            raise unknown() from error
    return values


def unknown():
    """Return the problem of something that is not there, or not the caller's: alike."""
    return Problem(404, "not-found", "There is no such thing, or it is not yours.")


def _query_values(env, operation, http_request):
    given = {name: http_request.args.getlist(name) for name in http_request.args}
    return _values(env, operation.named("query"), given)


def _header_values(env, operation, http_request):
    wanted = operation.named("header")
    given = {
        name: http_request.headers.getlist(name) for name in wanted if name in http_request.headers
    }
    return _values(env, wanted, given)


def _values(env, parameters, given):
    """Return {name: value} of the parameters ``given``.

    :raise Problem: 400, listing what is unknown, repeated, missing or malformed
    """
    values, errors = {}, []
    for name, texts in given.items():
        try:
            values[name] = _value(env, parameters.get(name), texts)
        except SchemaError as error:
            errors += [{"parameter": name, "detail": detail} for _pointer, detail in error.errors]
    for name, parameter in parameters.items():
        if parameter.required and name not in given:
            errors.append({"parameter": name, "detail": "is required"})
    if errors:
        raise Problem(400, "invalid-parameter", "A parameter is wrong.", errors=errors)
    return values


def _value(env, parameter, texts):
    if parameter is None:
        raise SchemaError([("", "is not known here")])
    if len(texts) > 1:
        raise SchemaError([("", "is given more than once")])
    return _check_value(env, parameter, texts[0])


def _check_value(env, parameter, text):
    """Return the value that ``text`` means to ``parameter``.

    :raise SchemaError: when it is none
    """
    if _UNSPEAKABLE.search(text):
        raise SchemaError([("", "contains control characters")])
    value = text
    if parameter.schema.get("type") == "integer":
        if not _INTEGER.fullmatch(text):
            raise SchemaError([("", "must be an integer")])
        value = int(text)
    env["freight.api"]._check(parameter.schema, value)
    return value


def _with_document(env, call):
    """Return ``call`` with its JSON read and checked.

    :raise Problem: 400 for what is no JSON, 422 for what its schema does not allow
    """
    schema = call.operation.body.schemas[call.media_type]
    if schema is None:
        return call
    try:
        document = load(call.body)
    except CodecError as error:
        _keep_refused(env, call, f"malformed: {error}")
        raise Problem(400, "malformed", f"The body is no valid JSON: {error}") from error
    try:
        env["freight.api"]._check(
            schema.of(document) if isinstance(schema, OneOrMany) else schema, document
        )
    except SchemaError as error:
        _keep_refused(env, call, f"schema: {error}")
        raise schema_problem(error) from error
    return replace(call, document=document)


def _keep_refused(env, call, why):
    if call.operation.keeps_refused:
        env[call.operation.model]._keep_refused(call, why)


# Answers ----------------------------------------------------------------------------------------


def _response(reply):
    is_json = reply.media_type == JSON and reply.body is not None
    body = json.dumps(reply.body, ensure_ascii=False).encode() if is_json else reply.body or b""
    headers = dict(reply.headers)
    if reply.revalidate:
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers["ETag"] = tag
        if request.httprequest.if_none_match.contains_weak(tag.strip('"')):
            return Response(status=304, headers=headers)
    response = Response(body, status=reply.status, headers=headers)
    if body:
        response.headers["Content-Type"] = reply.media_type
    else:
        response.headers.pop("Content-Type", None)
    return response
