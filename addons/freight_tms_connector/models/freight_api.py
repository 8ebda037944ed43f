"""What the REST API has in common: its operations, who may call them, its documents and pages."""

import json

from odoo import api, models, tools

from .. import api_cursor, api_schemas, api_tokens, openapi, openapi_page
from ..api_operation import Reply
from ..routes import OPERATIONS
from ..schemas import SchemaError
from .freight_reception import Rejection

DEFAULT_LIMIT = 50


class Problem(Rejection):
    """A :class:`Rejection` that says more. ``members`` join the problem document (RFC 9457)."""

    def __init__(self, status, problem, detail, headers=None, **members):
        super().__init__(status, problem, detail, headers=headers)
        self.members = members


class FreightApi(models.AbstractModel):
    """The REST API. Upper addons add their operations, schemas and scopes to it."""

    _name = "freight.api"
    _description = "REST API"

    # What there is ------------------------------------------------------------------------------

    @api.model
    def _operations(self):
        """Return the operations, as :class:`~..api_operation.Operation`."""
        return OPERATIONS

    @api.model
    def _definitions(self):
        """Return {name: JSON Schema} of all bodies, see :mod:`..api_schemas`."""
        return api_schemas.definitions()

    @api.model
    @tools.ormcache("path")
    def _operations_at(self, path):
        """Return {method: operation} of a path below ``/freight/v1``."""
        return {one.method: one for one in self._operations() if one.path == path}

    @api.model
    @tools.ormcache("schema_key")
    def _compiled(self, schema_key):
        """Return the check of a schema, compiled once for each worker.

        :param schema_key: the schema as JSON text
        """
        return api_schemas.validator(json.loads(schema_key), self._definitions())

    @api.model
    def _check(self, schema, value):
        """Check ``value`` against ``schema``.

        :raise SchemaError: with the first violation
        """
        self._compiled(json.dumps(schema, sort_keys=True))(value)

    # Who calls ----------------------------------------------------------------------------------

    @api.model
    def _authenticated(self, operation, authorization, address):
        """Return the :class:`~..api_operation.Caller` of an ``Authorization`` header.

        :raise Problem: 401 as RFC 6750 says, one text for whatever is wrong with a token;
            403 for a token without the scope
        """
        token = api_tokens.read_bearer(authorization)
        caller = token and self.env["freight.api.token"]._caller(token, address)
        if not caller:
            challenge = 'Bearer realm="freight"'
            if authorization:
                challenge += ', error="invalid_token"'
            raise Problem(
                401,
                "unauthenticated",
                "Send a valid token: Authorization: Bearer ...",
                headers={"WWW-Authenticate": challenge},
            )
        if operation.scope not in caller.scopes:
            raise Problem(
                403,
                "insufficient-scope",
                f"The token lacks the scope {operation.scope}.",
                headers={
                    "WWW-Authenticate": 'Bearer realm="freight", error="insufficient_scope",'
                    f' scope="{operation.scope}"'
                },
            )
        return caller

    # Lists --------------------------------------------------------------------------------------

    @api.model
    def _limit_of(self, call):
        return call.query.get("limit", DEFAULT_LIMIT)

    @api.model
    def _position(self, call):
        """Return the position of the call's cursor, None for the first page.

        :raise Problem: 400 for a cursor of another list or with other filters
        """
        if "cursor" not in call.query:
            return None
        try:
            return api_cursor.decode(self._cursor_key(), _listing(call), call.query["cursor"])
        except api_cursor.CursorError as error:
            raise Problem(
                400,
                "invalid-cursor",
                "Send the `next` of the page before, with the same filters.",
                errors=[{"parameter": "cursor", "detail": str(error)}],
            ) from error

    @api.model
    def _cursor_at(self, call, position):
        """Return the cursor of the page after ``position``."""
        return api_cursor.encode(self._cursor_key(), _listing(call), position)

    @api.model
    @tools.ormcache()
    def _cursor_key(self):
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        return f"freight.api.cursor:{secret}".encode()

    @api.model
    def _page(self, call, rows, view, position_of):
        """Return the reply of a page.

        :param rows: as many as the limit, or one more where there is a next page
        :param view: callable(rows) -> list of JSON objects
        :param position_of: callable(row) -> its position
        """
        limit = self._limit_of(call)
        shown = rows[:limit]
        more = len(rows) > limit
        return Reply(
            200,
            {
                "items": view(shown),
                "next": self._cursor_at(call, position_of(shown[-1])) if more else None,
            },
        )

    @api.model
    def _page_by_id(self, call, model, domain, view):
        """Return the reply of a page of ``model``, the first record first.

        :param view: callable(record) -> JSON object
        """
        position = self._position(call)
        if position:
            domain = [*domain, ("id", ">", position[0])]
        records = model.search(domain, order="id", limit=self._limit_of(call) + 1)
        return self._page(
            call,
            records,
            view=lambda shown: [view(record) for record in shown],
            position_of=lambda record: [record.id],
        )

    # About itself -------------------------------------------------------------------------------

    @api.model
    def _document(self):
        """Return the OpenAPI document."""
        parameters = self.env["ir.config_parameter"].sudo()
        return openapi.build(
            self._operations(),
            self._definitions(),
            self.env["freight.api.scope"]._described(),
            parameters.get_param("web.base.url", "").rstrip("/"),
            self.env["freight.api.ageing"]._aged(),
        )

    @api.model
    def _api_describe(self, _call):
        return Reply(200, self._document(), revalidate=True)

    @api.model
    def _api_explain(self, _call):
        page = self.env["ir.qweb"]._render(
            "freight_tms_connector.api_docs", openapi_page.values(self._document())
        )
        return Reply(200, str(page).encode(), media_type="text/html; charset=utf-8")


def _listing(call):
    """Return the text that names a list with its filters, for one caller."""
    filters = {name: value for name, value in call.query.items() if name not in ("cursor", "limit")}
    return json.dumps(
        [call.operation.id, call.caller.endpoint_id, sorted(call.path.items()),
         sorted(filters.items())]
    )  # fmt: skip


def schema_problem(error, detail="The body is not what its schema says."):
    """Return the 422 :class:`Problem` of a :class:`~..schemas.SchemaError`."""
    return Problem(422, "schema-violation", detail, errors=pointed(error))


def pointed(error: SchemaError):
    """Return the errors of a schema violation as a problem document lists them."""
    return [{"pointer": pointer, "detail": detail} for pointer, detail in error.errors]
