from odoo import _, api, fields, models

from ..mapping_sources import shared


class FreightMappingOverlap(models.TransientModel):
    """A place of a message that several active rules read. Listed afresh each time."""

    _name = "freight.mapping.overlap"
    _description = "Mapping Rules to Merge"
    _order = "codec, kind, path"
    _rec_name = "path"

    codec = fields.Char(readonly=True)
    kind = fields.Char(string="Message", readonly=True)
    path = fields.Char(string="They read", readonly=True)
    mapping_count = fields.Integer(string="Mappings", readonly=True)
    rule_count = fields.Integer(string="Rules", readonly=True)
    rules = fields.Text(
        string="Read by", readonly=True, help="Version, document and field of each rule."
    )

    @api.model
    def action_list(self):
        """List what several rules of the active versions read, and open the list."""
        self.check_access_rights("create")
        self.search([("create_uid", "=", self.env.uid)]).unlink()
        versions = self.env["freight.mapping.version"].search([("state", "=", "active")])
        by_message = versions.grouped(lambda one: (one.mapping_id.codec, one.mapping_id.kind))
        self.create(
            [
                self._overlap_values(codec, kind, path, rules)
                for (codec, kind), same in by_message.items()
                for path, rules in shared(
                    (version.display_name, version.definition) for version in same
                ).items()
            ]
        )
        return {
            "type": "ir.actions.act_window",
            "name": _("Mapping rules to merge"),
            "res_model": self._name,
            "view_mode": "tree",
        }

    @api.model
    def _overlap_values(self, codec, kind, path, rules):
        return {
            "codec": codec,
            "kind": kind,
            "path": path,
            "mapping_count": len({name for name, _reading in rules}),
            "rule_count": len(rules),
            "rules": "\n".join(f"{name}: {one.document}, {one.target}" for name, one in rules),
        }
