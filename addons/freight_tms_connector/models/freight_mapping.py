import json
from pathlib import Path

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..mapping import FORMAT, SCHEMA, MappingError
from ..mapping import compile as compile_mapping

SHIPPED = Path(__file__).parent.parent / "data" / "mappings"


class FreightMapping(models.Model):
    """How one kind of message becomes canonical documents, in versions."""

    _name = "freight.mapping"
    _description = "Mapping"
    _order = "code"

    code = fields.Char(required=True, copy=False)
    name = fields.Char(required=True, translate=True)
    direction = fields.Selection(
        [("in", "What they send us"), ("out", "What we send them")],
        required=True,
        default="in",
        help="Outbound mappings are chosen on the endpoint, under Forms.",
    )
    codec = fields.Selection(
        [("x12", "X12"), ("edifact", "EDIFACT"), ("json", "JSON"), ("csv", "CSV")], required=True
    )
    kind = fields.Char(required=True, help="Transaction set or message type, such as 214.")
    version_ids = fields.One2many("freight.mapping.version", "mapping_id")
    active_version_id = fields.Many2one(
        "freight.mapping.version", compute="_compute_active_version_id"
    )
    draft_count = fields.Integer(string="Open drafts", compute="_compute_active_version_id")
    code_line_ids = fields.One2many("freight.code.map.line", "mapping_id")
    code_count = fields.Integer(string="Codes added here", compute="_compute_counts")
    unmapped_count = fields.Integer(string="Unmapped codes", compute="_compute_counts")

    _sql_constraints = [("code_unique", "unique(code)", "A mapping with this code exists.")]

    @api.depends("version_ids.state")
    def _compute_active_version_id(self):
        for mapping in self:
            active = mapping.version_ids.filtered(lambda version: version.state == "active")
            waiting = mapping.version_ids.filtered(lambda one: one.state in ("draft", "approved"))
            mapping.active_version_id = active[:1]
            mapping.draft_count = len(waiting)

    def _compute_counts(self):
        lines = self.env["freight.code.map.line"]._read_group(
            [("mapping_id", "in", self.ids)], ["mapping_id"], ["__count"]
        )
        waiting = self.env["freight.unmapped.code"].sudo()._read_group(
            [("mapping_id", "in", self.ids), ("state", "=", "open")], ["mapping_id"], ["__count"]
        )  # fmt: skip
        added = {mapping.id: count for mapping, count in lines}
        unmapped = {mapping.id: count for mapping, count in waiting}
        for mapping in self:
            mapping.code_count = added.get(mapping.id, 0)
            mapping.unmapped_count = unmapped.get(mapping.id, 0)

    def write(self, vals):
        """What a mapping reads changes as long as no version of it was approved.

        :raise UserError: afterwards
        """
        if {"code", "direction", "codec", "kind"} & set(vals) and any(
            version.state != "draft" for version in self.version_ids
        ):
            raise UserError(
                _("Versions of this mapping were approved for what it reads: make another mapping.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_with_drafts_only(self):
        """Refuse where a version was approved; the database would delete it along."""
        self.version_ids._unlink_drafts_only()

    # Shipped ones ---------------------------------------------------------------------------------

    @api.model
    def _load_shipped(self):
        """Import the shipped mappings whose version is not there yet, and activate new ones.

        A mapping that a user has versioned on keeps the user's active version.
        """
        for path in sorted(SHIPPED.glob("*.json")):
            definition = json.loads(path.read_text(encoding="utf-8"))
            mapping = self.search([("code", "=", definition["code"])])
            if definition["version"] in mapping.version_ids.mapped("number"):
                continue
            current = mapping.active_version_id
            version = self._import_definition(definition)
            version.shipped = True
            if not current or current.shipped:
                version._activate()

    @api.model
    def _import_definition(self, definition):
        """Create a draft version, and its mapping at first sight, from an exported definition.

        :raise UserError: when the definition is of another format or cannot be compiled
        :return: the ``freight.mapping.version``
        """
        if definition.get("format") != FORMAT or definition.get("schema") != SCHEMA:
            raise UserError(_("This file is no mapping of format %(f)s %(s)s.", f=FORMAT, s=SCHEMA))
        try:
            compile_mapping(definition)
        except MappingError as error:
            raise UserError(_("The mapping cannot be used: %s", error)) from error
        mapping = self.search([("code", "=", definition["code"])]) or self.create(
            {
                "code": definition["code"],
                "name": definition["name"],
                "direction": definition.get("direction", "in"),
                "codec": definition["codec"],
                "kind": definition["kind"],
            }
        )
        return self.env["freight.mapping.version"].create(
            {
                "mapping_id": mapping.id,
                "number": definition["version"],
                "definition": definition,
            }
        )

    # What people do -------------------------------------------------------------------------------

    def _next_number(self):
        return max(self.version_ids.mapped("number"), default=0) + 1

    def action_new_version(self):
        """Copy the active rules, else the newest, into a draft and open it.

        :raise UserError: for a mapping without any rules
        """
        self.ensure_one()
        origin = self.active_version_id or self.version_ids.sorted("number")[-1:]
        if not origin:
            raise UserError(_("There are no rules to copy yet: add a first version below."))
        number = self._next_number()
        draft = self.env["freight.mapping.version"].create(
            {
                "mapping_id": self.id,
                "number": number,
                "definition": {**origin.definition, "version": number},
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": draft._name,
            "res_id": draft.id,
            "view_mode": "form",
        }

    def action_open_unmapped(self):
        """Open the codes that nothing maps here."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "freight_tms_connector.freight_unmapped_code_action"
        )
        return {**action, "domain": [("mapping_id", "=", self.id)]}
