from datetime import date, timedelta

import pytz
from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import code_translations

from ..accruing import Milestone

#: Setting -> (name of the account, its type, types among which a neighbour gives the code).
ACCOUNTS = {
    "freight_expense_account_id": ("Freight expense", "expense", ("expense",)),
    "freight_variance_account_id": ("Freight variance", "expense", ("expense",)),
    "freight_accrued_account_id": (
        "Accrued freight",
        "liability_current",
        ("liability_current", "liability_payable"),
    ),
    "freight_dispute_account_id": (
        "Freight in dispute",
        "asset_current",
        ("asset_current", "asset_receivable"),
    ),
}
#: Accounts whose items are reconciled with each other.
RECONCILED = frozenset({"freight_accrued_account_id", "freight_dispute_account_id"})
#: Setting -> (name, code, type) of the journal. The sequence keeps them from being a default.
JOURNALS = {
    "freight_accrual_journal_id": ("Freight accruals", "FRACC", "general"),
    "freight_bill_journal_id": ("Freight bills", "FRBIL", "purchase"),
}
JOURNAL_SEQUENCE = 90

POLICIES = {
    "tender": Milestone.TENDER,
    "dispatch": Milestone.DISPATCH,
    "delivery": Milestone.DELIVERY,
}


class ResCompany(models.Model):
    _inherit = "res.company"

    freight_expense_account_id = fields.Many2one(
        "account.account", domain="[('company_id', '=', id), ('deprecated', '=', False)]"
    )
    freight_accrued_account_id = fields.Many2one(
        "account.account",
        domain="[('company_id', '=', id), ('reconcile', '=', True), ('deprecated', '=', False)]",
        help="Freight that was earned and not billed yet. Reconciled by shipment.",
    )
    freight_variance_account_id = fields.Many2one(
        "account.account",
        domain="[('company_id', '=', id), ('deprecated', '=', False)]",
        help="Takes the approved difference between what was accrued and what was billed.",
    )
    freight_dispute_account_id = fields.Many2one(
        "account.account",
        string="Freight in dispute account",
        domain="[('company_id', '=', id), ('reconcile', '=', True), ('deprecated', '=', False)]",
        help="Takes what was billed beyond what is approved, until the carrier credits it.",
    )
    freight_accrual_journal_id = fields.Many2one(
        "account.journal", domain="[('company_id', '=', id), ('type', '=', 'general')]"
    )
    freight_bill_journal_id = fields.Many2one(
        "account.journal", domain="[('company_id', '=', id), ('type', '=', 'purchase')]"
    )
    freight_accrual_policy = fields.Selection(
        [("tender", "At tender"), ("dispatch", "At dispatch"), ("delivery", "At delivery")],
        required=True,
        default="delivery",
        help="When freight counts as earned by the carrier.",
    )
    freight_auto_approval_limit = fields.Monetary(
        help="A clean match approves itself while all bills of its shipment together stay within "
        "this amount, net of tax. Zero: nothing approves itself.",
    )
    freight_failure_policy = fields.Selection(
        [("pay_expected", "Pay what is expected"), ("hold", "Hold the bill")],
        required=True,
        default="pay_expected",
        help="What becomes of a bill of which a charge fails the audit.",
    )
    freight_setup_missing = fields.Char(
        string="Missing for settlement", compute="_compute_freight_setup_missing"
    )

    @api.depends(*ACCOUNTS, *JOURNALS)
    def _compute_freight_setup_missing(self):
        labels = {name: self._fields[name].string for name in (*ACCOUNTS, *JOURNALS)}
        for company in self:
            missing = [label for name, label in labels.items() if not company[name]]
            company.freight_setup_missing = ", ".join(missing)

    # Setting up ---------------------------------------------------------------------------------

    @api.model
    def _freight_setup_all(self):
        """Set up every company that has a chart of accounts; what is there already stays."""
        self.search([("chart_template", "!=", False)])._freight_setup()

    def _freight_setup(self):
        """Make accounts, journals and a default tolerance where these companies lack them.

        A company without a chart of accounts is left alone: it has nothing to number from.
        """
        for company in self.sudo().filtered("chart_template"):
            company._freight_setup_accounts()
            company._freight_setup_journals()
            company._freight_setup_tolerance()

    def _freight_setup_accounts(self):
        self.ensure_one()
        for setting, (name, kind, neighbours) in ACCOUNTS.items():
            if self[setting]:
                continue
            self[setting] = self.env["account.account"].create(
                {
                    "name": name,
                    "code": self._freight_new_account_code(neighbours),
                    "account_type": kind,
                    "reconcile": setting in RECONCILED,
                    "company_id": self.id,
                }
            )

    def _freight_new_account_code(self, kinds):
        """Return a free code beside the first account of the chart that has one of ``kinds``."""
        account_model = self.env["account.account"]
        for kind in kinds:
            neighbour = account_model.search(
                [("company_id", "=", self.id), ("account_type", "=", kind)], order="code", limit=1
            )
            if neighbour:
                digits = len(neighbour.code)
                return account_model._search_new_account_code(self, digits, neighbour.code[:2])
        return account_model._search_new_account_code(self, 6, "99")

    def _freight_setup_journals(self):
        self.ensure_one()
        for setting, (name, code, kind) in JOURNALS.items():
            if self[setting]:
                continue
            journal = self._freight_known_journal(code, kind) or self.env["account.journal"].create(
                {
                    "name": name,
                    "code": code,
                    "type": kind,
                    "company_id": self.id,
                    "sequence": JOURNAL_SEQUENCE,
                    "show_on_dashboard": False,
                }
            )
            if kind == "purchase":
                journal.default_account_id = self.freight_expense_account_id
            self[setting] = journal

    def _freight_known_journal(self, code, kind):
        """Return the journal that an earlier installation left, active again."""
        journals = self.env["account.journal"].with_context(active_test=False)
        known = journals.search(
            [("company_id", "=", self.id), ("code", "=", code), ("type", "=", kind)]
        )
        known.active = True
        return known

    def _freight_setup_tolerance(self):
        self.ensure_one()
        tolerances = self.env["freight.tolerance"]
        if not tolerances.with_context(active_test=False).search_count(
            [("company_id", "=", self.id)], limit=1
        ):
            tolerances.create(
                {
                    "company_id": self.id,
                    "over_percent": 2.0,
                    "over_amount": 25.0,
                    "under_percent": 2.0,
                    "under_amount": 25.0,
                }
            )

    # What the settlement asks of a company --------------------------------------------------------

    def _freight_require_setup(self):
        """Refuse to post for a company that lacks an account or a journal.

        :raise UserError: saying what is missing and where to set it up
        """
        self.ensure_one()
        if self.freight_setup_missing:
            raise UserError(
                _(
                    "%(company)s is not set up for freight settlement. Missing: %(missing)s. Use "
                    "Settings > Freight Settlement > Set up this company.",
                    company=self.name,
                    missing=self.freight_setup_missing,
                )
            )

    def _freight_policy(self):
        """Return the :class:`~..accruing.Milestone` at which freight is recognised."""
        return POLICIES[self.freight_accrual_policy]

    def _freight_local_date(self, moment):
        """Return the date of ``moment`` (naive UTC) in the company's time zone."""
        zone = pytz.timezone(self._freight_tz())
        return pytz.utc.localize(moment).astimezone(zone).date()

    def _freight_open_date(self, day):
        """Return ``day``, or the first day after the latest lock date if ``day`` is locked.

        Both of Odoo's lock dates bind, whoever runs the job, and those of parent companies too.
        """
        companies = self.sudo() | self.sudo().parent_ids
        locks = [
            lock
            for company in companies
            for lock in (company.period_lock_date, company.fiscalyear_lock_date)
            if lock
        ]
        return max(day, max(locks, default=date.min) + timedelta(days=1)) if locks else day

    def _freight_sentence(self, *sentences):
        """Return sentences of the pure parts in the company's language, joined by commas."""
        lang = self.partner_id.lang or "en_US"
        translations = code_translations.get_python_translations("freight_settlement", lang)
        return ", ".join(sentence.render(translations) for sentence in sentences)

    def _freight_owns(self, partner):
        """Return whether ``partner`` is this company or one of its addresses."""
        return partner.commercial_partner_id == self.partner_id.commercial_partner_id

    def _freight_check_may_set_up(self):
        """Setting up goes on past the rights of who asks, so it asks here."""
        if not self.env.user.has_group("freight_settlement.group_settlement_manager"):
            self.check_access_rights("write")
        self.check_access_rule("write")

    def action_freight_setup(self):
        """Make what settlement needs and say what is still missing.

        :raise AccessError: for who neither manages settlement nor administers companies
        """
        self._freight_check_may_set_up()
        self._freight_setup()
        missing = ", ".join(filter(None, self.mapped("freight_setup_missing")))
        text = (
            _("Still missing: %s. Install a chart of accounts first.", missing)
            if missing
            else _("Accounts, journals and a default tolerance are in place.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": _("Freight settlement"),
                "message": text,
                "type": "warning" if missing else "success",
                "next": {"type": "ir.actions.client", "tag": "reload"},
            },
        }
