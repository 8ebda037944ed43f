import re

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError


class FreightCodeList(models.AbstractModel):
    """Codes that documents name: the suite's own, shared by all, and those of single companies.

    Shipped rows arrive with the addon or with an update of it. What people make of them - another
    name, other equivalents, archived - stays on every update after that.
    """

    _name = "freight.code.list"
    _description = "Freight Code List"
    _rec_names_search = ["code", "name"]
    _check_company_domain = models.check_company_domain_parent_of

    #: what a code looks like; canonical documents allow nothing else
    _code_pattern = r"[a-z][a-z0-9_]{0,63}"
    #: columns with the codes of standards, several in one separated by spaces
    _equivalents = ()

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    company_id = fields.Many2one(
        "res.company", index=True, ondelete="restrict", help="Empty: all companies use it."
    )
    active = fields.Boolean(default=True)
    equivalent = fields.Char(
        string="Code of a standard",
        compute="_compute_equivalent",
        search="_search_equivalent",
        help="All codes by which standards know it.",
    )

    _sql_constraints = [
        (
            "code_once",
            "EXCLUDE USING btree (code WITH =, coalesce(company_id, 0) WITH =)",
            "This code exists already: choose another one, or use that one.",
        ),
    ]

    @api.constrains("code")
    def _check_code_pattern(self):
        for row in self:
            if not re.fullmatch(self._code_pattern, row.code):
                raise ValidationError(
                    _(
                        "%(code)s is no code of this list: choose one like %(example)s.",
                        code=row.code,
                        example=self._code_example(),
                    )
                )

    @api.constrains("code", "company_id")
    def _check_code_once(self):
        """Within sight of a company each code means one thing.

        A shipped code that arrives later than a company's own with the same name breaks no update:
        that company keeps its own.
        """
        if self.env.context.get("install_mode"):
            return
        every = self.sudo().with_context(active_test=False)
        for row in self:
            others = every.search([("code", "=", row.code), ("id", "!=", row.id)])
            company = row.sudo().company_id
            if any(self._meet(company, other.company_id) for other in others):
                raise ValidationError(
                    _("Code %s exists already: choose another one, or use that one.", row.code)
                )

    @api.model
    def _code_example(self):
        return "gate_check"

    @api.model
    def _meet(self, company, other):
        """Return whether one company sees codes of both."""
        lines = {*company.parent_ids.ids}, {*other.parent_ids.ids}
        return not (company and other) or company.id in lines[1] or other.id in lines[0]

    @api.model_create_multi
    def create(self, vals_list):
        """Create, with the codes of standards written one way."""
        return super().create([self._tidy(vals) for vals in vals_list])

    def write(self, vals):
        """Write, with the codes of standards written one way."""
        return super().write(self._tidy(vals))

    @api.model
    def _tidy(self, vals):
        codes = {
            name: " ".join(re.split(r"[\s,;|]+", vals[name].strip()))
            for name in self._equivalents
            if vals.get(name)
        }
        return {**vals, **codes}

    @api.depends(lambda self: self._equivalents)
    def _compute_equivalent(self):
        for row in self:
            row.equivalent = " ".join(filter(None, (row[name] for name in self._equivalents)))

    @api.model
    def _search_equivalent(self, operator, value):
        """Find by whole codes: D1 does not find D10."""
        if operator not in ("=", "ilike", "like", "=ilike", "=like") or not value:
            raise UserError(_("Look for one code of a standard, such as X8."))
        wanted = [
            f"upper(%s) = ANY(string_to_array(upper({name}), ' '))" for name in self._equivalents
        ]
        self.flush_model(self._equivalents)
        self.env.cr.execute(
            f"SELECT id FROM {self._table} WHERE {' OR '.join(wanted)}",
            [value.strip()] * len(wanted),
        )
        return [("id", "in", [row[0] for row in self.env.cr.fetchall()])]

    @api.model
    def _load_records(self, data_list, update=False):
        """Load shipped rows so that the next update leaves them to the people who use them."""
        return super()._load_records([{**data, "noupdate": True} for data in data_list], update)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_own(self):
        """Refuse to delete shipped rows: the next update would bring them back."""
        shipped = self.env["ir.model.data"].sudo().search_count(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("module", "not in", ("__import__", "__export__")),
            ]
        )  # fmt: skip
        if shipped:
            raise UserError(
                _("Codes that came with an addon come back with its next update: archive them.")
            )

    @api.model
    def _known_to(self, company_id):
        """Return the rows that documents of a company may name, archived ones too.

        Its own come last: who makes a dictionary of them has its own where codes meet.
        """
        domain = ["|", ("company_id", "=", False), ("company_id", "parent_of", company_id or [])]
        rows = self.sudo().with_context(active_test=False).search(domain)
        return rows.sorted(lambda row: len(row.company_id.parent_ids))
