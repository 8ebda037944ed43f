from odoo import api, fields, models

from ..accruing import LINEHAUL_EQUIVALENTS


class FreightChargeCode(models.Model):
    _inherit = "freight.charge.code"

    product_id = fields.Many2one(
        "product.product",
        domain="[('type', '=', 'service')]",
        ondelete="restrict",
        help="Its expense account is used for this charge where no account is named here.",
    )
    expense_account_id = fields.Many2one(
        "account.account",
        company_dependent=True,
        domain="[('deprecated', '=', False)]",
        help="Empty: the product's account, else the company's freight expense account.",
    )

    @api.model
    def _settlement_codes(self, company):
        """Return {charge key: code}: one record for the codes that are settled as one charge."""
        known = self._known_to(company.id).sudo(self.env.su)
        return {code.code: code for code in known if code.code not in LINEHAUL_EQUIVALENTS}

    def _freight_expense_account(self, company):
        """Return the expense account of this charge in ``company``."""
        self.ensure_one()
        own = self.with_company(company).expense_account_id
        product = self.product_id.with_company(company)
        accounts = product and product.product_tmpl_id._get_product_accounts()
        return own or (accounts and accounts["expense"]) or company.freight_expense_account_id
