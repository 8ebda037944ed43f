"""The token endpoint: client credentials (RFC 6749) and revocation (RFC 7009)."""

import logging

from odoo import http
from odoo.http import request

from ..api_operation import FORM, Reply
from ..api_tokens import is_printable, read_basic
from ..models.freight_reception import trace_id_of
from .api_gate import (
    BASE,
    OPEN,
    answered,
    check_length,
    environment,
    method_not_allowed,
    strangers,
)

_logger = logging.getLogger(__name__)

FORM_LIMIT = 16 * 1024
#: What is read of a form; anything else is ignored, as RFC 6749 wants it.
PARAMETERS = ("grant_type", "scope", "client_id", "client_secret", "token")


class OAuthError(Exception):
    """An error as RFC 6749 section 5.2 has it."""

    def __init__(self, error, description, status=400):
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class FreightOAuth(http.Controller):
    """Tokens for clients that prove themselves."""

    @http.route(f"{BASE}/oauth/token", **OPEN)
    def token(self, **_form):
        """Issue a short-lived token."""
        return _served(_issue)

    @http.route(f"{BASE}/oauth/revoke", **OPEN)
    def revoke(self, **_form):
        """Revoke a token of the client."""
        return _served(_revoke)


def _served(work):
    http_request = request.httprequest
    trace_id = trace_id_of(http_request.headers.get("traceparent"))
    return answered(lambda: _checked(work), trace_id)


def _checked(work):
    """Return the reply of ``work(env, client, form)`` for a client that proved itself."""
    env, http_request = environment(), request.httprequest
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    with strangers(env) as address:
        if http_request.method == "OPTIONS":
            return Reply(204, headers={"Allow": "OPTIONS, POST"})
        if http_request.method != "POST":
            raise method_not_allowed({"POST": None})
        check_length(http_request, FORM_LIMIT)
    try:
        form = _form(http_request)
        status, body = work(env, _client(env, http_request, form, address), form)
    except OAuthError as error:
        _logger.info("%s: %s", error.error, error)
        if error.status == 401:
            env["freight.rate.limit"]._count_failure(address)
            headers["WWW-Authenticate"] = 'Basic realm="freight", charset="UTF-8"'
        status = error.status
        body = {"error": error.error, "error_description": error.description}
    return Reply(status, body, headers)


def _form(http_request):
    """Return the parameters of the form.

    :raise OAuthError: for another body, or a parameter given twice
    """
    if (http_request.mimetype or "").lower() != FORM:
        raise OAuthError("invalid_request", f"Send a form: {FORM}.")
    if any(len(http_request.form.getlist(name)) > 1 for name in PARAMETERS):
        raise OAuthError("invalid_request", "A parameter is given more than once.")
    return http_request.form.to_dict()


def _client(env, http_request, form, address):
    """Return the client that proves itself, by HTTP Basic or in the form but not by both.

    :raise OAuthError: 401 with one text, whatever was wrong
    """
    authorization = http_request.headers.get("Authorization")
    basic = read_basic(authorization)
    if authorization and "client_secret" in form:
        raise OAuthError("invalid_request", "Prove the client in one way, not in two.")
    identity, secret = basic or (form.get("client_id"), form.get("client_secret"))
    if authorization and not basic:
        identity = secret = None
    client = env["freight.api.client"]._authenticated(identity, secret, address)
    if not client:
        raise OAuthError("invalid_client", "The client could not be authenticated.", 401)
    return client


def _issue(_env, client, form):
    """Return the token response for ``client``.

    :raise OAuthError: for another grant, or a scope that the client has not
    """
    grant = form.get("grant_type")
    if not grant:
        raise OAuthError("invalid_request", "grant_type is missing.")
    if grant != "client_credentials":
        raise OAuthError("unsupported_grant_type", "There is client_credentials only.")
    granted = set(client.scope_ids.mapped("code"))
    wanted = set(form.get("scope", "").split()) or granted
    if not wanted or not wanted <= granted:
        raise OAuthError("invalid_scope", "The client has not been given this scope.")
    token, lifetime = client._issue_short(wanted)
    return 200, {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": lifetime,
        "scope": " ".join(sorted(wanted)),
    }


def _revoke(env, client, form):
    """Revoke the token; what is none, or another client's, is answered alike.

    :raise OAuthError: when no token is named
    """
    token = form.get("token")
    if not token:
        raise OAuthError("invalid_request", "token is missing.")
    if is_printable(token):
        env["freight.api.token"]._revoke_of(client, token)
    return 200, None
