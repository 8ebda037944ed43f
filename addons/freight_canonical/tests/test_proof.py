"""Proofs of delivery: beside the ledger, and in any order."""

from itertools import permutations

from .common import NOON, CanonicalCase


class TestProof(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment()
        self.delivery = self.shipment.stop_ids[1]

    def test_any_order_leaves_the_same_proof(self):
        reports = (
            {"kind": "pod_received", "hours": 12, "proof": {"signer": "B. Dock"}},
            {"kind": "departed_pickup", "hours": 1},
            {"kind": "arrived_delivery", "hours": 9},
            {"kind": "delivered", "hours": 10},
        )
        seen = set()
        for order in permutations(reports):
            with self.env.cr.savepoint() as savepoint:
                for one in order:
                    self.report(self.document(self.shipment, **one))
                seen.add((self.delivery.pod_signer, self.delivery.pod_time))
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(len(seen), 1)
        self.assertEqual(next(iter(seen))[0], "B. Dock")

    def test_of_two_signed_at_once_the_same_one_holds(self):
        reports = [
            self.document(self.shipment, "delivered", 10, id="a", proof={"signer": "A. Dock"}),
            self.document(self.shipment, "pod_received", 10, id="b", proof={"signer": "B. Dock"}),
        ]
        seen = set()
        for order in (reports, reports[::-1]):
            with self.env.cr.savepoint() as savepoint:
                for one in order:
                    self.report(one)
                seen.add(self.delivery.pod_signer)
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(seen, {"B. Dock"})

    def test_the_latest_that_counts_holds(self):
        first = {"signer": "A. Dock", "condition": "sound"}
        self.report(
            self.document(self.shipment, "delivered", 10, proof=first),
            self.document(self.shipment, "pod_received", 12, id="b", proof={"signer": "B. Dock"}),
        )
        self.assertEqual(
            (self.delivery.pod_signer, self.delivery.pod_condition), ("B. Dock", False)
        )
        self.report(self.document(self.shipment, "retraction", 13, id="no", retracts="b"))
        self.assertEqual(
            (self.delivery.pod_signer, self.delivery.pod_condition), ("A. Dock", "sound")
        )

    def test_it_follows_the_goods_to_another_destination(self):
        tulsa = {"city": "Tulsa", "zip": "74103"}
        self.report(
            self.document(self.shipment, "delivered", 10, proof={"signer": "A. Dock"}),
            self.document(self.shipment, "reconsigned", 5, place=tulsa),
        )
        old, new = self.shipment.stop_ids[1:]
        self.assertEqual((old.pod_signer, new.pod_signer), (False, "A. Dock"))

    def test_a_signer_can_be_forgotten_and_the_ledger_stays(self):
        self.report(self.document(self.shipment, "delivered", 10, proof={"signer": "A. Dock"}))
        proof = self.env["freight.proof"].search([("shipment_id", "=", self.shipment.id)])
        self.assertEqual((proof.signer, proof.signed.date()), ("A. Dock", NOON.date()))
        events = self.shipment.event_ids
        proof.unlink()
        self.shipment._project()
        self.env.invalidate_all()
        self.assertFalse(self.delivery.pod_signer)
        self.assertEqual(self.shipment.event_ids, events)
        self.assertEqual(self.shipment.transport_state, "delivered")
