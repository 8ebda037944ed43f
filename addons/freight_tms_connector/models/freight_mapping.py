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
    codec = fields.Selection(
        [("x12", "X12"), ("edifact", "EDIFACT"), ("json", "JSON"), ("csv", "CSV")], required=True
    )
    kind = fields.Char(required=True, help="Transaction set or message type, such as 214.")
    version_ids = fields.One2many("freight.mapping.version", "mapping_id")
    active_version_id = fields.Many2one(
        "freight.mapping.version", compute="_compute_active_version_id"
    )
    code_line_ids = fields.One2many("freight.code.map.line", "mapping_id")

    _sql_constraints = [("code_unique", "unique(code)", "A mapping with this code exists.")]

    @api.depends("version_ids.state")
    def _compute_active_version_id(self):
        for mapping in self:
            active = mapping.version_ids.filtered(lambda version: version.state == "active")
            mapping.active_version_id = active[:1]

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
