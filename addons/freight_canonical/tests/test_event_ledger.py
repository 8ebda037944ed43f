"""The ledger: append-only whoever tries, one row for each report, work for each reader."""

from datetime import date, datetime, timedelta
from itertools import permutations

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError
from psycopg2.errors import RestrictViolation

from ..documents import APPLIED, DUPLICATE
from ..models.freight_event_work import SCHEDULE
from .common import NOON, CanonicalCase


@tagged("post_install", "-at_install")
class TestAppendOnly(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment()
        self.event = self.shipment.event_ids

    def test_the_orm_neither_writes_nor_deletes_nor_creates(self):
        for attempt in (
            lambda: self.event.write({"city": "Elsewhere"}),
            lambda: self.event.unlink(),
            lambda: self.event.sudo().unlink(),
            lambda: self.event.copy(),
            lambda: self.env["freight.event"].create({"shipment_id": self.shipment.id}),
        ):
            with self.assertRaisesRegex(UserError, "append-only|join the ledger"):
                attempt()

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_sql(self):
        for statement in (
            "UPDATE freight_event SET city = 'Elsewhere'",
            "UPDATE freight_event SET city = 'Elsewhere' WHERE false",
            "DELETE FROM freight_event",
            "TRUNCATE freight_event CASCADE",
            "INSERT INTO freight_event SELECT * FROM freight_event"
            " ON CONFLICT (id) DO UPDATE SET city = 'Elsewhere'",
            "MERGE INTO freight_event e USING freight_event f ON e.id = f.id"
            " WHEN MATCHED THEN DELETE",
        ):
            if statement.startswith("MERGE") and self.cr._cnx.server_version < 150000:
                continue
            with self.subTest(statement), self.assertRaises(RestrictViolation):
                with self.env.cr.savepoint():
                    self.env.cr.execute(statement)

    def test_a_shipment_with_events_stays(self):
        with self.assertRaisesRegex(UserError, "with events stays"):
            self.shipment.unlink()
        self.make_shipment(release=False).unlink()

    def test_a_user_who_acted_can_be_deleted(self):
        dispatcher = self.make_user("leaving", "dispatcher")
        shipment = self.make_shipment(release=False)
        shipment.with_user(dispatcher).action_release()
        self.env.flush_all()
        dispatcher.unlink()
        self.assertEqual(shipment.event_ids.type_code, "released")

    def test_partners_can_be_merged(self):
        self.report(self.document(self.shipment, "departed_pickup"))
        double = self.env["res.partner"].create({"name": "Carrier ABCD", "is_company": True})
        self.env["base.partner.merge.automatic.wizard"]._merge((self.carrier | double).ids, double)
        self.env.invalidate_all()
        self.assertEqual(self.shipment.carrier_id, double)
        self.assertEqual(len(self.shipment.event_ids), 2)

    @mute_logger("odoo.sql_db")
    def test_an_identity_stands_for_one_row_whoever_inserts(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO freight_event (uuid, company_id, shipment_id, type_id, type_code,"
                " classifier, occurred, reported, received, recorded, source_id, source_event_id)"
                " SELECT 'another', company_id, shipment_id, type_id, type_code, classifier,"
                " occurred, reported, received, recorded, source_id, source_event_id"
                " FROM freight_event WHERE id = %s",
                [self.event.id],
            )


@tagged("post_install", "-at_install")
class TestReports(CanonicalCase):
    def test_the_same_report_again_is_counted(self):
        shipment = self.make_shipment()
        document = self.document(shipment, "departed_pickup", id="evt-1")
        statuses = [outcome.status for _time in range(3) for outcome in self.report(document)]
        self.assertEqual(statuses, [APPLIED, DUPLICATE, DUPLICATE])
        event = shipment.event_ids.filtered(lambda one: one.source_event_id == "evt-1")
        self.assertEqual((len(event), event.duplicate_count), (1, 2))

    def test_the_same_report_twice_in_one_batch(self):
        shipment = self.make_shipment()
        document = self.document(shipment, "departed_pickup", id="evt-1")
        statuses = [outcome.status for outcome in self.report(document, document)]
        self.assertEqual(statuses, [APPLIED, DUPLICATE])

    def test_a_sender_without_ids_may_push_its_history_every_time(self):
        shipment = self.make_shipment()
        history = [
            self.document(shipment, kind, hours)
            for hours, kind in enumerate(("dispatched", "departed_pickup", "delivered"))
        ]
        for length in (1, 2, 3):
            self.report(*history[:length])
        self.assertEqual(len(shipment.event_ids), 4)
        self.assertEqual(sum(shipment.event_ids.mapped("duplicate_count")), 3)

    def test_twins_under_other_ids_are_kept_and_do_not_count(self):
        shipment = self.make_shipment()
        self.report(self.document(shipment, "departed_pickup", 1, id="a"))
        self.report(self.document(shipment, "departed_pickup", 1, id="b"))
        reported = shipment.event_ids.filtered(lambda one: one.source_id == self.source)
        self.assertEqual(sorted(reported.mapped("counts")), [False, True])

    def test_any_order_of_arrival_gives_the_same_shipment(self):
        reports = (
            {"kind": "delivered", "hours": 30, "id": "wrong", "proof": {"signer": "DOCK 1"}},
            {"kind": "retraction", "hours": 31, "id": "sorry", "retracts": "wrong"},
            {"kind": "delivered", "hours": 40, "id": "right", "proof": {"signer": "DOCK 2"}},
            {"kind": "arrived_delivery", "hours": 39, "id": "there"},
        )
        seen = set()
        for order in permutations(reports):
            # One savepoint for each order, so that each begins with the same shipment.
            with self.env.cr.savepoint() as savepoint:
                shipment = self.make_shipment()
                self.report(self.document(shipment, "departed_pickup", 2))
                for one in order:
                    self.report(self.document(shipment, **one))
                delivery = shipment.stop_ids.filtered(lambda stop: stop.role == "delivery")
                seen.add(
                    (
                        shipment.transport_state,
                        shipment.actual_pickup,
                        shipment.actual_delivery,
                        shipment.ship_date,
                        delivery.arrival,
                        delivery.unloaded,
                        delivery.pod_signer,
                    )
                )
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(
            seen,
            {
                (
                    "delivered",
                    NOON + timedelta(hours=2),
                    NOON + timedelta(hours=40),
                    date(2026, 11, 2),
                    NOON + timedelta(hours=39),
                    NOON + timedelta(hours=40),
                    "DOCK 2",
                )
            },
        )

    def test_what_takes_back_its_own_id_does_so_in_any_order(self):
        shipment = self.make_shipment()
        for name, state in (("retracts", "released"), ("corrects", "delivered")):
            kind = "retraction" if name == "retracts" else "delivered"
            reports = (
                self.document(shipment, "delivered", 5, id="same"),
                self.document(shipment, kind, 6, id="same", **{name: "same"}),
            )
            for order in (reports, reports[::-1]):
                with self.subTest(name=name), self.env.cr.savepoint() as savepoint:
                    for one in order:
                        self.report(one)
                    self.assertEqual(shipment.transport_state, state)
                    if name == "corrects":
                        self.assertEqual(shipment.actual_delivery, reports[1].received)
                    savepoint.rollback()
                self.env.invalidate_all()

    def test_a_stop_is_told_by_sequence_role_or_place(self):
        shipment = self.make_shipment(deliveries=2)
        dallas, tulsa = shipment.stop_ids.filtered(lambda stop: stop.role == "delivery")
        self.report(
            self.document(shipment, "delivered", 1, stop={"sequence": tulsa.sequence}),
            self.document(shipment, "delivered", 2, place={"city": "dallas"}),
            self.document(shipment, "pickup_arrived", 3),
        )
        self.assertEqual(tulsa.unloaded, NOON + timedelta(hours=1))
        self.assertEqual(dallas.unloaded, NOON + timedelta(hours=2))
        self.assertEqual(shipment.stop_ids[0].arrival, NOON + timedelta(hours=3))
        self.assertEqual(shipment.transport_state, "delivered")

    def test_a_time_without_offset_is_local_to_the_place(self):
        shipment = self.make_shipment()
        self.report(
            self.document(shipment, "delivered", occurred="2026-11-04T11:15:00"),
            self.document(shipment, "departed_pickup", occurred="2026-11-02T09:30:00-05:00"),
        )
        self.assertEqual(shipment.actual_delivery, datetime(2026, 11, 4, 17, 15))
        self.assertEqual(shipment.actual_pickup, datetime(2026, 11, 2, 14, 30))

    def test_the_ship_date_is_local_to_the_pickup(self):
        shipment = self.make_shipment(planned_pickup="2026-11-05 03:00:00")
        self.assertEqual(shipment.ship_date, date(2026, 11, 4), "planned, 21:00 in Chicago")
        self.report(self.document(shipment, "dispatched", occurred="2026-11-03T04:00:00Z"))
        self.assertEqual(shipment.ship_date, date(2026, 11, 2), "dispatched, 22:00 in Chicago")
        self.report(self.document(shipment, "departed_pickup", occurred="2026-11-04T05:59:00Z"))
        self.assertEqual(shipment.ship_date, date(2026, 11, 3), "picked up, 23:59 in Chicago")

    def test_on_time_is_judged_by_the_arrival_and_else_by_the_delivery(self):
        for minutes, said, expected in (
            (-300, "arrived_delivery", "on_time"),
            (0, "arrived_delivery", "on_time"),
            (1, "arrived_delivery", "late"),
            (0, "delivered", "on_time"),
            (1, "delivered", "late"),
            (0, "departed_pickup", "open"),
        ):
            with self.subTest(minutes=minutes, said=said):
                shipment = self.make_shipment()
                stop = shipment.stop_ids[1]
                stop.write({"window_start": NOON - timedelta(hours=1), "window_end": NOON})
                self.report(self.document(shipment, said, minutes / 60))
                self.assertEqual(stop.on_time, expected)

    def test_unknown_codes_are_kept_and_reported_once_for_each_source_and_code(self):
        shipments = [self.make_shipment() for _number in range(2)]
        for code in ("ZZ", "QQ"):
            for hours, shipment in enumerate(shipments):
                self.report(self.document(shipment, None, hours, type=None, raw_code=code))
        self.assertEqual([len(shipment.event_ids) for shipment in shipments], [3, 3])
        cases = self.env["freight.exception"].search([("code", "=", "unknown_code")])
        self.assertEqual(
            sorted(cases.mapped(lambda case: (case.dedup_key, case.occurrences))),
            [("test_carrier:QQ", 2), ("test_carrier:ZZ", 2)],
        )

    def test_a_keying_error_is_no_service_failure(self):
        reasons = self.env["freight.exception.reason"]
        self.assertFalse(reasons.search([("code", "=", "keying_error")]).service_failure)

    def test_the_queries_do_not_grow_with_the_batch(self):
        def cost(count):
            template = self.make_shipment(release=False)
            shipments = template.create([template.copy_data()[0] for _number in range(count)])
            documents = [
                self.document(shipment, "departed_pickup", number % 7, id=f"{count}:{number}")
                for number, shipment in enumerate(shipments)
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            outcomes = self.env["freight.event"]._apply_freight_documents(documents)
            self.env.flush_all()
            self.assertEqual({outcome.status for outcome in outcomes}, {APPLIED})
            return self.cr.sql_log_count - before

        self.make_consumer("anything")
        cost(2)
        self.assertEqual(cost(500), cost(50))


@tagged("post_install", "-at_install")
class TestConsumers(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment()
        self.consumer = self.make_consumer("good")
        self.seen = []
        self.consuming(self.consumer, lambda events: self.seen.extend(events.ids))

    def work(self, consumer=None):
        """Return what waits for ``consumer``."""
        return self.env["freight.event.work"].search(
            [("consumer_id", "=", (consumer or self.consumer).id)]
        )

    def types(self):
        return self.env["freight.event"].browse(self.seen).mapped("type_code")

    def test_an_event_becomes_work_for_each_reader_that_wants_it(self):
        types = self.env["freight.event.type"].search([("code", "in", ("delivered", "position"))])
        picky = self.make_consumer("picky", event_type_ids=[(6, 0, types.ids)])
        retired = self.make_consumer("retired", active=False)
        kinds = ("departed_pickup", "position", "delivered")
        self.report(*(self.document(self.shipment, kind, n) for n, kind in enumerate(kinds)))
        self.assertEqual(
            self.work().event_id.mapped("type_code"), ["departed_pickup", "delivered"],
            "all but pings",
        )  # fmt: skip
        self.assertEqual(self.work(picky).event_id.mapped("type_code"), ["position", "delivered"])
        self.assertFalse(self.work(retired))

    def test_work_is_gone_with_its_effect(self):
        self.report(self.document(self.shipment, "departed_pickup"))
        self.assertEqual(self.drain(), 1)
        self.assertEqual(self.types(), ["departed_pickup"])
        self.assertFalse(self.work())
        self.assertEqual(self.drain(), 0)

    def test_a_duplicate_is_no_work(self):
        for _time in range(2):
            self.report(self.document(self.shipment, "departed_pickup"))
        self.assertEqual(len(self.work()), 1)

    @mute_logger("odoo.addons.freight_canonical.models.freight_queue")
    def test_one_that_fails_holds_up_nobody(self):
        bad = self.make_consumer("bad")

        def fail(events):
            events.shipment_id.write({"service": "half done"})
            raise ValueError("no")

        self.consuming(bad, fail)
        kinds = ("departed_pickup", "arrived_delivery", "delivered")
        self.report(*(self.document(self.shipment, kind, n) for n, kind in enumerate(kinds)))
        self.drain()
        self.assertEqual(sorted(self.types()), sorted(kinds))
        self.assertEqual(len(self.seen), 3, "each once")
        self.assertEqual(self.work(bad).mapped("attempts"), [1, 1, 1])
        self.assertEqual(set(self.work(bad).mapped("error")), {"ValueError: no"})
        self.assertFalse(self.shipment.service, "what it did is undone")

    @mute_logger("odoo.addons.freight_canonical.models.freight_queue")
    def test_after_the_last_attempt_a_person_is_asked(self):
        bad = self.make_consumer("bad")
        self.consuming(bad, lambda events: 1 / 0)
        self.report(self.document(self.shipment, "departed_pickup"))
        for attempt in range(len(SCHEDULE) + 1):
            work = self.work(bad)
            self.assertEqual((work.attempts, work.dead), (attempt, False))
            work.next_attempt = False
            self.drain()
        self.assertTrue(self.work(bad).dead)
        case = self.env["freight.exception"].search([("code", "=", "consumer_failed")])
        self.assertEqual((case.severity, case.shipment_id), ("critical", self.shipment))
        self.assertIn("division by zero", case.description)
        self.assertEqual(self.drain(), 0, "the dead wait for a person")
        self.consuming(bad, lambda events: self.seen.append("at last"))
        self.work(bad).action_retry()
        self.drain()
        self.assertIn("at last", self.seen)
        self.assertFalse(self.work(bad))

    def test_replay_is_work_again_and_the_ledger_stays(self):
        self.report(self.document(self.shipment, "departed_pickup"))
        self.drain()
        events = len(self.shipment.event_ids)
        for _time in range(2):
            self.consumer._replay_from(NOON - timedelta(days=1))
        self.drain()
        self.assertEqual(self.types().count("departed_pickup"), 2, "put on the list once a replay")
        self.assertEqual(len(self.shipment.event_ids), events)

    def test_a_replay_is_for_the_consumer_that_asked(self):
        other = self.make_consumer("other")
        self.consuming(other, lambda events: None)
        self.report(self.document(self.shipment, "departed_pickup"))
        self.drain()
        self.consumer._replay_from(NOON - timedelta(days=1))
        self.assertTrue(self.work())
        self.assertFalse(self.work(other))
