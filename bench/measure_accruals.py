"""Accruals posted, from events to entries and sub-ledger; beside the same entries by hand."""

from odoo import Command
from odoo.tools import split_every

from .books import CHARGES, delivered, delivery_events, open_books
from .figures import Row, Samples
from .timing import in_turn, rate

ROUNDS = 4
SHIPMENTS = 100  # in each round
ACCRUALS = SHIPMENTS * len(CHARGES)
PAIRS_PER_ENTRY = 100


def rows(stage):
    """Consume deliveries, and post the same journal items without any of our code, in turn."""
    open_books(stage)
    ours, bare = in_turn(
        ROUNDS,
        lambda _number: _rate_accrued(stage),
        lambda _number: _rate_by_hand(stage),
    )
    return [
        Row("accrual posted", Samples(ours, "/s"), "bare Odoo: same entries by hand",
            Samples(bare, "/s"), ">= 0.8", {"accruals": ROUNDS * ACCRUALS})
    ]  # fmt: skip


def _rate_accrued(stage):
    ids = delivered(stage, SHIPMENTS)

    def accrue():
        with stage.transaction() as env:
            env["freight.accrual"]._consume_accrual(delivery_events(env, ids))

    reading = rate(ACCRUALS, accrue)
    with stage.transaction() as env:
        count = env["freight.accrual"].search_count(
            [("shipment_id", "in", ids), ("move_id.state", "=", "posted")]
        )
    if count != ACCRUALS:
        raise RuntimeError(f"only {count} of {ACCRUALS} accruals were posted")
    return reading


def _rate_by_hand(stage):
    """Post entries of as many pairs of items as ours have, on shipments of as many charges."""
    ids = delivered(stage, SHIPMENTS)
    with stage.transaction() as env:
        company = env.company
        accounts = (company.freight_expense_account_id.id, company.freight_accrued_account_id.id)
        journal = company.freight_accrual_journal_id.id
        codes = env["freight.charge.code"].search([("code", "in", CHARGES)]).ids
    pairs = [
        (shipment_id, code_id, 100 + shipment_id % 50) for shipment_id in ids for code_id in codes
    ]

    def post():
        with stage.transaction() as env:
            env["account.move"].create(
                [
                    {
                        "move_type": "entry",
                        "journal_id": journal,
                        "date": "2026-03-04",
                        "line_ids": [
                            Command.create(
                                {
                                    "name": "Freight",
                                    "account_id": account,
                                    "partner_id": stage.fixtures.carrier_id,
                                    "balance": sign * amount,
                                    "freight_shipment_id": shipment_id,
                                    "freight_charge_code_id": code_id,
                                    "tax_ids": [Command.clear()],
                                }
                            )
                            for shipment_id, code_id, amount in chunk
                            for account, sign in zip(accounts, (1, -1), strict=True)
                        ],
                    }
                    for chunk in split_every(PAIRS_PER_ENTRY, pairs, list)
                ]
            )._post(soft=False)

    return rate(ACCRUALS, post)
