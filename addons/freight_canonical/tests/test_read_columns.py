"""Columns of many records read at once: what the ORM would say of each, at once."""

from .. import db
from .common import CanonicalCase


class TestReadColumns(CanonicalCase):
    def test_what_is_still_to_be_computed_or_written_is_read_as_it_will_be(self):
        shipment = self.make_shipment(line_ids=[(0, 0, {"name": "Shelves", "quantity": 10})])
        self.assertEqual(db.read_columns(shipment, ("pieces",)), {shipment.id: (10.0,)})
        shipment.line_ids.quantity = 7
        shipment.mode = "ltl"
        self.assertEqual(db.read_columns(shipment, ("pieces", "mode")), {shipment.id: (7.0, "ltl")})

    def test_relations_are_ids_and_nothing_is_none(self):
        stops = self.make_shipment(deliveries=2).stop_ids
        self.env.invalidate_all()
        found = db.read_columns(stops, ("shipment_id", "replaces_id", "pod_signer"))
        self.assertEqual(list(found), stops.ids)
        self.assertEqual({*found.values()}, {(stops.shipment_id.id, None, None)})
