from markupsafe import Markup
from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import mapping_difference, mapping_files
from ..mapping import FORMAT, SCHEMA, MappingError
from ..mapping import compile as compile_mapping

#: What a draft may change, and nothing that was approved.
FROZEN = {"definition", "definition_text", "number", "mapping_id"}


#: Rules to begin with: one event for each message.
_FIRST_RULES = {
    "documents": [
        {
            "kind": "event",
            "fields": [
                {
                    "target": "shipment.references[]",
                    "require": ["value"],
                    "fields": [
                        {"target": "type", "default": "shipment"},
                        {"target": "value", "source": "doc.shipment"},
                    ],
                },
                {"target": "type", "source": "doc.status", "code_map": "statuses"},
                {"target": "raw_code", "source": "doc.status", "default": ""},
                {"target": "classifier", "default": "actual"},
                {"target": "occurred", "source": "doc.time", "cast": "datetime"},
            ],
        }
    ],
    "code_maps": {"statuses": {}},
}

#: Rules to begin with for what we send: the announcement as it is.
_FIRST_RULES_OUT = {
    "direction": "out",
    "documents": [
        {
            "kind": "message",
            "fields": [
                {"target": "id", "source": "doc.id"},
                {"target": "type", "source": "doc.type"},
                {"target": "shipment", "source": "doc.shipment.number"},
            ],
        }
    ],
}


class FreightMappingVersion(models.Model):
    """One version of a mapping: draft, approved by a second person, active, retired."""

    _name = "freight.mapping.version"
    _description = "Mapping Version"
    _inherit = ["freight.cached", "freight.guarded"]
    _order = "mapping_id, number desc"

    mapping_id = fields.Many2one("freight.mapping", required=True, ondelete="cascade", index=True)
    number = fields.Integer(required=True, default=lambda self: self._default_number())
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("approved", "Approved"),
            ("active", "Active"),
            ("retired", "Retired"),
        ],
        required=True,
        default="draft",
        readonly=True,
    )
    shipped = fields.Boolean(readonly=True)
    definition = fields.Json(required=True, default=lambda self: self._first_rules())
    definition_text = fields.Text(
        string="Rules", compute="_compute_definition_text", inverse="_inverse_definition_text"
    )
    author_ids = fields.Many2many(
        "res.users",
        "freight_mapping_version_author_rel",
        string="Written by",
        readonly=True,
        help="All who wrote or changed the rules. Somebody else approves them.",
    )
    approver_id = fields.Many2one("res.users", readonly=True)
    approved = fields.Datetime(readonly=True)
    difference = fields.Html(
        string="What changes",
        compute="_compute_difference",
        sanitize=False,
        help="Beside the active version, rule by rule.",
    )

    _sql_constraints = [
        ("number_unique", "unique(mapping_id, number)", "This version number is taken."),
    ]

    def init(self):
        """Make the index that the ORM cannot declare: one active version for each mapping."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_mapping_version_active
                ON freight_mapping_version (mapping_id) WHERE state = 'active'
            """
        )

    @api.model
    def _guarded(self):
        return super()._guarded() | {"state", "author_ids", "approver_id", "approved", "shipped"}

    @api.model
    def _first_rules(self):
        mapping = self.env["freight.mapping"].browse(self.env.context.get("default_mapping_id"))
        return _FIRST_RULES_OUT if mapping.direction == "out" else _FIRST_RULES

    @api.model
    def _default_number(self):
        mapping = self.env.context.get("default_mapping_id")
        return self.env["freight.mapping"].browse(mapping or [])._next_number()

    @api.depends("mapping_id.code", "number")
    def _compute_display_name(self):
        for version in self:
            version.display_name = f"{version.mapping_id.code} v{version.number}"

    @api.depends("definition")
    def _compute_definition_text(self):
        for version in self:
            version.definition_text = mapping_files.write(version.definition or {})

    def _inverse_definition_text(self):
        for version in self.filtered("definition_text"):
            try:
                version.definition = mapping_files.parse(version.definition_text)
            except mapping_files.FileError as error:
                raise UserError(_("The rules are no valid JSON: %s", error)) from error

    @api.depends("definition", "state", "mapping_id.version_ids.state")
    def _compute_difference(self):
        for version in self:
            active = version.mapping_id.active_version_id
            rows = (
                mapping_difference.of_definitions(active.definition, version.definition)
                if active and active != version and version.definition
                else None
            )
            version.difference = False if rows is None else self._difference_table(rows)

    @api.model
    def _difference_table(self, rows):
        """Return differences as a table for people; whatever stands in it is escaped."""
        if not rows:
            return Markup("<p>%s</p>") % _("Nothing differs.")
        words = {"added": _("added"), "removed": _("removed"), "changed": _("changed")}
        colours = {"added": "success", "removed": "danger", "changed": "warning"}
        line = Markup(
            '<tr><td><span class="badge text-bg-%s">%s</span></td><td>%s</td>'
            '<td><code class="text-break">%s</code></td>'
            '<td><code class="text-break">%s</code></td></tr>'
        )
        body = Markup().join(
            line % (colours[one.kind], words[one.kind], one.where, _json(one.before),
                    _json(one.after))
            for one in rows
        )  # fmt: skip
        heads = Markup().join(
            Markup("<th>%s</th>") % head for head in ("", _("Where"), _("Before"), _("After"))
        )
        table = Markup('<table class="table table-sm"><thead><tr>%s</tr></thead>%s</table>')
        return table % (heads, Markup("<tbody>%s</tbody>") % body)

    @api.constrains("definition", "mapping_id")
    def _check_definition(self):
        for version in self:
            if version.definition.get("direction", "in") != version.mapping_id.direction:
                raise ValidationError(
                    _(
                        "The rules are for the other direction than %s: its first line says"
                        ' "direction": "out" where it is about what we send.',
                        version.mapping_id.code,
                    )
                )
            try:
                compile_mapping(version.definition)
            except MappingError as error:
                text = mapping_files.write(version.definition)
                raise ValidationError(
                    _(
                        "The mapping cannot be used: line %(line)s: %(error)s",
                        line=mapping_files.line_of(error.rule, text) or 1,
                        error=error,
                    )
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        """Create drafts; who does is their author."""
        versions = super().create(vals_list)
        versions._note_author()
        return versions

    def write(self, vals):
        """Rules change in drafts only: a message remembers the version that translated it.

        :raise UserError: for any other version
        """
        changes = FROZEN & set(vals)
        if changes and any(version.state != "draft" for version in self):
            raise UserError(_("Only a draft can be changed. Make a new version."))
        result = super().write(vals)
        if changes:
            self._note_author()
        return result

    def _note_author(self):
        self.sudo().write({"author_ids": [(4, self.env.uid)]})

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        """Refuse: what was approved may have translated messages, and tells who approved it."""
        if any(version.state != "draft" for version in self):
            raise UserError(
                _("Only drafts can be deleted. Retire a version by activating another.")
            )

    # The way of a version -------------------------------------------------------------------------

    def action_approve(self):
        """Approve drafts that somebody else wrote.

        :raise UserError: when the approver wrote or changed the rules
        """
        self._check_may_decide()
        for version in self.filtered(lambda version: version.state == "draft"):
            if self.env.user in version.sudo().author_ids | version.create_uid:
                raise UserError(_("A second person approves a mapping, not who wrote it."))
            version.sudo().write(
                {
                    "state": "approved",
                    "approver_id": self.env.uid,
                    "approved": fields.Datetime.now(),
                }
            )

    def action_activate(self):
        """Put an approved version to work and retire the one before it.

        :raise UserError: for one that nobody approved
        """
        self._check_may_decide()
        for version in self:
            if version.state not in ("approved", "retired"):
                raise UserError(_("Only an approved version can be activated."))
            version.sudo()._activate()

    def _check_may_decide(self):
        self.check_access_rights("write")
        self.check_access_rule("write")

    def _activate(self):
        """Retire what was active, and let this work; codes that it knows are off the list."""
        self.ensure_one()
        siblings = self.mapping_id.version_ids.filtered(lambda other: other.state == "active")
        siblings.write({"state": "retired"})
        self.env.flush_all()
        self.write({"state": "active"})
        if self.mapping_id.direction == "out":
            return
        codes = self.env["freight.unmapped.code"].sudo()
        codes.search([("mapping_id", "=", self.mapping_id.id)])._judge()._run_outdated()

    def _file(self, with_codes):
        """Return the text of this version as a file.

        :param with_codes: whether the codes that people added to the mapping are part of it
        """
        self.ensure_one()
        mapping = self.mapping_id
        definition = {name: one for name, one in self.definition.items() if name != "added_codes"}
        added = {}
        for line in mapping.code_line_ids if with_codes else ():
            added.setdefault(line.map_name, {})[line.source_code] = line.target_code
        return mapping_files.write(
            {
                **definition,
                "format": FORMAT,
                "schema": SCHEMA,
                "code": mapping.code,
                "name": definition.get("name") or mapping.with_context(lang=None).name,
                **({"direction": "out"} if mapping.direction == "out" else {}),
                "codec": mapping.codec,
                "kind": mapping.kind,
                "version": self.number,
                **({"added_codes": added} if added else {}),
            }
        )


def _json(value):
    return "" if value is None else mapping_files.write(value).strip()
