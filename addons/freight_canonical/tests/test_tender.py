"""Carrier and charges follow from the acceptance in force, in whatever order it was heard of."""

from itertools import permutations

from ..documents import APPLIED
from .common import CanonicalCase


class TestTender(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.other = self.make_carrier("EFGH")
        self.shipment = self.make_shipment(carrier_id=False)

    def accepted(self, hours, scac, amount, **data):
        charges = [{"code": "400", "amount": amount, "currency": "USD"}]
        return self.document(
            self.shipment,
            "tender_accepted",
            hours,
            system=self.tms,
            carrier={"scac": scac},
            charges=charges,
            id=scac,
            **data,
        )

    def money(self):
        tendered = self.shipment.charge_ids.filtered(lambda charge: charge.stage == "tendered")
        return (self.shipment.carrier_id.freight_scac, sum(tendered.mapped("amount")))

    def test_the_acceptance_in_force_decides(self):
        self.report(self.accepted(1, "ABCD", "100"), self.accepted(2, "EFGH", "120"))
        self.assertEqual(self.money(), ("EFGH", 120))

    def test_any_order_gives_the_same_money(self):
        reports = (
            self.accepted(1, "ABCD", "100"),
            self.accepted(2, "EFGH", "120"),
            self.document(
                self.shipment, "retraction", 3, system=self.tms, id="no", retracts="EFGH"
            ),
        )
        seen = set()
        for order in permutations(reports):
            with self.env.cr.savepoint() as savepoint:
                for one in order:
                    self.report(one)
                seen.add(self.money())
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(seen, {("ABCD", 100)})

    def test_without_an_acceptance_the_chosen_carrier_is_meant_again(self):
        self.shipment.carrier_id = self.carrier
        self.report(self.accepted(1, "EFGH", "120"))
        self.assertEqual(self.money(), ("EFGH", 120))
        self.report(
            self.document(self.shipment, "tender_declined", 2, system=self.tms, id="declined")
        )
        self.assertEqual(self.money(), ("ABCD", 0))

    def test_its_carrier_may_report_before_it_is_known_as_such(self):
        theirs = self.make_system("other", "carrier", self.other)
        early = self.document(self.shipment, "departed_pickup", 5, system=theirs)
        outcomes = self.report(early, self.accepted(1, "EFGH", "120"))
        self.assertEqual([outcome.status for outcome in outcomes], [APPLIED, APPLIED])

    def test_who_was_to_carry_it_before_may_report_what_happened_then(self):
        self.shipment.carrier_id = self.carrier
        third = self.make_carrier("IJKL")
        theirs = self.make_system("third", "carrier", third)
        self.report(self.accepted(1, "IJKL", "110"), self.accepted(2, "EFGH", "120"))
        late = [
            self.document(self.shipment, "delayed", 1, system=system)
            for system in (self.source, theirs)
        ]
        self.assertEqual([outcome.status for outcome in self.report(*late)], [APPLIED, APPLIED])

    def test_the_queries_do_not_grow_with_the_batch(self):
        def cost(count):
            shipments = [self.make_shipment(carrier_id=False) for _number in range(count)]
            documents = [
                self.document(
                    shipment,
                    "tender_accepted",
                    1,
                    system=self.tms,
                    carrier={"scac": "EFGH"},
                    charges=[{"code": "400", "amount": "100", "currency": "USD"}],
                )
                for shipment in shipments
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["freight.event"]._apply_freight_documents(documents)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        cost(2)
        self.assertLessEqual(cost(40), cost(10) + 5)
