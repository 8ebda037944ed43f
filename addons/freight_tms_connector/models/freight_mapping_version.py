import json

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..mapping import MappingError
from ..mapping import compile as compile_mapping


class FreightMappingVersion(models.Model):
    """One version of a mapping: draft, approved by a second person, active, retired."""

    _name = "freight.mapping.version"
    _description = "Mapping Version"
    _inherit = ["freight.cached", "freight.guarded"]
    _order = "mapping_id, number desc"

    mapping_id = fields.Many2one("freight.mapping", required=True, ondelete="cascade", index=True)
    number = fields.Integer(required=True)
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
    definition = fields.Json(required=True)
    definition_text = fields.Text(
        string="Rules", compute="_compute_definition_text", inverse="_inverse_definition_text"
    )
    approver_id = fields.Many2one("res.users", readonly=True)

    _sql_constraints = [
        ("number_unique", "unique(mapping_id, number)", "This version number is taken."),
    ]

    @api.model
    def _guarded(self):
        return super()._guarded() | {"state", "approver_id", "shipped"}

    @api.depends("mapping_id.code", "number")
    def _compute_display_name(self):
        for version in self:
            version.display_name = f"{version.mapping_id.code} v{version.number}"

    @api.depends("definition")
    def _compute_definition_text(self):
        for version in self:
            version.definition_text = json.dumps(version.definition, indent=2, ensure_ascii=False)

    def _inverse_definition_text(self):
        for version in self:
            try:
                version.definition = json.loads(version.definition_text)
            except json.JSONDecodeError as error:
                raise UserError(_("The rules are no valid JSON: %s", error)) from error

    @api.constrains("definition")
    def _check_definition(self):
        for version in self:
            try:
                compile_mapping(version.definition)
            except MappingError as error:
                raise ValidationError(_("The mapping cannot be used: %s", error)) from error

    def write(self, vals):
        """Rules change in drafts only: a message remembers the version that translated it."""
        if {"definition", "definition_text", "number"} & set(vals) and any(
            version.state != "draft" for version in self
        ):
            raise UserError(_("Only a draft can be changed. Make a new version."))
        return super().write(vals)

    def action_approve(self):
        """Approve drafts that somebody else wrote.

        :raise UserError: when the approver wrote the draft
        """
        self.check_access_rights("write")
        for version in self.filtered(lambda version: version.state == "draft"):
            if self.env.user in version.create_uid | version.write_uid:
                raise UserError(_("A second person approves a mapping, not who wrote it."))
            version.sudo().write({"state": "approved", "approver_id": self.env.uid})

    def action_activate(self):
        """Put an approved version to work and retire the one before it."""
        self.check_access_rights("write")
        for version in self:
            if version.state not in ("approved", "retired"):
                raise UserError(_("Only an approved version can be activated."))
            version.sudo()._activate()

    def _activate(self):
        self.ensure_one()
        siblings = self.mapping_id.version_ids.filtered(lambda other: other.state == "active")
        siblings.write({"state": "retired"})
        self.write({"state": "active"})
        codes = self.env["freight.unmapped.code"].sudo()
        codes.search([("mapping_id", "=", self.mapping_id.id)])._judge()._run_outdated()
