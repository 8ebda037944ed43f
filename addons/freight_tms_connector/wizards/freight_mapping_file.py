"""A mapping out of this database and into another one, as one JSON file."""

import base64

from markupsafe import Markup
from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .. import mapping_difference, mapping_files

#: A larger file is none of ours.
MAX_BYTES = 4 * 1024 * 1024


class FreightMappingExport(models.TransientModel):
    """Writes one version of a mapping into a file."""

    _name = "freight.mapping.export"
    _description = "Export a Mapping"

    version_id = fields.Many2one("freight.mapping.version", required=True, ondelete="cascade")
    with_codes = fields.Boolean(
        string="With the codes that people added",
        default=True,
        help="Those of the mapping. Codes of single systems stay here: the systems do as well.",
    )
    file = fields.Binary(compute="_compute_file")
    file_name = fields.Char(compute="_compute_file")

    @api.depends("version_id", "with_codes")
    def _compute_file(self):
        for wizard in self:
            version = wizard.version_id
            text = version._file(wizard.with_codes) if version else ""
            wizard.file = base64.b64encode(text.encode())
            wizard.file_name = f"{version.mapping_id.code}_v{version.number}.json"


class FreightMappingImport(models.TransientModel):
    """Shows what a file would change, and makes a draft of it. It activates nothing."""

    _name = "freight.mapping.import"
    _description = "Import a Mapping"

    file = fields.Binary(required=True)
    file_name = fields.Char()
    with_codes = fields.Boolean(
        string="Take over the added codes",
        help="They hold at once, for the version that is active here as well.",
    )
    code_count = fields.Integer(string="Added codes in it", compute="_compute_preview")
    valid = fields.Boolean(compute="_compute_preview")
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.depends("file", "with_codes")
    def _compute_preview(self):
        for wizard in self:
            wizard.code_count, wizard.valid, wizard.preview = 0, False, False
            if not wizard.file:
                continue
            try:
                definition = wizard._definition()
            except UserError as error:
                wizard.preview = Markup('<div class="alert alert-danger">%s</div>') % error
                continue
            wizard.valid = True
            wizard.code_count = sum(map(len, definition.get("added_codes", {}).values()))
            wizard.preview = wizard._describe(definition)

    def _definition(self):
        """Return the definition in the file.

        :raise UserError: naming the rule and the line
        """
        body = base64.b64decode(self.with_context(bin_size=False).file or b"")
        if len(body) > MAX_BYTES:
            raise UserError(_("A mapping is no larger than 4 MiB: this is another file."))
        try:
            definition = mapping_files.read(body.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise UserError(_("The file is no UTF-8 text: export it again.")) from error
        except mapping_files.FileError as error:
            raise UserError(_("This file cannot be imported: %s", error)) from error
        mapping = self._mapping(definition)
        for name in ("codec", "kind", "direction"):
            if mapping and mapping[name] != definition.get(name, "in"):
                raise UserError(
                    _(
                        "%(code)s reads %(ours)s here and %(theirs)s in the file: give the file's"
                        " mapping another code.",
                        code=mapping.code,
                        ours=mapping[name],
                        theirs=definition.get(name, "in"),
                    )
                )
        return definition

    @api.model
    def _mapping(self, definition):
        return self.env["freight.mapping"].search([("code", "=", definition["code"])])

    @api.model
    def _rules(self, definition):
        return {name: value for name, value in definition.items() if name != "added_codes"}

    def _same(self, definition):
        """Return the version that the file holds already, empty if there is none."""
        text = mapping_files.write(self._rules(definition))
        versions = self._mapping(definition).version_ids
        return versions.filtered(lambda version: version._file(False) == text)[:1]

    def _number(self, definition):
        """Return the number of the draft: the file's own, or the next where that is taken."""
        mapping = self._mapping(definition)
        taken = mapping.version_ids.mapped("number")
        number = definition["version"]
        return mapping._next_number() if number in taken else number

    def _describe(self, definition):
        mapping, same = self._mapping(definition), self._same(definition)
        number = self._number(definition)
        sentences, active = [], mapping.active_version_id
        if same:
            sentences.append(_("%s holds the same rules already.", same.display_name))
        elif mapping:
            sentences.append(
                _("%(code)s gets draft version %(number)s.", code=mapping.code, number=number)
            )
        else:
            sentences.append(
                _(
                    "A new mapping %(code)s, %(name)s, gets draft version %(number)s.",
                    code=definition["code"],
                    name=definition["name"],
                    number=number,
                )
            )
        if number != definition["version"] and not same:
            sentences.append(
                _("Version %s is another one here: the number changes.", definition["version"])
            )
        created, changed = self._code_changes(definition)
        sentences.append(
            _(
                "Added codes: %(created)s would be new, %(changed)s would change.",
                created=len(created),
                changed=len(changed),
            )
        )
        table = Markup()
        if active and not same:
            rows = mapping_difference.of_definitions(active.definition, definition)
            table = self.env["freight.mapping.version"]._difference_table(rows)
        return Markup("<ul>%s</ul>%s") % (
            Markup().join(Markup("<li>%s</li>") % one for one in sentences),
            table,
        )

    def _code_changes(self, definition):
        """Return (values of new code lines, {line: our code} of those that change)."""
        mapping = self._mapping(definition)
        known = {(line.map_name, line.source_code): line for line in mapping.code_line_ids}
        created, changed = [], {}
        for name, codes in definition.get("added_codes", {}).items():
            for theirs, ours in codes.items():
                line = known.get((name, theirs))
                if not line:
                    created.append({"map_name": name, "source_code": theirs, "target_code": ours})
                elif line.target_code != ours:
                    changed[line] = ours
        return created, changed

    def action_import(self):
        """Make a draft of the file, and take over its codes where that is wished."""
        self.ensure_one()
        definition = self._definition()
        version = self._same(definition)
        if not version:
            number = self._number(definition)
            version = self.env["freight.mapping"]._import_definition(
                {**self._rules(definition), "version": number}
            )
        if self.with_codes:
            created, changed = self._code_changes(definition)
            lines = self.env["freight.code.map.line"]
            lines.create([{**one, "mapping_id": version.mapping_id.id} for one in created])
            for ours, same in _by_code(changed).items():
                lines.concat(*same).write({"target_code": ours})
        return {
            "type": "ir.actions.act_window",
            "res_model": version._name,
            "res_id": version.id,
            "view_mode": "form",
        }


def _by_code(changed):
    grouped = {}
    for line, ours in changed.items():
        grouped.setdefault(ours, []).append(line)
    return grouped
