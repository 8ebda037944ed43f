from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import frozendict

#: What people do not write on an entry that the freight sub-ledger stands on.
PROTECTED = frozenset({"partner_id", "freight_carrier_invoice_id", "freight_disputed_amount"})


class AccountMove(models.Model):
    _inherit = "account.move"

    freight_carrier_invoice_id = fields.Many2one(
        "freight.carrier.invoice",
        string="Carrier invoice",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    freight_disputed_amount = fields.Monetary(
        readonly=True,
        copy=False,
        help="The part of the payable that stays blocked until its dispute is settled.",
    )

    @api.depends("freight_disputed_amount")
    def _compute_needed_terms(self):
        """Split the disputed part of a freight bill's payable into blocked lines of their own."""
        result = super()._compute_needed_terms()
        for move in self.filtered("freight_disputed_amount"):
            move.needed_terms = move._freight_block_disputed(move.needed_terms)
        return result

    def _freight_block_disputed(self, terms):
        """Return ``terms`` with the disputed amount moved to blocked ones, the latest due first."""
        self.ensure_one()
        currency, company_currency = self.currency_id, self.company_id.currency_id
        left = self.freight_disputed_amount
        split = {}
        dated = [(self._freight_due_key(key), values) for key, values in terms.items()]
        for key, values in sorted(dated, key=lambda term: term[0]["date_maturity"], reverse=True):
            payable = abs(values["amount_currency"])
            share = min(left, payable)
            if currency.is_zero(share):
                split[key] = values
                continue
            left -= share
            part = share / payable
            blocked = {
                "balance": company_currency.round(values["balance"] * part),
                "amount_currency": currency.round(values["amount_currency"] * part),
            }
            split[frozendict({**key, "blocked": True})] = blocked
            if not currency.is_zero(payable - share):
                split[key] = self._freight_rest_of_term(values, blocked, part)
        return split

    def _freight_due_key(self, key):
        """Return a term's key as its line gives it back, with a due date in any case."""
        due = key["date_maturity"] or self.invoice_date_due or self.invoice_date or self.date
        return frozendict(
            {
                "move_id": key["move_id"],
                "date_maturity": due,
                "discount_date": key.get("discount_date") or False,
            }
        )

    def _freight_rest_of_term(self, values, blocked, part):
        """Return what is left of a term; an early payment discount shrinks with it."""
        rest = {**values, **{name: values[name] - blocked[name] for name in blocked}}
        for name, currency in (
            ("discount_balance", self.company_id.currency_id),
            ("discount_amount_currency", self.currency_id),
        ):
            if values.get(name):
                rest[name] = currency.round(values[name] * (1 - part))
        return rest

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        self.sudo().freight_carrier_invoice_id._note_payment()
        return result

    # Odoo's own ways do not lead around the audit -------------------------------------------------

    def _freight_refuse_change(self):
        """Refuse to undo entries that the freight sub-ledger stands on.

        :raise UserError: naming the entries
        """
        posted = self.filtered(lambda move: move.state == "posted")
        rows = self.env["freight.accrual"].sudo().search([("move_id", "in", posted.ids)])
        kept = posted.filtered("freight_carrier_invoice_id") | rows.move_id.with_env(self.env)
        if kept:
            raise UserError(
                _(
                    "%s belongs to the freight sub-ledger and stays as it is. What is wrong with a "
                    "carrier's bill is corrected by its credit note, an accrual by delta.",
                    ", ".join(kept.mapped("name")),
                )
            )

    def write(self, vals):
        """Refuse people what would lift the protection of a posted entry."""
        if not self.env.su and not PROTECTED.isdisjoint(vals):
            self._freight_refuse_change()
        return super().write(vals)

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Refuse to reverse what the freight sub-ledger stands on."""
        self._freight_refuse_change()
        return super()._reverse_moves(default_values_list, cancel=cancel)

    def button_draft(self):
        """Refuse to open what the freight sub-ledger stands on."""
        self._freight_refuse_change()
        return super().button_draft()

    def button_cancel(self):
        """Refuse to cancel what the freight sub-ledger stands on."""
        self._freight_refuse_change()
        return super().button_cancel()

    def action_open_carrier_invoice(self):
        """Open the carrier invoice that this vendor bill was posted from."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "freight.carrier.invoice",
            "res_id": self.freight_carrier_invoice_id.id,
            "views": [[False, "form"]],
        }
