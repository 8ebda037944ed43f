"""The codes that people added to mappings and systems, laid over those of a definition."""

from odoo import api, fields, models
from odoo.tools import ormcache

from ..mapping import compile as compile_mapping


class FreightStampedCodes(models.AbstractModel):
    """What has code lines, and tells by a number that they changed."""

    _name = "freight.stamped.codes"
    _description = "Owner of Code Translations"

    codes_stamp = fields.Integer(
        readonly=True, default=0, copy=False, help="Counts the changes of its codes."
    )

    @api.model
    def _count_change_of_codes(self, ids):
        """Note that the codes of the records ``ids`` changed, in the order of ids."""
        if not ids:
            return
        self.flush_model(["codes_stamp"])
        self.env.cr.execute(
            f"""
            UPDATE {self._table} SET codes_stamp = coalesce(codes_stamp, 0) + 1
             WHERE id IN (SELECT id FROM {self._table} WHERE id = ANY(%s)
                           ORDER BY id FOR NO KEY UPDATE)
            """,
            [list(ids)],
        )
        self.invalidate_model(["codes_stamp"])


class FreightMapping(models.Model):
    _name = "freight.mapping"
    _inherit = ["freight.mapping", "freight.stamped.codes"]

    @api.model
    def _compiled_for(self, version, system):
        """Return the compiled ``version`` for what ``system`` sends, never with codes of before.

        Emptying the caches of other processes takes a moment, and a lane at work does not look for
        it. The stamps come with this transaction's own data.
        """
        stamps = (version.mapping_id.codes_stamp, system.codes_stamp)
        return self._compiled(version.id, system.id or None, stamps)

    @api.model
    @ormcache("version_id", "system_id", "stamps")
    def _compiled(self, version_id, system_id=None, stamps=None):
        """Return the compiled version, with the codes that people added laid over its own.

        Those for the sending system, if it is given, lie on top.

        :param stamps: tell results of before a change from those after it
        """
        version = self.env["freight.mapping.version"].sudo().browse(version_id)
        system = self.env["freight.system"].browse(system_id or [])
        return version._compile(version.definition, system)

    @api.model
    def _lookups(self, compiled, system):
        """Return {name: {their code: what it stands for}} of the lookups that a mapping uses."""
        if "place" not in compiled.lookups:
            return {}
        kept = self.env.cr.cache.setdefault("freight_places", {})
        key = (system.id, system.codes_stamp)
        if key not in kept:
            kept[key] = self._places(system)
        return {"place": kept[key]}

    @api.model
    def _places(self, system):
        """Return {their code of a location: its place}, of the contacts with our reference."""
        ours = self.env["freight.code.map.line"]._maps_of(system.id).get("location", {})
        contacts = self.env["res.partner"].sudo().search(
            [("ref", "in", list(set(ours.values()))),
             ("company_id", "in", [False, *system.company_id.ids])],
            order="company_id desc, id desc",
        )  # fmt: skip
        by_reference = {contact.ref: _place(contact) for contact in contacts}
        return {theirs: by_reference[one] for theirs, one in ours.items() if one in by_reference}


class FreightMappingVersion(models.Model):
    _inherit = "freight.mapping.version"

    def _compile(self, definition, system):
        """Return ``definition`` compiled as a version of this mapping, for what ``system`` sends.

        :raise MappingError: when it cannot be used
        """
        lines = self.sudo().mapping_id.code_line_ids
        if system:
            of_system = self.env["freight.code.map.line"].sudo()
            lines |= of_system.search([("system_id", "=", system.id)])
        outward = self.mapping_id.direction == "out"
        return compile_mapping(
            definition,
            [
                (line.map_name, *line._read_and_written(outward))
                for line in lines.sorted(lambda line: (bool(line.system_id), outward and -line.id))
            ],
        )


class FreightSystem(models.Model):
    _name = "freight.system"
    _inherit = ["freight.system", "freight.stamped.codes"]


def _place(contact):
    """Return the place of a contact, as canonical documents have it."""
    place = {
        "name": contact.name,
        "city": contact.city,
        "state": contact.state_id.code,
        "zip": contact.zip,
        "country": contact.country_id.code,
    }
    return {name: value for name, value in place.items() if value}
