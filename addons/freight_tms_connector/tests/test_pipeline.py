from datetime import datetime
from itertools import permutations

from odoo.tests import tagged

from .common import ConnectorCase
from .x12_samples import build_214

STATUSES = [
    ("AF", "2026-11-02", "0930", "CS"),
    ("X6", "2026-11-03", "0800", "CS"),
    ("X1", "2026-11-04", "1000", "CS"),
    ("D1", "2026-11-04", "1115", "CS"),
]


@tagged("post_install", "-at_install")
class TestPipeline(ConnectorCase):
    """From the bytes of a message to the state of a shipment."""

    def test_a_214_moves_the_shipment(self):
        shipment = self.make_shipment()
        answer = self.post(
            self.carrier_endpoint, build_214(shipment=shipment.name, statuses=STATUSES)
        )
        self.assertEqual(answer.status, 202)
        self.assertEqual(shipment.transport_state, "released", "nothing happens in the request")
        self.drain()
        self.assertEqual(shipment.transport_state, "delivered")
        self.assertEqual(shipment.actual_pickup, datetime(2026, 11, 2, 15, 30))
        self.assertEqual(shipment.actual_delivery, datetime(2026, 11, 4, 17, 15))
        delivery = shipment.stop_ids.filtered(lambda stop: stop.role == "delivery")
        self.assertEqual(delivery.arrival, datetime(2026, 11, 4, 16, 0))
        message = self.message(answer)
        self.assertEqual(message.state, "applied")
        self.assertEqual(message.event_ids.mapped("trace_id"), [message.trace_id] * 4)
        self.assertEqual(message.document_ids.mapped("status"), ["applied"] * 4)
        self.assertIn("PRO001", shipment.reference_ids.mapped("value"), "the PRO is learned")

    def test_any_order_of_arrival_gives_the_same_state(self):
        states = set()
        for order in permutations(STATUSES[1:]):
            shipment = self.make_shipment()
            for status in (*order, STATUSES[0]):
                self.post(
                    self.carrier_endpoint,
                    build_214(shipment=shipment.name, pro=shipment.name, statuses=[status]),
                )
                self.drain()
            states.add((shipment.transport_state, shipment.actual_pickup, shipment.actual_delivery))
        self.assertEqual(len(states), 1, states)

    def test_the_same_bytes_again_are_counted_and_harmless(self):
        shipment = self.make_shipment()
        body = build_214(shipment=shipment.name, statuses=STATUSES)
        first = self.post(self.carrier_endpoint, body, message_id="one")
        again = self.post(self.carrier_endpoint, body, message_id="one")
        self.assertEqual((again.status, again.body["duplicate"]), (200, True))
        self.assertEqual(again.body["id"], first.body["id"])
        self.drain()
        self.assertEqual(self.message(first).duplicate_count, 1)
        self.assertEqual(len(shipment.event_ids), 5)

    def test_the_same_facts_under_another_id_have_one_effect(self):
        shipment = self.make_shipment()
        for control in (1, 2):
            answer = self.post(
                self.carrier_endpoint,
                build_214(shipment=shipment.name, statuses=STATUSES, control=control),
            )
            self.drain()
        self.assertEqual(self.message(answer).state, "ignored")
        self.assertEqual(len(shipment.event_ids), 5)
        carrier_events = shipment.event_ids.filtered(lambda e: e.source_id == self.carrier_system)
        self.assertEqual(carrier_events.mapped("duplicate_count"), [1] * 4)

    def test_a_tender_acceptance_brings_carrier_and_charges(self):
        shipment = self.make_shipment(carrier_id=False)
        self.post(
            self.tms_endpoint,
            self.cloud_event(
                shipment,
                "tender_accepted",
                "evt-1",
                carrier={"scac": "ABCD"},
                charges=[
                    {"code": "LHS", "amount": "1200.00", "currency": "USD"},
                    {"code": "405", "amount": "96.00", "currency": "USD"},
                ],
            ),
        )
        self.drain()
        self.assertEqual(shipment.transport_state, "accepted")
        self.assertEqual(shipment.carrier_id, self.carrier)
        tendered = shipment.charge_ids.filtered(lambda charge: charge.stage == "tendered")
        self.assertEqual(sorted(tendered.mapped("amount")), [96.0, 1200.0])

    def test_an_unknown_status_code_is_kept_and_reported_once(self):
        shipment = self.make_shipment()
        for control, hour in ((1, "0800"), (2, "0900")):
            self.post(
                self.carrier_endpoint,
                build_214(
                    shipment=shipment.name,
                    statuses=[("ZZ", "2026-11-03", hour, "CS")],
                    control=control,
                ),
            )
        self.drain()
        unknown = shipment.event_ids.filtered(lambda event: event.type_code == "unknown")
        self.assertEqual(unknown.mapped("raw_code"), ["ZZ", "ZZ"])
        cases = self.env["freight.exception"].search([("code", "=", "unknown_code")])
        self.assertEqual(cases.mapped("occurrences"), [2])
        self.assertEqual(shipment.transport_state, "released")

    def test_a_message_for_an_unknown_shipment_waits_and_is_found_later(self):
        body = build_214(shipment="LATER-1", statuses=STATUSES)
        answer = self.post(self.carrier_endpoint, body)
        self.drain()
        message = self.message(answer)
        self.assertEqual(message.state, "retry")
        self.assertIn("LATER-1", message.error)
        shipment = self.make_shipment(reference_ids=[(0, 0, {"type": "load", "value": "later 1"})])
        message.action_replay()
        self.drain()
        self.assertEqual(message.state, "applied")
        self.assertEqual(shipment.transport_state, "delivered")

    def test_a_message_whose_shipment_never_comes_dies_and_opens_a_case(self):
        answer = self.post(self.carrier_endpoint, build_214(shipment="NEVER-1", statuses=STATUSES))
        message = self.message(answer)
        for _attempt in range(8):
            message.next_attempt = False
            self.drain()
        self.assertEqual(message.state, "dead")
        case = self.env["freight.exception"].search([("code", "=", "message_failed")])
        self.assertEqual(len(case), 1)

    def test_a_carrier_reports_on_its_own_shipments_only(self):
        other = self.make_carrier("WXYZ", "Another Carrier")
        shipment = self.make_shipment(carrier_id=other.id)
        answer = self.post(
            self.carrier_endpoint, build_214(shipment=shipment.name, statuses=STATUSES)
        )
        self.drain()
        self.assertEqual(shipment.transport_state, "released")
        self.assertIn("may not report", self.message(answer).error)

    def test_one_poisoned_message_fails_alone(self):
        shipments = [self.make_shipment() for _number in range(4)]
        answers = [
            self.post(
                self.carrier_endpoint,
                build_214(shipment=shipment.name, pro=f"P{number}", statuses=STATUSES),
            )
            for number, shipment in enumerate(shipments)
        ]
        poisoned = self.message(answers[2])
        self.env.cr.execute(
            "UPDATE freight_message_payload SET sealed = %s WHERE direction = 'in'"
            " AND message_id = %s",
            [b"\x00nonsense", poisoned.id],
        )
        self.drain()
        self.assertEqual(
            [shipment.transport_state for shipment in shipments],
            ["delivered", "delivered", "released", "delivered"],
        )
        self.assertEqual(poisoned.state, "retry")
        self.assertTrue(poisoned.error)

    def test_replaying_everything_changes_nothing(self):
        shipment = self.make_shipment()
        answer = self.post(
            self.carrier_endpoint, build_214(shipment=shipment.name, statuses=STATUSES)
        )
        self.drain()
        before = (len(shipment.event_ids), shipment.transport_state, shipment.actual_delivery)
        self.message(answer).action_replay()
        self.drain()
        after = (len(shipment.event_ids), shipment.transport_state, shipment.actual_delivery)
        self.assertEqual(after, before)
        self.assertEqual(self.message(answer).state, "applied")

    def test_a_batch_costs_a_bounded_number_of_queries(self):
        def cost(count):
            shipments = [self.make_shipment() for _number in range(count)]
            for number, shipment in enumerate(shipments):
                self.post(
                    self.carrier_endpoint,
                    build_214(shipment=shipment.name, pro=f"B{count}-{number}", statuses=STATUSES),
                )
            self.env.flush_all()
            start = self.cr.sql_log_count
            self.drain()
            return self.cr.sql_log_count - start

        cost(2)
        self.assertLess(cost(40) - cost(10), 30, "queries do not grow with the batch")

    def test_only_the_stop_that_a_report_is_about_is_written(self):
        shipment = self.make_shipment()
        self.env.flush_all()

        def versions():
            self.cr.execute(
                "SELECT role, ctid FROM freight_stop WHERE shipment_id = %s", [shipment.id]
            )
            return dict(self.cr.fetchall())

        before = versions()
        self.post(self.carrier_endpoint, build_214(shipment=shipment.name, statuses=[STATUSES[2]]))
        self.drain()
        after = versions()
        self.assertNotEqual(after["delivery"], before["delivery"])
        self.assertEqual(after["pickup"], before["pickup"])

    def test_a_push_that_overtakes_the_number_it_is_known_by_finds_its_shipment(self):
        shipment = self.make_shipment()
        push = build_214(shipment="UNKNOWN", pro="TRACK9", statuses=[STATUSES[3]])
        push = push.replace(b"*UNKNOWN*", b"**")
        self.post(self.carrier_endpoint, push)
        self.post(
            self.carrier_endpoint,
            build_214(shipment=shipment.name, pro="TRACK9", statuses=[STATUSES[0]], control=2),
        )
        self.drain()
        self.assertEqual(shipment.transport_state, "delivered")
