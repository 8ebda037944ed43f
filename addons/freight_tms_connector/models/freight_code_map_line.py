from functools import partial

from odoo import api, fields, models
from odoo.addons.freight_canonical import db
from odoo.tools import ormcache

#: What a system may have codes of its own for, beside the code maps of its messages.
SUBJECTS = [
    ("tax_category", "Tax category"),
    ("payment_terms", "Payment terms"),
    ("cost_centre", "Cost centre"),
    ("location", "Location"),
    ("warehouse", "Warehouse"),
    ("legal_entity", "Legal entity"),
]


class FreightCodeMapLine(models.Model):
    """A partner's code that somebody translated.

    A line of a mapping is laid over that mapping's code maps, for all who send by it; a line of a
    system over those of whatever this system sends, and goes first.
    """

    _name = "freight.code.map.line"
    _description = "Code Translation"
    _inherit = ["freight.cached", "freight.guarded"]
    _order = "system_id, mapping_id, map_name, source_code"
    _rec_name = "source_code"

    mapping_id = fields.Many2one("freight.mapping", ondelete="cascade", index=True)
    system_id = fields.Many2one("freight.system", ondelete="cascade", index="btree_not_null")
    subject = fields.Selection(SUBJECTS, help="Empty: a code map of its messages, by its name.")
    map_name = fields.Char(
        string="Code map",
        required=True,
        compute="_compute_map_name",
        store=True,
        readonly=False,
        precompute=True,
    )
    source_code = fields.Char(string="Their code", required=True)
    target_code = fields.Char(string="Our code", required=True)

    _sql_constraints = [
        (
            "code_unique",
            "unique(mapping_id, map_name, source_code)",
            "This code is translated already.",
        ),
        (
            "system_code_unique",
            "unique(system_id, map_name, source_code)",
            "This code of the system is translated already.",
        ),
        (
            "one_owner",
            "CHECK((mapping_id IS NULL) <> (system_id IS NULL))",
            "A translation is for one mapping or for one system: name one of them.",
        ),
    ]

    @api.model_create_multi
    def create(self, vals_list):
        """Create; what waited for these codes is run again."""
        lines = super().create(vals_list)
        lines._changed(set())
        return lines

    def write(self, vals):
        """Write; what was read by these codes is read again."""
        before = self._places()
        result = super().write(vals)
        self._changed(before)
        return result

    def unlink(self):
        """Delete; what was read by these codes is read again without them."""
        before = self._places()
        result = super().unlink()
        self.browse()._changed(before)
        return result

    def _places(self):
        """Return {(mapping id, system id, code map, their code)} of these lines."""
        return {
            (line.mapping_id.id, line.system_id.id, line.map_name, line.source_code)
            for line in self
        }

    def _changed(self, before):
        """Let no lane use what these lines said ``before``, and run again what is concerned."""
        places = before | self._places()
        for model, ids in (
            ("freight.mapping", {mapping for mapping, *_rest in places if mapping}),
            ("freight.system", {system for _mapping, system, *_rest in places if system}),
        ):
            self.env[model]._count_change_of_codes(ids)
        self.env["freight.unmapped.code"]._concerned(places)._rejudge()
        self.env.cr.postcommit.add(partial(self._changed_for_all, places))

    @api.model
    def _changed_for_all(self, places):
        """Find the messages, too, that were translated while the codes were being changed."""
        with db.read_committed(self.pool) as cr:
            self.env(cr=cr)["freight.unmapped.code"]._concerned(places)._rejudge()

    @api.depends("subject")
    def _compute_map_name(self):
        for line in self:
            line.map_name = line.subject or line.map_name

    def _read_and_written(self, outward):
        """Return (the code that is read, the one that is written for it).

        What we send is written in the codes that a system sends us, turned round: where several
        of its codes mean the same to us, the one that was added first.
        """
        self.ensure_one()
        codes = (self.source_code, self.target_code)
        return codes[::-1] if outward and self.system_id else codes

    @api.model
    @ormcache("system_id")
    def _maps_of(self, system_id):
        """Return {name of the code map: {their code: our code}} of the lines of a system."""
        maps = {}
        for line in self.sudo().search([("system_id", "=", system_id)]):
            maps.setdefault(line.map_name, {})[line.source_code] = line.target_code
        return maps

    @api.model
    def _our_code(self, system, subject, code):
        """Return our code for what ``system`` calls ``code``, None where nobody translated it.

        :param str subject: one of :data:`SUBJECTS`, or the name of a code map
        """
        return self._maps_of(system.id).get(subject, {}).get(code)
