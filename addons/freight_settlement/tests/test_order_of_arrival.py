"""The same reports leave the same charges and the same money, in whatever order they came."""

from collections import Counter
from datetime import date, datetime
from itertools import permutations

from odoo.fields import Command
from odoo.tests import tagged

from .common import SettlementCommon

TENDERED, DISPATCHED, CANCELLED = (
    datetime(2025, 3, 1),
    datetime(2025, 3, 3),
    datetime(2025, 3, 3, 5),
)


@tagged("post_install", "-at_install")
class TestOrderOfArrival(SettlementCommon):
    def accepted(self, scac, occurred):
        values = {"acceptance": (scac, []), "source_event_id": scac}
        return ("tender_accepted", occurred, values)

    def money(self, reports):
        """Return what all orders of ``reports`` agree on: state, accrued and charges by code."""
        seen = set()
        for order in permutations(reports):
            with self.env.cr.savepoint() as savepoint:
                shipment = self.make_shipments()
                for kind, occurred, values in order:
                    self.report(shipment, kind, occurred, **values)
                self.env.invalidate_all()
                accrued = Counter()
                for row in shipment.freight_accrual_ids:
                    accrued[row.code_id.code] += row.amount
                charges = shipment.charge_ids.filtered(
                    lambda charge: charge.stage == "contract" or charge.vehicle_not_used
                )
                seen.add(
                    (
                        shipment.transport_state,
                        frozenset((code, amount) for code, amount in accrued.items() if amount),
                        frozenset((one.code_id.code, one.amount) for one in charges),
                    )
                )
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(len(seen), 1, seen)
        return seen.pop()

    def test_a_vehicle_not_used_costs_what_its_carrier_asks(self):
        vor, freight = self.codes["VOR"].id, self.codes["400"].id
        self.contract.rate_ids = [Command.create({"code_id": vor, "basis": "flat", "rate": 150})]
        other = self.carrier.copy({"name": "Other", "freight_scac": "OTHR"})
        self.make_contract(
            self.company,
            name="Other",
            carrier_id=other.id,
            rate_ids=[
                Command.create({"code_id": freight, "basis": "flat", "rate": 500}),
                Command.create({"code_id": vor, "basis": "flat", "rate": 90}),
            ],
        )
        money = self.money(
            (
                self.accepted("OTHR", TENDERED),
                ("dispatched", DISPATCHED, {"source_event_id": "dispatched"}),
                ("cancelled", CANCELLED, {"source_event_id": "cancelled"}),
            )
        )
        self.assertEqual(money, ("closed", {("VOR", 90)}, {("VOR", 90)}))

    def test_the_contract_of_the_day_it_went_prices_it(self):
        self.contract.date_to = date(2025, 3, 31)
        flat = {"code_id": self.codes["400"].id, "basis": "flat", "rate": 900}
        self.make_contract(
            self.company,
            name="April",
            date_from=date(2025, 4, 1),
            rate_ids=[Command.create(flat)],
        )
        money = self.money(
            (
                self.accepted("BRFT", TENDERED),
                ("departed_pickup", datetime(2025, 4, 3), {"source_event_id": "picked up"}),
                ("delivered", datetime(2025, 4, 4), {"source_event_id": "delivered"}),
            )
        )
        self.assertEqual(money, ("delivered", {("400", 900)}, {("400", 900)}))
