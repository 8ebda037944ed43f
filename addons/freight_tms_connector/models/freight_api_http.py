"""Whatever goes wrong below ``/freight/v1`` is answered as a problem, never as a page."""

import json

import psycopg2
from odoo import models
from odoo.http import Response, request
from odoo.sql_db import PoolError
from werkzeug.exceptions import HTTPException

from ..api_operation import PROBLEM
from .freight_api import Problem
from .freight_reception import problem_document, trace_id_of

BELOW = "/freight/v1/"

_CODES = {
    400: "bad-request",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
}


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Dispatch; parameters of the API are read by its gate and must not meet ours."""
        if _is_ours():
            request.params.pop("self", None)
        return super()._dispatch(endpoint)

    @classmethod
    def _handle_error(cls, exception):
        """Answer an error that no controller caught."""
        if not _is_ours():
            return super()._handle_error(exception)
        trace_id = trace_id_of(request.httprequest.headers.get("traceparent"))
        if isinstance(exception, psycopg2.OperationalError | PoolError):
            return problem_response(not_ready(), trace_id)
        status = exception.code if isinstance(exception, HTTPException) else 500
        if isinstance(exception.__cause__, UnicodeDecodeError):
            status = 400  # werkzeug says "too large" of a form that is no text
        if status < 400:  # Odoo would send the caller to an address that it finds nicer
            status = 404
        detail = (
            "This request cannot be answered."
            if status in _CODES
            else "Something went wrong on our side; nothing was stored. The trace id finds it."
        )
        problem = Problem(status, _CODES.get(status, "internal-error"), detail)
        return problem_response(problem, trace_id)


def _is_ours():
    return request.httprequest.path.startswith(BELOW)


def not_ready():
    """Return the problem that asks to come again."""
    return Problem(503, "not-ready", "Please send it again shortly.", headers={"Retry-After": "5"})


def problem_response(rejection, trace_id):
    """Return the RFC 9457 response of a :class:`Rejection`."""
    document = problem_document(
        rejection.status, rejection.problem, rejection.detail, trace_id
    ) | getattr(rejection, "members", {})
    return Response(
        json.dumps(document, ensure_ascii=False),
        status=rejection.status,
        content_type=PROBLEM,
        headers={"Cache-Control": "no-store", **rejection.headers},
    )
