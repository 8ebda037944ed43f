"""Partial deliveries by stop and by goods line, over and short, refused and returned."""

from itertools import permutations

from odoo.exceptions import ValidationError

from ..documents import APPLIED
from ..quantities import Pieces, variance
from .common import CanonicalCase


class TestGoods(CanonicalCase):
    def setUp(self):
        super().setUp()
        product = self.env["product.product"].create({"name": "Shelf", "default_code": "SHELF-1"})
        self.shipment = self.make_shipment(
            deliveries=2,
            line_ids=[
                (0, 0, {"name": "Shelves", "quantity": 10, "product_id": product.id}),
                (0, 0, {"name": "Counters", "quantity": 4}),
                (0, 0, {"name": "Labels", "quantity": 6}),
            ],
        )
        self.dallas, self.tulsa = self.shipment.stop_ids[1:]
        self.shelves, self.counters, self.labels = self.shipment.line_ids
        (self.shelves | self.counters).delivery_stop_id = self.dallas
        self.labels.delivery_stop_id = self.tulsa

    def say(self, kind, hours, stop, **data):
        return self.document(self.shipment, kind, hours, stop={"sequence": stop.sequence}, **data)

    def test_lines_are_numbered_as_they_come(self):
        self.assertEqual(self.shipment.line_ids.mapped("number"), [1, 2, 3])
        self.counters.unlink()
        new = self.env["freight.shipment.line"].create(
            {"shipment_id": self.shipment.id, "name": "Lamps"}
        )
        self.assertEqual(new.number, 4, "a number is not given twice while a later one stands")

    def test_goods_go_to_stops_of_their_own_shipment(self):
        copied = self.shipment.copy()
        self.assertFalse(copied.line_ids.delivery_stop_id)
        self.assertEqual(len(copied.stop_ids), 3)
        with self.assertRaisesRegex(ValidationError, "its own shipment"):
            copied.line_ids[0].delivery_stop_id = self.dallas

    def test_a_delivery_in_parts_by_line(self):
        self.report(
            self.say("partly_unloaded", 5, self.dallas, goods=[{"line": 1, "quantity": "6"}]),
            self.say(
                "delivered",
                9,
                self.dallas,
                goods=[{"sku": "SHELF-1", "quantity": "4"}, {"line": 2, "quantity": "3"}],
            ),
        )
        self.assertEqual(self.shipment.transport_state, "partially_delivered")
        self.assertEqual((self.shelves.delivered, self.counters.delivered), (10, 3))
        self.assertEqual((self.shelves.under_delivered, self.counters.under_delivered), (0, 1))
        self.assertEqual((self.dallas.quantity, self.dallas.planned_quantity), (13, 14))
        self.report(self.say("delivered", 20, self.tulsa, quantity="7"))
        self.assertEqual(self.shipment.transport_state, "delivered")
        self.assertEqual((self.labels.delivered, self.labels.over_delivered), (7, 1))

    def test_any_order_gives_the_same_goods(self):
        reports = (
            {"kind": "partly_unloaded", "hours": 5, "goods": [{"line": 1, "quantity": "6"}]},
            {"kind": "damaged", "hours": 6, "goods": [{"line": 1, "quantity": "2"}]},
            {"kind": "refused", "hours": 6, "goods": [{"line": 2, "quantity": "1"}], "id": "no"},
            {"kind": "retraction", "hours": 7, "id": "sorry", "retracts": "no"},
        )
        seen = set()
        for order in permutations(reports):
            with self.env.cr.savepoint() as savepoint:
                for one in order:
                    self.report(self.say(stop=self.dallas, **one))
                seen.add(
                    (
                        self.shipment.transport_state,
                        self.shelves.delivered,
                        self.shelves.damaged,
                        self.counters.refused,
                        self.dallas.refused,
                    )
                )
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(seen, {("partially_delivered", 6, 2, 0, 0)})

    def test_goods_that_no_line_is_known_for_count_for_the_stop(self):
        document = self.say("delivered", 9, self.dallas, goods=[{"sku": "X", "quantity": "3"}])
        self.assertEqual(self.report(document)[0].status, APPLIED)
        self.assertEqual(self.dallas.quantity, 3)
        self.assertEqual(sum(self.shipment.line_ids.mapped("delivered")), 0)

    def test_a_stop_that_refuses_some_still_takes_the_rest(self):
        self.report(
            self.say("refused", 5, self.tulsa, quantity="2"),
            self.say("delivered", 6, self.tulsa, quantity="4"),
            self.say("delivered", 7, self.dallas),
        )
        self.assertEqual(self.shipment.transport_state, "delivered")
        self.assertEqual((self.labels.refused, self.labels.delivered), (2, 4))
        self.assertEqual(self.labels.under_delivered, 0, "what was refused came")

    def test_a_source_may_report_totals_so_far(self):
        self.source.quantities = "running"
        self.report(
            self.say("partly_unloaded", 5, self.tulsa, quantity="2"),
            self.say("delivered", 6, self.tulsa, quantity="6"),
        )
        self.assertEqual(self.tulsa.quantity, 6)

    def test_people_do_not_write_what_events_tell(self):
        dispatcher = self.make_user("goods_dispatcher", "dispatcher")
        for values in ({"delivered": 3}, {"number": 9}):
            with self.assertRaisesRegex(Exception, "follow from events"):
                self.shelves.with_user(dispatcher).write(values)

    def test_variance(self):
        for planned, told, expected in (
            (10, {}, (0, 0)),
            (10, {"short": 2}, (0, 2)),
            (10, {"delivered": 10}, (0, 0)),
            (10, {"delivered": 8}, (0, 2)),
            (10, {"delivered": 8, "refused": 2}, (0, 0)),
            (10, {"delivered": 8, "short": 3}, (0, 3)),
            (10, {"delivered": 12}, (2, 0)),
            (0, {"delivered": 12}, (0, 0)),
        ):
            with self.subTest(planned=planned, told=told):
                self.assertEqual(variance(planned, told), expected)

    def test_pieces_of_two_sources_do_not_add_up(self):
        pieces = Pieces()
        for source, quantity in ((1, 3), (1, 2), (2, 4)):
            pieces.note("delivered", source, quantity)
        self.assertEqual((pieces.of("delivered"), pieces.of("refused")), (5, 0))
