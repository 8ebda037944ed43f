"""Fixtures of the measures that touch the books: a contract, delivered shipments, their bills."""

from __future__ import annotations

import itertools
import uuid
from datetime import datetime

from odoo import Command
from odoo.addons.freight_canonical.documents import Document

from .fixtures import SCAC

SHIPPED, DELIVERED, BILLED = "2026-03-02 16:00:00", "2026-03-04 17:00:00", "2026-03-06"
MILESTONES = {"tender_accepted": SHIPPED, "departed_pickup": SHIPPED, "delivered": DELIVERED}
CHARGES = ("400", "405", "LFT")

_numbers = itertools.count(1)


def open_books(stage):
    """Make sure of the addon, its accounts and a contract with three charges; done once.

    :raise Missing: freight_settlement is not installed
    """
    stage.require_addon("freight_settlement")
    with stage.transaction() as env:
        env.company._freight_setup()
        env.company.freight_auto_approval_limit = 1_000_000
        if not env["freight.contract"].search([("name", "=", "Bench LTL")]):
            _contract(env, stage.fixtures)


def _contract(env, fixtures):
    codes = {code.code: code.id for code in env["freight.charge.code"].search([])}
    rates = (("400", "per_100kg", 12.4), ("405", "percent_of_linehaul", 20), ("LFT", "flat", 85))
    env["freight.contract"].create(
        {
            "name": "Bench LTL",
            "carrier_id": fixtures.carrier_id,
            "currency_id": env.company.currency_id.id,
            "date_from": "2026-01-01",
            "rate_ids": [
                Command.create({"code_id": codes[code], "basis": basis, "rate": rate})
                for code, basis, rate in rates
            ],
        }
    )


def delivered(stage, count):
    """Return ids of ``count`` delivered shipments, priced by contract; nothing is posted yet."""
    with stage.transaction() as env:
        shipments = stage.fixtures.shipments(env, count)
        env["freight.event"]._append(
            [
                {
                    "shipment_id": shipment.id,
                    "company_id": shipment.company_id.id,
                    "type_code": type_code,
                    "classifier": "actual",
                    "occurred": datetime.fromisoformat(occurred),
                    "received": datetime.fromisoformat(occurred),
                    "source_id": stage.fixtures.system_id,
                    "source_event_id": f"{type_code}:{shipment.id}",
                    "trace_id": shipment.trace_id,
                }
                for shipment in shipments
                for type_code, occurred in MILESTONES.items()
            ]
        )
        env.cr.execute("DELETE FROM freight_event_work")
        shipments._price_contract()
        return shipments.ids


def accrued(stage, count):
    """Return ids of ``count`` delivered shipments whose freight is accrued."""
    ids = delivered(stage, count)
    with stage.transaction() as env:
        env["freight.accrual"]._consume_accrual(delivery_events(env, ids))
    return ids


def delivery_events(env, ids):
    """Return the events by which the shipments ``ids`` were delivered."""
    return env["freight.event"].search(
        [("shipment_id", "in", ids), ("type_code", "=", "delivered")]
    )


def documents(env, ids, fixtures):
    """Return a canonical invoice for each shipment, that bills what its contract says."""
    return [_document(env, shipment, fixtures) for shipment in env["freight.shipment"].browse(ids)]


def _document(env, shipment, fixtures):
    charges = shipment.charge_ids.filtered(lambda charge: charge.stage == "contract")
    return Document(
        data={
            "kind": "invoice",
            "number": f"BENCH{next(_numbers):07d}",
            "date": BILLED,
            "currency": shipment.currency_id.name,
            "total": f"{sum(charges.mapped('amount')):.2f}",
            "correction": None,
            "terms": "PP",
            "scac": SCAC,
            "references": [{"type": "shipment", "value": shipment.name}],
            "ship_date": SHIPPED[:10],
            "lines": [
                {
                    "sequence": number,
                    "code": charge.code_id.code,
                    "raw_code": charge.code_id.code,
                    "description": charge.code_id.name,
                    "amount": f"{charge.amount:.2f}",
                }
                for number, charge in enumerate(charges, start=1)
            ],
        },
        system=env["freight.system"].browse(fixtures.system_id),
        company=env["res.company"].browse(fixtures.company_id),
        received=datetime(2026, 3, 6, 8, 0),
        trace_id=uuid.uuid4().hex,
    )
