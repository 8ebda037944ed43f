"""The catalogue of what the suite tells of. Each addon brings the types that it announces."""

from fnmatch import fnmatchcase

from odoo import _, api, fields, models, tools

WIRE_VERSION = ".v1"


class FreightAnnouncementType(models.Model):
    """A type of event that partners can subscribe to."""

    _name = "freight.announcement.type"
    _description = "Event Type to Subscribe to"
    _inherit = "freight.cached"
    _order = "sequence, code"
    _rec_names_search = ["code", "name"]

    sequence = fields.Integer(default=10, readonly=True)
    code = fields.Char(string="Event", required=True, readonly=True)
    name = fields.Char(string="When", required=True, translate=True, readonly=True)
    wire_name = fields.Char(
        string="On the wire", compute="_compute_wire_name", help="The type of the CloudEvent."
    )
    family = fields.Char(compute="_compute_family", store=True)
    definition = fields.Char(
        readonly=True, help="What its data is, by the name of the schema in our OpenAPI document."
    )
    internal = fields.Boolean(
        string="Not for carriers", readonly=True, help="Carriers are never told of it."
    )
    subscription_count = fields.Integer(
        string="Subscriptions", compute="_compute_subscription_count"
    )
    example = fields.Text(
        compute="_compute_example",
        groups="freight_tms_connector.group_integration_manager,"
        "freight_canonical.group_freight_auditor",
    )

    _sql_constraints = [("code_unique", "unique(code)", "This type of event is known already.")]

    @api.depends("code")
    def _compute_wire_name(self):
        for one in self:
            one.wire_name = f"{one.code}{WIRE_VERSION}" if one.code else False

    @api.depends("code")
    def _compute_family(self):
        for one in self:
            one.family = (one.code or "").partition(".")[0]

    @api.depends("code", "name")
    def _compute_display_name(self):
        for one in self:
            one.display_name = one.code

    def _compute_subscription_count(self):
        subscriptions = self.env["freight.subscription"].search([("state", "!=", "draft")])
        wanted = [one._patterns() for one in subscriptions]
        for one in self:
            one.subscription_count = sum(one._is_named_by(patterns) for patterns in wanted)

    def _is_named_by(self, patterns):
        return any(fnmatchcase(self.code, pattern) for pattern in patterns)

    def _compute_example(self):
        """Show the newest message of this type that the reader may see, else what the schema says.

        Reading it is reading a payload.
        """
        messages = self.env["freight.message.out"]
        for one in self:
            newest = messages.search(
                [("event_type", "=", one.code), ("form_version_id", "=", False)],
                order="id desc",
                limit=1,
            )
            one.example = newest.payload_text or _(
                "Nothing of the kind was sent yet. Its schema: %s",
                one._schema_path(),
            )

    def _schema_path(self):
        return f"/freight/v1/schemas/{self.code}{WIRE_VERSION}"

    @api.model
    @tools.ormcache()
    def _known(self):
        """Return {type: (name of the schema of its data or None, whether it is internal)}."""
        rows = self.sudo().search([("code", "!=", False)])
        return {row.code: (row.definition or None, row.internal) for row in rows}

    @api.model
    def _is_internal(self, event_type):
        """Return whether carriers are not told of events of this type."""
        _definition, internal = self._known().get(event_type, (None, False))
        return internal
