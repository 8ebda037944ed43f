from odoo import _, api, fields, models, tools
from odoo.exceptions import ValidationError

from .. import ownership
from .freight_system import KINDS


class FreightOwnership(models.Model):
    """Which system is the system of record for a data domain. The most specific row decides.

    Several rows of the same scope share the domain among them.
    """

    _name = "freight.ownership"
    _description = "System of Record"
    _inherit = "freight.cached"
    _order = "sequence, domain, company_id, mode, kind"
    _rec_name = "domain"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    domain = fields.Selection(ownership.DOMAINS, string="Data", required=True)
    kind = fields.Selection(KINDS, string="Kind of system", required=True)
    system_id = fields.Many2one(
        "freight.system",
        string="This one system",
        ondelete="restrict",
        domain="[('kind', '=', kind)]",
        check_company=True,
        help="Empty: every system of that kind, on shipments of its own.",
    )
    company_id = fields.Many2one("res.company", help="Empty: it holds for all companies.")
    mode = fields.Selection(
        selection=lambda self: self.env["freight.shipment"]._fields["mode"].selection,
        help="Empty: it holds for all modes of transport.",
    )
    field_names = fields.Char(string="Fields", compute="_compute_field_names")

    def init(self):
        """Make the index that the ORM cannot declare: an owner stands once in each scope."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_ownership_once
                ON freight_ownership (
                    domain, kind, coalesce(system_id, 0), coalesce(company_id, 0),
                    coalesce(mode, '')
                )
            """
        )

    @api.constrains("kind", "system_id")
    def _check_system_kind(self):
        for row in self.filtered("system_id"):
            if row.system_id.kind != row.kind:
                raise ValidationError(
                    _("%s is a system of another kind: choose its kind.", row.system_id.name)
                )

    @api.depends("domain")
    def _compute_field_names(self):
        names = {
            domain: ", ".join(
                self.env[model]._fields[field]._description_string(self.env)
                for model, domains in ownership.FIELDS.items()
                for field, owner in domains.items()
                if owner == domain
            )
            for domain, _name in ownership.DOMAINS
        }
        for row in self:
            row.field_names = names.get(row.domain, "")

    @api.depends("domain", "kind", "system_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row._label('domain')}: {row._owner_name()}"

    def _label(self, name):
        return dict(self._fields[name]._description_selection(self.env)).get(self[name], "")

    def _owner_name(self):
        return self.system_id.name or self._label("kind")

    # Asking -------------------------------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _rules(self):
        """Return all rows as :class:`~..ownership.Rule`."""
        return tuple(
            ownership.Rule(
                row.domain,
                row.kind,
                row.system_id.id or None,
                row.company_id.id or None,
                row.mode or None,
            )
            for row in self.sudo().search([])
        )

    @api.model
    @tools.ormcache("domain", "company_id", "mode")
    def _in_force(self, domain, company_id, mode):
        """Return the rules that hold for ``domain`` in a company and a mode of transport."""
        path = self.env["res.company"].sudo().browse(company_id).parent_path or f"{company_id}/"
        lineage = [int(key) for key in reversed(path.split("/")[:-1])]
        return ownership.owning_rules(self._rules(), domain, lineage, mode)

    @api.model
    def _owns(self, system, domain, shipment):
        """Return whether ``system`` is the system of record of ``domain`` for ``shipment``."""
        rules = self._in_force(domain, shipment.company_id.id, shipment.mode)
        return ownership.owns(
            rules, system.id, system.kind, created=shipment.creator_system_id == system
        )

    @api.model
    def _owns_master(self, system, domain, company_id):
        """Return whether ``system`` is the system of record of ``domain``, of master data.

        :param company_id: of which company; None for what all companies share
        """
        return ownership.owns(self._in_force(domain, company_id or 0, None), system.id, system.kind)

    @api.model
    def _odoo_owns(self, domain, company_id, mode):
        """Return whether people may change ``domain`` in Odoo."""
        return any(rule.kind == "odoo" for rule in self._in_force(domain, company_id, mode))

    @api.model
    def _owner_names(self, domain, company_id, mode):
        """Return who the system of record is, in words."""
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        systems = self.env["freight.system"].sudo()
        rules = self._in_force(domain, company_id, mode)
        return ", ".join(
            systems.browse(rule.system).name if rule.system else kinds[rule.kind] for rule in rules
        )
