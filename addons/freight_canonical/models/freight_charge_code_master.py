"""Charge codes as master data: what systems share of them."""

from odoo import api, fields, models

from .. import masters


class FreightChargeCode(models.Model):
    _name = "freight.charge.code"
    _inherit = ["freight.charge.code", "freight.master"]
    _master_kind = "charge_code"

    freight_identity_ids = fields.One2many(
        "freight.master.identity", "charge_code_id", string="Known to systems as"
    )
    freight_owner = fields.Char(string="System of record", compute="_compute_freight_owner")

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_freight_owner(self):
        matrix = self.env["freight.ownership"]
        for code in self:
            company = (code.company_id or self.env.company).id
            code.freight_owner = matrix._owner_names(masters.CODES, company, None)

    @api.model
    def _master_columns_named(self):
        return {*masters.PATHS["charge_code"], "code"}

    def _master_domains(self):
        return {masters.CODES}

    def _master_values(self):
        self.ensure_one()
        row = self.with_context(lang=None)
        return {
            path: row[path] if path == "active" else row[path] or None
            for path in masters.PATHS["charge_code"]
        }

    def _master_columns(self, values):
        return {
            path: value if path == "active" else value or False for path, value in values.items()
        }, set()

    def _master_body(self):
        return {"code": self.code, **self._master_values()}

    @api.model
    def _master_labels(self):
        return {
            path: self._fields[path]._description_string(self.env)
            for path in masters.PATHS["charge_code"]
        }
