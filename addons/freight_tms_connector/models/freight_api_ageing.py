from datetime import timezone

from odoo import api, fields, models, tools
from werkzeug.http import http_date


class FreightApiAgeing(models.Model):
    """An operation of the API that ages: since when it should not be used, and when it ends.

    Callers are told so in each answer (RFC 9745 ``Deprecation``, RFC 8594 ``Sunset``), and the
    OpenAPI document marks it.
    """

    _name = "freight.api.ageing"
    _description = "Ageing API Operation"
    _inherit = "freight.cached"
    _order = "operation"
    _rec_name = "operation"

    operation = fields.Char(
        required=True, help="The operationId, such as listShipments; * for the whole version."
    )
    deprecated = fields.Datetime(
        string="Deprecated since", required=True, default=fields.Datetime.now
    )
    sunset = fields.Datetime(string="Ends")
    link = fields.Char(string="What to do", help="Address of a page that says what replaces it.")

    _sql_constraints = [
        ("operation_unique", "unique(operation)", "This operation ages already."),
        ("sunset_after", "CHECK(sunset IS NULL OR sunset >= deprecated)",
         "It ends after it was deprecated, not before."),
    ]  # fmt: skip

    @api.model
    @tools.ormcache()
    def _rows(self):
        """Return {operation id or *: (deprecated, sunset or None, link or None)}."""
        return {
            row.operation: (row.deprecated, row.sunset or None, row.link or None)
            for row in self.sudo().search([("operation", "!=", False)])
        }

    @api.model
    def _aged(self):
        """Return the ids of the operations that age."""
        return frozenset(self._rows())

    @api.model
    def _headers(self, operation_id):
        """Return the headers that tell of the age of an operation."""
        rows = self._rows()
        row = rows.get(operation_id) or rows.get("*")
        if not row:
            return {}
        deprecated, sunset, link = row
        headers = {"Deprecation": f"@{_timestamp(deprecated)}"}
        if sunset:
            headers["Sunset"] = http_date(sunset)
        if link:
            headers["Link"] = f'<{link}>; rel="deprecation"'
        return headers


def _timestamp(moment):
    return int(moment.replace(tzinfo=timezone.utc).timestamp())
