"""Shipments that change vehicles: each carrier reports on its own leg."""

from ..documents import APPLIED, REFUSED
from .common import CanonicalCase


class TestLegs(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.feeder = self.make_carrier("FEED")
        self.feeder_system = self.make_system("feeder", "carrier", self.feeder)
        self.shipment = self.make_shipment()
        self.chicago, self.dallas = self.shipment.stop_ids
        self.memphis = self.env["freight.stop"].create(
            {
                "shipment_id": self.shipment.id,
                "sequence": 2,
                "role": "transfer",
                "city": "Memphis",
            }
        )
        self.dallas.sequence = 3
        self.chicago.onward_carrier_id = self.feeder
        self.memphis.onward_carrier_id = self.carrier

    def test_who_carries_a_leg_reports_on_it(self):
        stranger = self.make_system("stranger", "carrier", self.make_carrier("STRA"))
        outcomes = self.report(
            self.document(self.shipment, "departed_pickup", 1, system=self.feeder_system),
            self.document(self.shipment, "departed_pickup", 1, system=stranger),
        )
        self.assertEqual([one.status for one in outcomes], [APPLIED, REFUSED])

    def test_a_leg_ends_where_it_ends(self):
        self.report(
            self.document(self.shipment, "departed_pickup", 1, system=self.feeder_system),
            self.document(self.shipment, "arrived_delivery", 5, system=self.feeder_system),
            self.document(self.shipment, "delivered", 6, system=self.feeder_system),
        )
        self.assertEqual(self.shipment.transport_state, "in_transit")
        self.assertTrue(self.memphis.unloaded and self.memphis.arrival)
        self.assertFalse(self.dallas.unloaded)
        self.report(
            self.document(self.shipment, "departed_pickup", 8),
            self.document(self.shipment, "delivered", 20),
        )
        self.assertEqual(self.shipment.transport_state, "delivered")
        self.assertTrue(self.memphis.departure and self.dallas.unloaded)
        self.assertEqual(self.shipment.actual_pickup.hour, 13, "the pickup is the first one")
