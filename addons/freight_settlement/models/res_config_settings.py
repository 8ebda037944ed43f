from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    freight_expense_account_id = fields.Many2one(
        related="company_id.freight_expense_account_id", readonly=False
    )
    freight_accrued_account_id = fields.Many2one(
        related="company_id.freight_accrued_account_id", readonly=False
    )
    freight_variance_account_id = fields.Many2one(
        related="company_id.freight_variance_account_id", readonly=False
    )
    freight_dispute_account_id = fields.Many2one(
        related="company_id.freight_dispute_account_id", readonly=False
    )
    freight_accrual_journal_id = fields.Many2one(
        related="company_id.freight_accrual_journal_id", readonly=False
    )
    freight_bill_journal_id = fields.Many2one(
        related="company_id.freight_bill_journal_id", readonly=False
    )
    freight_accrual_policy = fields.Selection(
        related="company_id.freight_accrual_policy", readonly=False
    )
    freight_auto_approval_limit = fields.Monetary(
        related="company_id.freight_auto_approval_limit", readonly=False
    )
    freight_failure_policy = fields.Selection(
        related="company_id.freight_failure_policy", readonly=False
    )
    freight_setup_missing = fields.Char(related="company_id.freight_setup_missing")

    def action_freight_setup(self):
        """Set up the company of these settings."""
        return self.company_id.action_freight_setup()
