import json
import logging

import psycopg2
from odoo import http
from odoo.http import Response, request
from odoo.sql_db import PoolError

from ..models.freight_reception import Rejection, Request, problem_body, trace_id_of
from ..vault import VaultError

_logger = logging.getLogger(__name__)

#: What no source may exceed, and what is read away so that the sender sees our answer.
ABSOLUTE_LIMIT = 64 * 1024 * 1024
DRAIN_LIMIT = 8 * 1024 * 1024


class FreightHooks(http.Controller):
    """The door for webhooks, EDI and files over HTTP."""

    @http.route(
        "/freight/v1/hooks/<string:source>",
        type="http",
        auth="public",
        csrf=False,
        save_session=False,
    )
    def receive(self, source, **_query):
        """Take a message in. The table of answers stands in the addon's README."""
        trace_id = trace_id_of(request.httprequest.headers.get("traceparent"))
        try:
            if request.httprequest.method != "POST":
                raise Rejection(
                    405, "method-not-allowed", "Messages are POSTed.", headers={"Allow": "POST"}
                )
            answer = self._receive(source, trace_id)
        except Rejection as rejection:
            _logger.info("%s: %s", rejection.problem, rejection)
            return _problem(rejection, trace_id)
        except (psycopg2.OperationalError, PoolError, VaultError) as error:
            _logger.warning("Not ready for messages: %s", error)
            return _problem(
                Rejection(
                    503, "not-ready", "Please send it again shortly.", headers={"Retry-After": "5"}
                ),
                trace_id,
            )
        return Response(
            json.dumps(answer.body),
            status=answer.status,
            content_type="application/json",
            headers=answer.headers,
        )

    def _receive(self, source, trace_id):
        http_request = request.httprequest
        _check_size(http_request, ABSOLUTE_LIMIT)
        reception = request.env["freight.reception"].sudo()
        door = reception._door_or_reject(source)
        _check_size(http_request, door.max_bytes)
        return reception._receive(
            Request(
                source=source,
                media_type=(http_request.mimetype or "").lower(),
                headers=http_request.headers,
                query=dict(http_request.args),
                body=http_request.get_data(),
                trace_id=trace_id,
            ),
            door,
        )


def _check_size(http_request, limit):
    """Refuse a body over ``limit`` bytes by its announced length.

    A moderate one is read away first: a connection closed on unread bytes loses the answer.

    :raise Rejection: 413, or 411 where no length is announced
    """
    length = http_request.content_length
    if length is None:
        raise Rejection(411, "length-required", "Announce the length of the body.")
    if length > limit:
        if length <= DRAIN_LIMIT:
            http_request.get_data()
        raise Rejection(413, "too-large", f"A message may have {limit} bytes.")


def _problem(rejection, trace_id):
    return Response(
        problem_body(rejection.status, rejection.problem, rejection.detail, trace_id),
        status=rejection.status,
        content_type="application/problem+json",
        headers=rejection.headers,
    )
