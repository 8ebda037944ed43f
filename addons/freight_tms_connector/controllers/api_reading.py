"""What a request says, read and checked as its operation has it: parameters and the body."""

import re
from dataclasses import replace

from ..api_operation import OneOrMany
from ..codecs import CodecError
from ..codecs.canonical import load
from ..models.freight_api import Problem, schema_problem
from ..schemas import SchemaError

#: What no parameter contains: control characters and halves of surrogate pairs.
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_INTEGER = re.compile("-?[0-9]{1,9}", re.ASCII)


def path_values(env, operation, values):
    """Return the parameters in the path.

    :raise Problem: 404 for what no thing can be called
    """
    for name, parameter in operation.named("path").items():
        try:
            _check_value(env, parameter, values[name])
        except SchemaError as error:
            raise unknown() from error
    return values


def unknown():
    """Return the problem of something that is not there, or not the caller's: alike."""
    return Problem(404, "not-found", "There is no such thing, or it is not yours.")


def query_values(env, operation, http_request):
    """Return {name: value} of the query; see :func:`_values`."""
    given = {name: http_request.args.getlist(name) for name in http_request.args}
    return _values(env, operation.named("query"), given)


def header_values(env, operation, http_request):
    """Return {name: value} of the headers that the operation reads; see :func:`_values`."""
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


def with_document(env, call):
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
