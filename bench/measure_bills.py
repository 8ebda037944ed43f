"""Carrier bills: audited without posting; settled, beside the same bills made by bare Odoo."""

from collections import defaultdict

from odoo import Command

from .books import BILLED, accrued, documents, open_books
from .figures import Row, Samples
from .timing import in_turn, rate

ROUNDS = 4
BILLS = 50  # in each round, of three lines
AUDITED = 200


def rows(stage):
    """Settle and make by hand in turn; then audit bills and post none."""
    open_books(stage)
    settled, bare = in_turn(
        ROUNDS,
        lambda _number: _rate_settled(stage),
        lambda _number: _rate_bare(stage),
    )
    (audited,) = in_turn(ROUNDS, lambda _number: _rate_audited(stage))
    return [
        Row("bill settled (audit, post, reconcile)", Samples(settled, "/s"),
            "bare Odoo: create, post, reconcile", Samples(bare, "/s"), ">= 0.85",
            {"bills": ROUNDS * BILLS, "lines each": 3}),
        Row("invoice audited, nothing posted", Samples(audited, "/s"), goal=">= 400/s",
            notes={"invoices": ROUNDS * AUDITED, "lines each": 3}),
    ]  # fmt: skip


def _rate_settled(stage):
    """Return bills per second: kept already, now audited, posted and reconciled."""
    ids = received(stage, BILLS)

    def settle():
        with stage.transaction() as env:
            env["freight.carrier.invoice"].browse(ids)._settle()

    reading = rate(BILLS, settle)
    with stage.transaction() as env:
        bills = env["freight.carrier.invoice"].browse(ids)
        _check(bills, lambda bill: bill.state == "posted", "posted")
        _check(bills.shipment_id, lambda shipment: not shipment.accrued_balance, "cleared")
    return reading


def _rate_bare(stage):
    """Return vendor bills per second that core makes of the same lines, reconciled in one plan."""
    ids = accrued(stage, BILLS)
    with stage.transaction() as env:
        company = env.company
        open_items = defaultdict(dict)
        for row in env["freight.accrual"].search([("shipment_id", "in", ids)]):
            open_items[row.shipment_id.id][row.move_line_id.id] = row.amount
        account = company.freight_accrued_account_id.id
        values = [
            {
                "move_type": "in_invoice",
                "company_id": company.id,
                "journal_id": company.freight_bill_journal_id.id,
                "partner_id": stage.fixtures.carrier_id,
                "ref": f"BARE-{shipment_id}",
                "invoice_date": BILLED,
                "date": BILLED,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Freight",
                            "account_id": account,
                            "quantity": 1,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                            "freight_shipment_id": shipment_id,
                        }
                    )
                    for amount in items.values()
                ],
            }
            for shipment_id, items in open_items.items()
        ]

    def make():
        with stage.transaction() as env:
            moves = env["account.move"].create(values)
            moves._post(soft=False)
            lines = env["account.move.line"]
            plan = []
            for move, items in zip(moves, open_items.values(), strict=True):
                billed = move.line_ids.filtered(lambda line: line.account_id.id == account)
                plan += [
                    line | lines.browse(item)
                    for line, item in zip(billed.sorted("id"), items, strict=True)
                ]
            lines._reconcile_plan(plan)

    reading = rate(BILLS, make)
    with stage.transaction() as env:
        items = [item for items in open_items.values() for item in items]
        _check(env["account.move.line"].browse(items), lambda item: item.reconciled, "reconciled")
    return reading


def _rate_audited(stage):
    """Return invoices per second: shipment found, gates, duplicates, match, verdicts written."""
    ids = received(stage, AUDITED)

    def audit():
        with stage.transaction() as env:
            invoices = env["freight.carrier.invoice"].browse(ids)
            invoices._find_shipments()
            invoices._audit()

    reading = rate(AUDITED, audit)
    with stage.transaction() as env:
        invoices = env["freight.carrier.invoice"].browse(ids)
        _check(invoices, lambda invoice: invoice.verdict and not invoice.failure_codes, "clean")
    return reading


def received(stage, count):
    """Return ids of bills that were kept as sent, for shipments whose freight is accrued."""
    ids = accrued(stage, count)
    with stage.transaction() as env:
        sent = documents(env, ids, stage.fixtures)
        return env["freight.carrier.invoice"]._receive(sent).ids


def _check(records, holds, what):
    """A figure counts only if all of the work was done."""
    done = len(records.filtered(holds))
    if done != len(records):
        raise RuntimeError(f"only {done} of {len(records)} {records._name} are {what}")
