from collections import defaultdict

from odoo import Command, _, api, fields, models
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date, split_every

from ..accruing import deltas, targets

#: Two journal items for each shipment and charge; reconciling against long moves is slow.
ITEMS_PER_MOVE = 200


class FreightAccrual(models.Model):
    """The sub-ledger of the accrued freight account, by shipment and charge.

    Append-only: the amount that stands is the sum of the rows. Positive is owed to the carrier.
    The sum over all rows of a company is the credit balance of its accrued freight account.
    """

    _name = "freight.accrual"
    _description = "Freight Accrual"
    _order = "date desc, id desc"
    _rec_name = "shipment_id"
    _log_access = False
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict", index=True
    )
    shipment_id = fields.Many2one(
        "freight.shipment",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    carrier_id = fields.Many2one(related="shipment_id.carrier_id")
    code_id = fields.Many2one(
        "freight.charge.code", string="Charge", required=True, readonly=True, ondelete="restrict"
    )
    kind = fields.Selection(
        [("accrued", "Accrued"), ("reversed", "Taken back"), ("cleared", "Cleared by a bill")],
        required=True,
        readonly=True,
    )
    date = fields.Date(required=True, readonly=True, index=True, help="Accounting date.")
    earned = fields.Date(
        required=True, readonly=True, help="Date of what caused it, for the cut-off."
    )
    recorded = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    amount = fields.Monetary(required=True, readonly=True, currency_field="company_currency_id")
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company currency"
    )
    amount_currency = fields.Monetary(required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    stage = fields.Selection(
        selection=lambda self: self.env["freight.charge"]._fields["stage"].selection,
        readonly=True,
        help="The stage that the figure comes from.",
    )
    provisional = fields.Boolean(readonly=True, help="Not yet the contract's figure.")
    event_id = fields.Many2one("freight.event", readonly=True, ondelete="restrict")
    carrier_invoice_id = fields.Many2one(
        "freight.carrier.invoice", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    move_line_id = fields.Many2one(
        "account.move.line", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    move_id = fields.Many2one("account.move", readonly=True, ondelete="restrict")
    trace_id = fields.Char(readonly=True)

    def init(self):
        """Index what accruing asks for."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_accrual_place
                ON freight_accrual (shipment_id, code_id, currency_id)
            """
        )

    def write(self, vals):
        """Refuse: the sub-ledger is append-only."""
        raise UserError(_("Accruals are never changed: what is wrong is taken back by delta."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(_("Accruals are never deleted: what is wrong is taken back by delta."))

    # The consumer of the event ledger -------------------------------------------------------------

    @api.model
    def _consume_accrual(self, events):
        """Bring the events' shipments to their target, and settle the bills that waited for it."""
        causes = defaultdict(lambda: self.env["freight.event"])
        for event in events.sorted("id"):
            causes[event.shipment_id.id] = event
        shipments = events.shipment_id
        shipments._price_contract()
        self._accrue(shipments, causes)
        self.env["freight.carrier.invoice"]._settle_earned(shipments)

    @api.model
    def _accrue(self, shipments, causes=None):
        """Post ``target - posted`` for each shipment and charge; nothing if nothing is missing.

        :param causes: {shipment id: ``freight.event``} that dates what is not a first accrual
        :return: the new ``freight.accrual`` rows
        """
        found = self.browse()
        for company, mine in shipments.grouped("company_id").items():
            missing = deltas(
                targets(mine._accrual_subjects(), company._freight_policy()),
                mine._posted_accruals(),
            )
            if missing:
                mine.browse({delta.shipment for delta in missing})._serialise_finance()
                found |= self._post_deltas(company, mine, missing, causes or {})
        found._reconcile_settled()
        return found

    @api.model
    def _post_deltas(self, company, shipments, missing, causes):
        company._freight_require_setup()
        codes = self.env["freight.charge.code"]._settlement_codes(company)
        currencies = {each.name: each for each in self.env["res.currency"].search([])}
        origins = shipments._accrual_origins(causes)
        posted = shipments._posted_accruals("amount")
        groups = defaultdict(list)
        for delta in missing:
            row = self._delta_row(company, delta, codes, currencies, origins[delta.shipment])
            if delta.stage is None:
                place = (delta.shipment, delta.code, delta.currency)
                row["amount"] = -float(posted.get(place, 0)) or row["amount"]
            groups[row["date"], row["currency_id"]].append(row)
        chunks = [
            chunk
            for key in sorted(groups)
            for chunk in split_every(ITEMS_PER_MOVE // 2, groups[key], list)
        ]
        self._post_chunks(company, chunks)
        return self.create([row for chunk in chunks for row in chunk])

    @api.model
    def _delta_row(self, company, delta, codes, currencies, origin):
        """Return the sub-ledger row of a delta, not yet tied to its journal item.

        What is taken back entirely goes back at the amount it was posted with, whatever the rate
        of the day.
        """
        event, day = origin
        currency = currencies[delta.currency]
        date = company._freight_open_date(day)
        amount = float(delta.amount)
        return {
            "company_id": company.id,
            "shipment_id": delta.shipment,
            "code_id": codes[delta.code].id,
            "kind": "accrued" if delta.stage else "reversed",
            "date": date,
            "earned": day,
            "amount_currency": amount,
            "amount": currency._convert(amount, company.currency_id, company, date),
            "currency_id": currency.id,
            "stage": delta.stage,
            "provisional": delta.provisional,
            "event_id": event.id,
            "trace_id": self.env["freight.shipment"].browse(delta.shipment).trace_id,
        }

    @api.model
    def _post_chunks(self, company, chunks):
        """Post one entry for each chunk of rows and tie each row to its item."""
        moves = self.env["account.move"].create(
            [self._move_values(company, chunk) for chunk in chunks]
        )
        moves._post(soft=False)
        accrued = company.freight_accrued_account_id
        for move, chunk in zip(moves, chunks, strict=True):
            items = {
                (item.freight_shipment_id.id, item.freight_charge_code_id.id): item.id
                for item in move.line_ids
                if item.account_id == accrued
            }
            for row in chunk:
                row["move_id"] = move.id
                row["move_line_id"] = items[row["shipment_id"], row["code_id"]]

    @api.model
    def _move_values(self, company, rows):
        date = rows[0]["date"]
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": company.freight_accrual_journal_id.id,
            "date": date,
            "ref": _("Freight earned until %s", format_date(self.env, date)),
            "line_ids": [
                Command.create(values) for row in rows for values in self._item_values(company, row)
            ],
        }

    @api.model
    def _item_values(self, company, row):
        """Return the two journal items of a row: expense against accrued freight."""
        shipment = self.env["freight.shipment"].browse(row["shipment_id"])
        code = self.env["freight.charge.code"].browse(row["code_id"])
        common = {
            "name": f"{shipment.name} {code.display_name}",
            "partner_id": shipment.carrier_id.commercial_partner_id.id,
            "currency_id": row["currency_id"],
            "freight_shipment_id": shipment.id,
            "freight_charge_code_id": code.id,
            "tax_ids": [Command.clear()],
        }
        return [
            {
                **common,
                "account_id": account.id,
                "balance": sign * row["amount"],
                "amount_currency": sign * row["amount_currency"],
            }
            for account, sign in (
                (code._freight_expense_account(company), 1),
                (company.freight_accrued_account_id, -1),
            )
        ]

    def _reconcile_settled(self):
        """Reconcile the items of those charges of these rows whose balance is zero.

        Charges in the company's currency go in one plan. In a foreign currency core may add an
        exchange entry, and ties it to the wrong charge when others share the plan.
        """
        groups = self.env["freight.accrual"]._read_group(
            [
                ("shipment_id", "in", self.shipment_id.ids),
                ("code_id", "in", self.code_id.ids),
                ("move_line_id", "!=", False),
            ],
            ["shipment_id", "code_id", "currency_id"],
            ["amount_currency:sum", "move_line_id:recordset"],
        )
        plan = []
        for shipment, _code, currency, balance, items in groups:
            left = items.filtered(lambda item: not item.reconciled)
            if not currency.is_zero(balance) or len(left) < 2:
                continue
            if currency == shipment.company_id.currency_id:
                plan.append(left)
            else:
                left.reconcile()
        if plan:
            self.env["account.move.line"]._reconcile_plan(plan)

    # The trace page -------------------------------------------------------------------------------

    def _trace_node(self):
        """Return this row as a node of the trace page."""
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return {
            "stage": "accrual",
            "model": self._name,
            "res_id": self.id,
            "title": f"{kinds[self.kind]}: {self.code_id.display_name}",
            "subtitle": _("Provisional") if self.provisional else self.sudo().move_id.name,
            "time": iso_utc(self.recorded),
            "amount": format_amount(self.env, self.amount, self.company_currency_id),
            "state": self.kind,
            "trace_id": self.trace_id,
            "parent": f"freight.event,{self.event_id.id}" if self.event_id else None,
        }
