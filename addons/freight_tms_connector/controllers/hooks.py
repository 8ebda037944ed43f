import json
import logging
from contextlib import contextmanager

import psycopg2
from odoo import http
from odoo.http import Response, request
from odoo.sql_db import PoolError
from psycopg2 import errors

from ..cloudevents import handshake
from ..models.freight_api_http import not_ready, problem_response
from ..models.freight_rate_limit import client_address
from ..models.freight_reception import Rejection, Request, trace_id_of
from ..vault import VaultError
from .api_gate import check_length

_logger = logging.getLogger(__name__)

#: What no source may exceed.
ABSOLUTE_LIMIT = 64 * 1024 * 1024

METHODS = "POST, OPTIONS"

#: The database is down, overloaded or locked, or no key is there.
NOT_READY = (psycopg2.OperationalError, PoolError, VaultError)
#: The database has another shape than this process knows: an upgrade ran beside it.
OUTDATED = (errors.UndefinedColumn, errors.UndefinedTable, errors.NotNullViolation)


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
            return self._answer(source, trace_id)
        except Rejection as rejection:
            _logger.info("%s: %s", rejection.problem, rejection)
            return problem_response(rejection, trace_id)
        except NOT_READY as error:
            _logger.warning("Not ready for messages: %s", error)
        except OUTDATED:
            _logger.exception("The database is not the one that this process knows")
        return problem_response(not_ready(), trace_id)

    def _answer(self, source, trace_id):
        http_request = request.httprequest
        if http_request.method not in ("POST", "OPTIONS"):
            raise Rejection(
                405, "method-not-allowed", "Messages are POSTed.", headers={"Allow": METHODS}
            )
        if http_request.method == "POST":
            check_length(http_request, ABSOLUTE_LIMIT)
        address = client_address(request.env, http_request)
        limits = request.env["freight.rate.limit"].sudo()
        limits._check_ready()
        limits._check_address(address)
        if http_request.method == "OPTIONS":
            return self._shake_hands(source, limits, address)
        return self._receive(source, trace_id, limits, address)

    def _receive(self, source, trace_id, limits, address):
        http_request = request.httprequest
        reception = request.env["freight.reception"].sudo()
        with _counting_failures(limits, address):
            door = reception._door_or_reject(source)
            check_length(http_request, door.max_bytes)
            knock = Request(
                source=source,
                media_type=(http_request.mimetype or "").lower(),
                headers=http_request.headers,
                query=dict(http_request.args),
                body=http_request.get_data(),
                trace_id=trace_id,
                address=address,
            )
            proven = reception._prove(knock, door)
        answer = reception._take_in(knock, door, proven)
        response = Response(
            json.dumps(answer.body),
            status=answer.status,
            content_type="application/json",
            headers=answer.headers,
        )
        request.env["freight.credential"].sudo()._note_use(proven.credential_id, response)
        return response

    def _shake_hands(self, source, limits, address):
        """Tell a CloudEvents sender whether it may POST here; see :func:`..cloudevents.handshake`.

        :raise Rejection: for a source that is not open
        """
        with _counting_failures(limits, address):
            door = request.env["freight.reception"].sudo()._door_or_reject(source)
        headers = request.httprequest.headers
        granted = handshake(
            headers.get("WebHook-Request-Origin"), headers.get("WebHook-Request-Rate"), door.quota
        )
        return Response(
            status=200 if granted else 204,
            headers={"Allow": METHODS, **granted},
        )


class FreightElsewhere(http.Controller):
    """What has no route of its own, in words that a program can read."""

    @http.route("/freight/v1/<path:path>", type="http", auth="none", csrf=False, save_session=False)
    def nothing(self, path, **_query):
        """Answer 404, and 503 where no database can serve.

        Odoo asks only modules of ``server_wide_modules`` while a database is down or cannot be
        loaded, and answers 404 otherwise, on which senders give up.
        """
        trace_id = trace_id_of(request.httprequest.headers.get("traceparent"))
        if not request.db:
            _logger.warning("No database to serve /freight/v1/%s", path)
            return problem_response(not_ready(), trace_id)
        return problem_response(
            Rejection(404, "unknown-address", "There is nothing at this address."), trace_id
        )


@contextmanager
def _counting_failures(limits, address):
    """Let who fails before it is proven who it is spend of its address."""
    try:
        yield
    except Rejection:
        limits._count_failure(address)
        raise
