"""The gate of the REST API: what every request passes, in one order, by what the operation says.

rate by address -> method -> size -> media type -> token -> scope -> quota -> parameters -> JSON ->
schema -> work.
"""

import hashlib
import json
import logging
from contextlib import contextmanager
from dataclasses import replace

import psycopg2
from odoo import SUPERUSER_ID
from odoo.addons.freight_canonical import db
from odoo.http import Response, request
from odoo.sql_db import PoolError

from ..api_operation import BEARER, JSON, Call, OneOrMany, Reply
from ..models.freight_api import Problem
from ..models.freight_api_http import not_ready, problem_response
from ..models.freight_rate_limit import client_address
from ..models.freight_reception import Rejection, trace_id_of
from ..vault import VaultError
from .api_reading import header_values, path_values, query_values, with_document

_logger = logging.getLogger(__name__)

#: How every path of the API is routed.
OPEN = {"type": "http", "auth": "public", "csrf": False, "save_session": False}
BASE = "/freight/v1"

#: Read away before an answer that refuses it, so that the sender sees the answer.
DRAIN_LIMIT = 8 * 1024 * 1024
JSON_LIMIT = 4 * 1024 * 1024


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


@contextmanager
def strangers(env):
    """Let those in who are not known yet: what fails here is paid by their address.

    :raise Rejection: 503 while this addon is being updated, 429 for an address that failed often
    """
    limits = env["freight.rate.limit"]
    address = client_address(env, request.httprequest)
    limits._check_ready()
    limits._check_address(address)
    try:
        yield address
    except Rejection:
        limits._count_failure(address)
        raise


@contextmanager
def telling(headers):
    """Let a problem that is raised here carry ``headers``, as a reply would."""
    try:
        yield
    except Rejection as rejection:
        rejection.headers = {**headers, **rejection.headers}
        raise


def _reply(path, values, trace_id):
    env, http_request = environment(), request.httprequest
    with strangers(env) as address:
        operations = env["freight.api"]._operations_at(path)
        if http_request.method == "OPTIONS":
            return Reply(204, headers={"Allow": allowed(operations)})
        operation = _operation(operations, http_request)
        caller = None
        if operation.access == BEARER:
            caller = env["freight.api"]._authenticated(
                operation, http_request.headers.get("Authorization"), address
            )
    headers = env["freight.api.ageing"]._headers(operation.id)
    headers.update(_spent(env, caller))
    with telling(headers):
        call = _call(env, operation, caller, values, trace_id)
        headers.update(_spent(env, caller, _more(call)))
        reply = _worked(env, call)
    privacy = {"Cache-Control": "private, no-cache"} if caller else {"Cache-Control": "no-cache"}
    return replace(reply, headers={**privacy, **reply.headers, **headers})


def _operation(operations, http_request):
    """Return the operation that a request is for, if its body may be one.

    :raise Problem: 405, 411, 413 or 415
    """
    method = "GET" if http_request.method == "HEAD" else http_request.method
    operation = operations.get(method)
    if not operation:
        raise method_not_allowed(operations)
    if operation.body:
        check_length(http_request, operation.body.limit or JSON_LIMIT)
        _check_media(http_request, operation)
    return operation


def _spent(env, caller, cost=1):
    """Take ``cost`` off the caller's quota; return the headers that say what is left.

    An endpoint has one quota, for its webhooks and its calls alike.

    :raise Rejection: 429
    """
    if not caller or not cost:
        return {}
    return env["freight.rate.limit"]._spend(caller.quota, cost)


def _more(call):
    """Return what a call costs beside itself: each item of a batch costs as a single one."""
    schemas = call.operation.body.schemas.values() if call.operation.body else ()
    in_batch = isinstance(call.document, list) and any(
        isinstance(schema, OneOrMany) for schema in schemas
    )
    return len(call.document) - 1 if in_batch else 0


def _call(env, operation, caller, values, trace_id):
    http_request = request.httprequest
    call = Call(
        operation,
        caller,
        trace_id,
        path=path_values(env, operation, values),
        query=query_values(env, operation, http_request),
        headers=header_values(env, operation, http_request),
        media_type=(http_request.mimetype or "").lower(),
        body=http_request.get_data() if operation.body else b"",
    )
    return with_document(env, call) if operation.body else call


def _worked(env, call):
    handler = getattr(env[call.operation.model], call.operation.handler)
    if not call.operation.body:
        return handler(call)
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
    if http_request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(415, "unsupported-encoding", "Send the body uncompressed.")
    if (http_request.mimetype or "").lower() not in operation.body.schemas:
        taken = ", ".join(operation.body.schemas)
        raise Problem(415, "unsupported-media-type", f"Send one of {taken}.")


# Answers ----------------------------------------------------------------------------------------


def _response(reply):
    is_json = reply.media_type == JSON and reply.body is not None
    body = json.dumps(reply.body, ensure_ascii=False).encode() if is_json else reply.body or b""
    headers = dict(reply.headers)
    if reply.revalidate:
        tag = hashlib.sha256(body).hexdigest()[:32]
        headers["ETag"] = f'"{tag}"'
        if request.httprequest.if_none_match.contains_weak(tag):
            return Response(status=304, headers=headers)
    response = Response(body, status=reply.status, headers=headers)
    if body:
        response.headers["Content-Type"] = reply.media_type
    else:
        response.headers.pop("Content-Type", None)
    return response
