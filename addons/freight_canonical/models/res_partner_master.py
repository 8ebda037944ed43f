"""Partners of freight as master data: what systems share of them, and whose it is."""

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import masters
from ..identifiers import compact, is_gln, is_locode

#: Path of a party -> field of the partner that holds it as it is.
PLAIN = {
    "name": "name",
    "active": "active",
    "email": "email",
    "phone": "phone",
    "address.street": "street",
    "address.street2": "street2",
    "address.city": "city",
    "address.zip": "zip",
    "identifiers.scac": "freight_scac",
    "identifiers.vat": "vat",
    "identifiers.gln": "freight_gln",
    "identifiers.duns": "freight_duns",
    "identifiers.locode": "freight_locode",
}
ROLE_FIELDS = {
    "carrier": "freight_is_carrier",
    "customer": "freight_is_customer",
    "location": "freight_is_location",
}
OTHERS = {
    "roles": None,
    "insurance_expires": "freight_insurance_expires",
    "address.state": "state_id",
    "address.country": "country_id",
}


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "freight.master"]
    _master_kind = "party"

    freight_is_customer = fields.Boolean(string="Freight customer")
    freight_is_location = fields.Boolean(string="Freight location", help="Where goods come and go.")
    freight_gln = fields.Char(string="GLN", help="Global Location Number", index="btree_not_null")
    freight_duns = fields.Char(string="D-U-N-S", size=9, index="btree_not_null")
    freight_locode = fields.Char(string="UN/LOCODE", size=5)
    freight_insurance_expires = fields.Date(string="Cargo insurance until")
    freight_identity_ids = fields.One2many(
        "freight.master.identity", "partner_id", string="Known to systems as"
    )
    freight_owner = fields.Char(string="System of record", compute="_compute_freight_owner")

    def init(self):
        """Make the index that the ORM cannot declare: VAT numbers however they are written."""
        result = super().init()
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS res_partner_freight_vat
                ON res_partner (regexp_replace(upper(vat), '[^0-9A-Z]', '', 'g'))
             WHERE vat IS NOT NULL
            """
        )
        return result

    @api.constrains("freight_gln", "freight_duns", "freight_locode")
    def _check_freight_numbers(self):
        if self.env.context.get("freight_origin_system_id"):
            return  # what others say is kept as it is, and shown where it is doubtful
        for partner in self:
            if partner.freight_gln and not is_gln(partner.freight_gln):
                raise ValidationError(
                    _("%s is no GLN: it has 13 digits, the last one a check.", partner.freight_gln)
                )
            duns = partner.freight_duns
            if duns and not (len(compact(duns)) == 9 and compact(duns).isdigit()):
                raise ValidationError(_("%s is no D-U-N-S number: it has 9 digits.", duns))
            if partner.freight_locode and not is_locode(partner.freight_locode):
                raise ValidationError(
                    _("%s is no UN/LOCODE: one looks like USCHI.", partner.freight_locode)
                )

    @api.depends("freight_is_carrier", "freight_is_customer", "freight_is_location", "company_id")
    @api.depends_context("company")
    def _compute_freight_owner(self):
        matrix = self.env["freight.ownership"]
        labels = dict(matrix._fields["domain"]._description_selection(self.env))
        for partner in self:
            company = (partner.company_id or self.env.company).id
            partner.freight_owner = "; ".join(
                f"{labels[domain]}: {matrix._owner_names(domain, company, None) or '-'}"
                for domain in sorted(partner._master_domains())
            )

    def write(self, vals):
        """Write, unless the system that keeps this partner is another than Odoo.

        :raise UserError: naming the system of record and what to do
        """
        touched = self._master_columns_named() & set(vals)
        if touched and not self.env.su:
            self._check_master_is_ours(vals, touched)
        return super().write(vals)

    def _check_master_is_ours(self, vals, touched):
        """Leave a partner to its system of record, where one has told of it.

        :raise UserError: naming it
        """
        matrix = self.env["freight.ownership"]
        for identity in self.sudo().freight_identity_ids:
            partner = identity.partner_id
            company = (identity.company_id or self.env.company).id
            held = {
                domain
                for domain in partner._master_domains()
                if not matrix._odoo_owns(domain, company, None)
                and matrix._owns_master(identity.system_id, domain, company)
            }
            changed = [
                name
                for name in touched
                if partner._fields[name].convert_to_cache(vals[name], partner)
                != partner._fields[name].convert_to_cache(partner[name], partner)
            ]
            if held and changed:
                raise UserError(
                    _(
                        "%(partner)s is kept in %(system)s: change it there, or ask a freight"
                        " manager to name Odoo as its system of record under Freight >"
                        " Configuration > Systems and ownership.",
                        partner=partner.display_name,
                        system=identity.system_id.name,
                    )
                )

    # What it says -------------------------------------------------------------------------------

    @api.model
    def _master_columns_named(self):
        return {*PLAIN.values(), *ROLE_FIELDS.values(), *filter(None, OTHERS.values())}

    def _master_roles(self):
        return [role for role, name in sorted(ROLE_FIELDS.items()) if self[name]]

    def _master_domains(self):
        return {masters.ROLES[role] for role in self._master_roles()}

    def _master_values(self):
        self.ensure_one()
        values = {path: self[name] or None for path, name in PLAIN.items()}
        for kind in ("scac", "vat", "gln", "duns", "locode"):
            path = f"identifiers.{kind}"
            values[path] = compact(values[path]) or None
        expires = self.freight_insurance_expires
        return {
            **values,
            "active": self.active,
            "roles": self._master_roles(),
            "insurance_expires": expires.isoformat() if expires else None,
            "address.state": self.state_id.code or None,
            "address.country": self.country_id.code or None,
        }

    def _master_columns(self, values):
        columns = {
            PLAIN[path]: value if path == "active" else value or False
            for path, value in values.items()
            if path in PLAIN
        }
        if "roles" in values:
            columns.update({name: role in values["roles"] for role, name in ROLE_FIELDS.items()})
        if "insurance_expires" in values:
            columns["freight_insurance_expires"] = values["insurance_expires"] or False
        place, unknown = self._master_place(values)
        return {**columns, **place}, unknown

    def _master_place(self, values):
        """Return (columns of country and state, paths that name none)."""
        columns, unknown = {}, set()
        country = self.country_id
        if "address.country" in values:
            said = values["address.country"]
            country = self.env["res.country"]._freight_by_code(said)
            columns["country_id"] = country.id
            if said and not country:
                unknown.add("address.country")
                del columns["country_id"]
        if "address.state" in values:
            said = values["address.state"]
            state = country.state_ids.filtered(lambda one: one.code == said)[:1]
            columns["state_id"] = state.id
            if said and not state:
                unknown.add("address.state")
                del columns["state_id"]
        return columns, unknown

    def _master_body(self):
        """Return the party as partners are told of it: no persons, no bank accounts."""
        values = self._master_values()
        body = {"number": str(self.id)}
        for path, value in values.items():
            group, _dot, name = path.rpartition(".")
            (body.setdefault(group, {}) if group else body)[name] = value
        return body

    @api.model
    def _master_labels(self):
        names = {**PLAIN, **OTHERS}
        labels = {
            path: self._fields[name]._description_string(self.env)
            for path, name in names.items()
            if name
        }
        return {**labels, "roles": _("Roles")}
