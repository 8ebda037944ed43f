from collections import defaultdict

from odoo import api, fields, models
from odoo.addons.freight_canonical import lifecycle
from odoo.tools import format_amount

from ..accruing import Milestone, PricedCharge, Subject, charge_key
from ..money import to_decimal

#: Transport states from which a milestone counts as reached.
REACHED = {
    Milestone.TENDER: "accepted",
    Milestone.DISPATCH: "dispatched",
    Milestone.DELIVERY: "delivered",
}
#: X12 element 146 -> the party that pays the carrier.
PAYERS = {
    "PP": "shipper_id",
    "PC": "shipper_id",
    "PE": "shipper_id",
    "CC": "consignee_id",
    "PU": "consignee_id",
    "TP": "bill_to_id",
}
#: Terms under which the freight is ours when nobody is named: we ship, we prepay.
OURS_BY_DEFAULT = frozenset({"PP", "PC", "PE"})
#: Gravest first: the bills of a shipment decide its finance state in this order.
FINANCE_ORDER = ("exception", "disputed", "billed", "matched", "approved", "paid")
#: State of a bill -> finance state of its shipment. Others do not count.
FINANCE_STATES = {
    "exception": "exception",
    "received": "billed",
    "to_approve": "matched",
    "matched": "matched",
    "approved": "approved",
    "posted": "approved",
    "paid": "paid",
}


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    finance_state = fields.Selection(
        [
            ("none", "None"),
            ("accrued", "Accrued"),
            ("billed", "Billed"),
            ("matched", "Matched"),
            ("exception", "Exception"),
            ("disputed", "Disputed"),
            ("approved", "Approved"),
            ("paid", "Paid"),
            ("closed", "Closed"),
        ],
        compute="_compute_finance_state",
        store=True,
        default="none",
        required=True,
        readonly=True,
        index=True,
    )
    freight_accrual_ids = fields.One2many("freight.accrual", "shipment_id")
    carrier_invoice_ids = fields.One2many("freight.carrier.invoice", "shipment_id")
    carrier_invoice_count = fields.Integer(compute="_compute_settlement_figures")
    accrued_balance = fields.Monetary(
        compute="_compute_settlement_figures", currency_field="company_currency_id"
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company currency"
    )

    @api.depends(
        "freight_accrual_ids.amount",
        "carrier_invoice_ids.state",
        "carrier_invoice_ids.amount_disputed",
        "transport_state",
    )
    def _compute_finance_state(self):
        for shipment in self:
            shipment.finance_state = shipment._finance_state()

    def _finance_state(self):
        states = {
            "disputed"
            if invoice.state in ("posted", "paid") and invoice.amount_disputed
            else FINANCE_STATES.get(invoice.state)
            for invoice in self.carrier_invoice_ids
        }
        found = next((state for state in FINANCE_ORDER if state in states), None)
        if found == "paid" and self.transport_state == "closed":
            return "closed"
        if found:
            return found
        accruals = self.freight_accrual_ids
        if not accruals:
            return "none"
        balance = sum(accruals.mapped("amount"))
        return "none" if self.company_id.currency_id.is_zero(balance) else "accrued"

    @api.model
    def _guarded(self):
        return super()._guarded() | {"finance_state"}

    def _compute_settlement_figures(self):
        balances = dict(
            self.env["freight.accrual"]._read_group(
                [("shipment_id", "in", self.ids)], ["shipment_id"], ["amount:sum"]
            )
        )
        for shipment in self:
            shipment.accrued_balance = balances.get(shipment, 0.0)
            shipment.carrier_invoice_count = len(shipment.carrier_invoice_ids)

    # Who pays, how far it came --------------------------------------------------------------------

    def _payable_by_us(self):
        """Return whether the carrier is to be paid by the shipment's company (X12 element 146)."""
        self.ensure_one()
        party = PAYERS.get(self.freight_terms)
        if party is None:
            return False
        if not self[party]:
            return self.freight_terms in OURS_BY_DEFAULT
        return self.company_id._freight_owns(self[party])

    def _milestone(self):
        """Return the :class:`~..accruing.Milestone` that the shipment has reached."""
        self.ensure_one()
        delivered = self.actual_delivery and self.transport_state in ("delivered", "closed")
        if delivered or self.vehicle_not_used:
            return Milestone.DELIVERY
        rank = lifecycle.RANK[self.transport_state]
        reached = [
            milestone
            for milestone, state in REACHED.items()
            if milestone < Milestone.DELIVERY and rank >= lifecycle.RANK[state]
        ]
        return max(reached, default=Milestone.NONE)

    # What accruing and matching ask ---------------------------------------------------------------

    def _serialise_finance(self):
        """Let one transaction at a time settle these shipments.

        Locking is not enough under REPEATABLE READ: who waited would go on with the old figures.
        The update makes the database refuse that transaction, and its work is done again.
        """
        self.env["freight.event"]._lock(self)
        self.env.cr.execute(
            "UPDATE freight_shipment SET projected = projected WHERE id = ANY(%s)", [self.ids]
        )

    def _priced_charges(self):
        """Return the charges of this shipment for the pure parts."""
        self.ensure_one()
        return tuple(
            PricedCharge(
                code=charge.code_id.code,
                stage=charge.stage,
                amount=to_decimal(charge.amount, charge.currency_id.decimal_places),
                currency=charge.currency_id.name,
            )
            for charge in self.charge_ids
            if charge.code_id.family != "tax"
            and (charge.vehicle_not_used or not self.vehicle_not_used)
        )

    def _accrual_subjects(self):
        """Return these shipments for :func:`~..accruing.targets`."""
        cleared = defaultdict(dict)
        for (shipment, code, currency), amount in self._accrual_sums("amount_currency", True):
            cleared[shipment][code] = (-amount, currency)
        return [
            Subject(
                key=shipment.id,
                milestone=shipment._milestone(),
                charges=shipment._priced_charges(),
                payable_by_us=shipment._payable_by_us(),
                cancelled=shipment.transport_state == "cancelled",
                cleared=cleared[shipment.id],
            )
            for shipment in self
        ]

    def _posted_accruals(self, measure="amount_currency"):
        """Return gross accruals per (shipment id, charge key, currency name)."""
        return dict(self._accrual_sums(measure, False))

    def _accrual_sums(self, measure, cleared):
        """Yield ((shipment id, charge key, currency name), sum) of cleared or of other rows."""
        groups = self.env["freight.accrual"]._read_group(
            [
                ("shipment_id", "in", self.ids),
                ("kind", "=" if cleared else "!=", "cleared"),
            ],
            ["shipment_id", "code_id", "currency_id", "company_id"],
            [f"{measure}:sum"],
        )
        for shipment, code, currency, company, amount in groups:
            digits = currency if measure == "amount_currency" else company.currency_id
            yield (
                (shipment.id, charge_key(code.code), currency.name),
                to_decimal(amount, digits.decimal_places),
            )

    def _accrual_origins(self, causes):
        """Return {shipment id: (event, date)} that a posting of now is due to.

        A first accrual is due to the event that earned it. What comes later is due to the event
        in ``causes``, and without one to today's decision.
        """
        accrued = self.env["freight.accrual"]._read_group(
            [("shipment_id", "in", self.ids)], ["shipment_id"]
        )
        begun = {shipment.id for (shipment,) in accrued}
        earning = self._earning_events()
        origins = {}
        for shipment in self:
            event = causes.get(shipment.id) if shipment.id in begun else earning.get(shipment.id)
            moment = event.occurred if event else fields.Datetime.now()
            origins[shipment.id] = (
                event or self.env["freight.event"],
                shipment.company_id._freight_local_date(moment),
            )
        return origins

    def _earning_events(self):
        """Return {shipment id: the event by which the carrier earned the freight}."""
        ranks = {kind: lifecycle.RANK[state] for kind, state in lifecycle.PROGRESS.items()}
        ranks["cancelled"] = lifecycle.RANK["draft"]
        events = self.env["freight.event"].search(
            [
                ("shipment_id", "in", self.ids),
                ("classifier", "=", "actual"),
                ("type_code", "in", list(ranks)),
            ],
            order="occurred, id",
        )
        earning = {}
        for event in events:
            shipment = event.shipment_id
            policy = shipment.company_id._freight_policy()
            if shipment.vehicle_not_used:
                if event.occurred == shipment.vehicle_not_used:
                    earning[shipment.id] = event
                continue
            if ranks[event.type_code] < lifecycle.RANK[REACHED[policy]]:
                continue
            if policy < Milestone.DELIVERY:
                earning.setdefault(shipment.id, event)
            elif event.occurred == shipment.actual_delivery:
                earning[shipment.id] = event
        return earning

    # Screens --------------------------------------------------------------------------------------

    def action_open_accruals(self):
        """Open the accruals of this shipment."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "freight_settlement.freight_accrual_action"
        )
        return {**action, "domain": [("shipment_id", "=", self.id)], "context": {}}

    def action_open_carrier_invoices(self):
        """Open the carrier invoices of this shipment."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "freight_settlement.freight_carrier_invoice_action"
        )
        return {**action, "domain": [("shipment_id", "=", self.id)], "context": {}}

    def action_open_journal_items(self):
        """Open the journal items of this shipment."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("account.action_account_moves_all")
        return {**action, "domain": [("freight_shipment_id", "=", self.id)], "context": {}}

    def _trace_nodes(self):
        """Add accruals, bills, matches and entries, for those who may see them."""
        nodes = super()._trace_nodes()
        if not self.env["freight.accrual"].check_access_rights("read", raise_exception=False):
            return nodes
        nodes += [accrual._trace_node() for accrual in self.freight_accrual_ids]
        for invoice in self.carrier_invoice_ids:
            nodes += invoice._trace_invoice_nodes()
        moves = (self.freight_accrual_ids.move_id | self.carrier_invoice_ids.move_id).sudo()
        return nodes + [self._trace_entry_node(move) for move in moves]

    def _trace_entry_node(self, move):
        """Return a journal entry as a node, under the bill or the accrual that caused it."""
        invoice = self.carrier_invoice_ids.filtered(lambda each: each.move_id == move)[:1]
        accrual = self.freight_accrual_ids.filtered(lambda each: each.move_id == move)[:1]
        cause = invoice or accrual
        amount = (
            invoice.amount_total
            if invoice
            else sum(
                self.freight_accrual_ids.filtered(lambda r: r.move_id == move).mapped("amount")
            )
        )
        return {
            "stage": "entry",
            "model": move._name,
            "res_id": move.id,
            "title": move.name,
            "subtitle": move.journal_id.name,
            "time": f"{move.create_date.isoformat(timespec='seconds')}Z",
            "amount": format_amount(self.env, amount, invoice.currency_id or move.currency_id),
            "state": dict(move._fields["state"]._description_selection(self.env))[move.state],
            "trace_id": self.trace_id,
            "parent": f"{cause._name},{cause.id}",
        }
