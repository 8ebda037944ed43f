"""Cases that controls open and close: whatever the order of arrival, the same ones."""

from datetime import timedelta
from itertools import permutations
from unittest.mock import patch

from freezegun import freeze_time
from odoo.tests import tagged

from ..controls import CODES
from .common import NOON, CanonicalCase


class ControlCase(CanonicalCase):
    """Time stands at noon of the fixtures' day, and everything is watched."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "freight_pickup_grace": 1,
                "freight_delivery_grace": 1,
                "freight_pod_hours": 48,
                "freight_reference_hours": 24,
            }
        )
        # Few shipments of the fixtures have a carrier's number: one test asks for it.
        cls.env["freight.exception.type"].search(
            [("code", "=", "missing_reference")]
        ).active = False

    def setUp(self):
        super().setUp()
        clock = freeze_time(NOON)
        clock.start()
        self.addCleanup(clock.stop)

    def at(self, hours):
        """Return a context in which it is ``hours`` after noon."""
        return freeze_time(NOON + timedelta(hours=hours))

    def under_way(self, **values):
        """Return a shipment that left its pickup two hours ago."""
        shipment = self.make_shipment(**values)
        self.report(self.document(shipment, "departed_pickup", -2))
        return shipment

    def stop_of(self, shipment, role="delivery"):
        return shipment.stop_ids.filtered(lambda stop: stop.role == role)[:1]

    def open_cases(self, shipment):
        """Return {kind: key} of the open cases of ``shipment``."""
        self.env.invalidate_all()
        return {
            case.code: case.dedup_key
            for case in shipment.exception_ids
            if case.state == "open" and case.code in CODES
        }

    def watch(self):
        """Let the clock look."""
        self.env.flush_all()
        self.env["freight.shipment"]._cron_watch()
        self.env.invalidate_all()

    def resolve(self, case, user=None):
        case = case.with_user(user or self.env.user)
        case.resolution = "The customer knows."
        case.action_resolve()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestControl(ControlCase):
    def test_what_is_reported_opens_a_case_with_its_facts(self):
        shipment = self.under_way()
        stop = self.stop_of(shipment)
        self.report(self.document(shipment, "damaged", -1, stop={"sequence": stop.sequence}))
        (case,) = shipment.exception_ids
        self.assertEqual(
            (case.code, case.severity, case.state, case.stop_id, case.by_control),
            ("damage", "critical", "open", stop, True),
        )
        self.assertEqual(case.carrier_id, self.carrier)
        self.assertTrue(case.service_failure)
        self.assertIn("Dallas", case.description)
        self.assertIn("5:00", case.description, "eleven UTC is five in Chicago")

    def test_a_delay_closes_when_the_stop_is_reached(self):
        shipment = self.under_way()
        self.report(self.document(shipment, "delayed", -1))
        self.assertEqual(set(self.open_cases(shipment)), {"delay"})
        self.report(self.document(shipment, "arrived_delivery", 0))
        self.assertEqual(self.open_cases(shipment), {})
        (case,) = shipment.exception_ids
        self.assertEqual(
            (case.state, case.closed_by, case.resolver_id, case.resolved),
            ("resolved", "cause", self.env["res.users"], NOON),
        )
        self.assertEqual(case.resolution, "The stop was reached.")

    def test_a_retraction_closes_whenever_it_comes(self):
        for kind in ("delayed", "damaged", "short", "refused", "delivery_attempted"):
            with self.subTest(kind):
                shipment = self.under_way()
                said = self.document(shipment, kind, -1, id=f"{kind}:{shipment.id}")
                sorry = self.document(
                    shipment, "retraction", 0, id=f"r:{kind}", retracts=f"{kind}:{shipment.id}"
                )
                self.report(said)
                self.assertEqual(len(self.open_cases(shipment)), 1)
                self.report(sorry)
                self.assertEqual(self.open_cases(shipment), {})
                early = self.under_way()
                self.report(
                    self.document(early, "retraction", 0, id=f"e:{kind}", retracts=f"{kind}:early")
                )
                self.report(self.document(early, kind, -1, id=f"{kind}:early"))
                self.assertFalse(early.exception_ids, "what was taken back before was none")

    def test_any_order_of_arrival_leaves_the_same_open_cases(self):
        reports = (
            {"kind": "delayed", "hours": -1, "id": "late"},
            {"kind": "damaged", "hours": -0.9, "id": "broken"},
            {"kind": "retraction", "hours": -0.8, "id": "sorry", "retracts": "broken"},
            {"kind": "delivered", "hours": -0.5, "id": "done", "quantity": "8"},
        )
        seen = set()
        for order in permutations(reports):
            with self.env.cr.savepoint() as savepoint:
                shipment = self.under_way()
                for one in order:
                    self.report(self.document(shipment, **one))
                cases = self.open_cases(shipment)
                seen.add(tuple(sorted((code, key.split(":")[0]) for code, key in cases.items())))
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(seen, {(("shortage", "stop"),)})

    def test_a_second_look_finds_nothing_to_do(self):
        shipment = self.under_way()
        self.report(self.document(shipment, "damaged", -1), self.document(shipment, "delayed", -1))
        before = shipment.exception_ids.read()
        with self.at(0.1):
            shipment._project()
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(shipment.exception_ids.read(), before)

    def test_an_estimate_opens_and_a_better_one_closes(self):
        shipment = self.under_way()
        stop = self.stop_of(shipment)
        stop.window_end = NOON + timedelta(hours=10)
        for said, expected in ((20, {"delay": f"stop:{stop.id}"}), (9, {})):
            self.report(
                self.document(
                    shipment,
                    "estimated_arrival",
                    said,
                    classifier="estimated",
                    reported=f"{(NOON - timedelta(hours=said)).isoformat()}Z"
                    if said == 20
                    else f"{NOON.isoformat()}Z",
                )
            )
            self.assertEqual(self.open_cases(shipment), expected)
        self.assertIn("No longer late", shipment.exception_ids.resolution)

    def test_two_late_stops_are_two_cases(self):
        shipment = self.under_way(deliveries=2)
        for stop in shipment.stop_ids.filtered(lambda stop: stop.role == "delivery"):
            self.report(self.document(shipment, "delayed", -1, stop={"sequence": stop.sequence}))
        self.assertEqual(len(shipment.exception_ids), 2)

    def test_the_reason_decides_whether_the_carrier_is_to_blame(self):
        for reason, severity, failure in (
            ("keying_error", "info", False),
            ("weather", "info", False),
            ("breakdown", "warning", True),
        ):
            with self.subTest(reason):
                shipment = self.under_way()
                self.report(self.document(shipment, "delayed", -1, reason=reason))
                (case,) = shipment.exception_ids
                self.assertEqual(
                    (case.severity, case.reason_id.code, case.service_failure),
                    (severity, reason, failure),
                )

    def test_what_a_person_settled_stays_settled_for_the_same_cause(self):
        shipment = self.under_way()
        self.report(self.document(shipment, "damaged", -1, id="first"))
        self.resolve(shipment.exception_ids)
        self.report(self.document(shipment, "position", 0))
        self.assertEqual(self.open_cases(shipment), {})
        self.report(self.document(shipment, "damaged", -0.5, id="second"))
        self.assertEqual(set(self.open_cases(shipment)), {"damage"})
        self.assertEqual(len(shipment.exception_ids), 2)

    def test_who_settled_a_delay_is_not_asked_again_by_the_clock(self):
        shipment = self.under_way()
        stop = self.stop_of(shipment)
        stop.window_end = NOON + timedelta(hours=1)
        self.report(self.document(shipment, "delayed", -1))
        self.resolve(shipment.exception_ids)
        with self.at(30):
            self.watch()
            self.assertEqual(self.open_cases(shipment), {})
            stop.window_end = NOON + timedelta(hours=20)
            self.watch()
            self.assertEqual(set(self.open_cases(shipment)), {"delay"}, "another appointment")

    def test_what_a_person_opened_again_only_a_person_closes(self):
        shipment = self.under_way()
        self.report(self.document(shipment, "delayed", -1))
        self.report(self.document(shipment, "arrived_delivery", -0.5))
        case = shipment.exception_ids
        case._reopen("The customer still waits for an answer.")
        self.report(self.document(shipment, "delivered", 0))
        self.assertEqual(case.state, "open")
        self.assertIn("still waits", case.message_ids[0].body)

    def test_a_case_grows_with_its_causes(self):
        shipment = self.under_way()
        self.report(self.document(shipment, "delayed", -1, reason="weather"))
        case = shipment.exception_ids
        self.assertEqual(case.severity, "info")
        self.report(self.document(shipment, "delayed", -0.5, reason="breakdown"))
        self.assertEqual((shipment.exception_ids, case.severity), (case, "warning"))
        self.assertEqual(case.reason_id.code, "weather", "the first reason given stays")

    def test_who_reported_it_is_not_told_of_the_case(self):
        shipment = self.under_way()
        with patch.object(self.registry["freight.emitter"], "_announce") as announce:
            self.report(self.document(shipment, "damaged", -1))
        (announcement,) = announce.call_args.args[0]
        self.assertEqual(announcement.name, "shipment.exception_opened")
        self.assertEqual(announcement.origin_id, self.source.id)

    def test_an_archived_kind_is_not_watched(self):
        shipment = self.under_way()
        self.report(self.document(shipment, "damaged", -1))
        self.env["freight.exception.type"].search([("code", "=", "damage")]).active = False
        self.report(self.document(shipment, "position", 0))
        self.assertEqual(self.open_cases(shipment), {})
        self.report(self.document(self.under_way(), "damaged", -1))
        self.assertFalse(
            self.env["freight.exception"].search([("code", "=", "damage"), ("state", "=", "open")])
        )

    def test_a_proof_that_comes_along_is_seen_at_once(self):
        shipment = self.under_way()
        self.report(self.document(shipment, "delivered", -100, proof={"signer": "DOCK 2"}))
        self.assertFalse(shipment.exception_ids)
        late = self.under_way()
        self.report(self.document(late, "delivered", -100))
        late._look_again()
        self.assertEqual(set(self.open_cases(late)), {"missing_pod"})
        self.report(self.document(late, "delivered", -99, proof={"signer": "DOCK 2"}))
        self.assertEqual(self.open_cases(late), {})
        self.assertEqual(late.exception_ids.resolution, "The proof of delivery came.")

    def test_a_number_that_comes_along_is_seen_at_once(self):
        self.env["freight.exception.type"].with_context(active_test=False).search(
            [("code", "=", "missing_reference")]
        ).active = True
        shipment = self.make_shipment()
        self.report(self.document(shipment, "dispatched", -30))
        self.assertEqual(self.open_cases(shipment), {}, "what time alone says is the clock's")
        shipment._look_again()
        self.assertEqual(set(self.open_cases(shipment)), {"missing_reference"})
        names = [("shipment", shipment.name), ("pro", "PRO 1")]
        self.report(self.document(shipment, "position", 0, references=names))
        self.assertEqual(self.open_cases(shipment), {})
        named = self.make_shipment()
        names = [("shipment", named.name), ("pro", "PRO 2")]
        self.report(self.document(named, "dispatched", -30, references=names))
        self.assertFalse(named.exception_ids)

    def test_history_that_comes_at_once_opens_nothing(self):
        shipment = self.make_shipment()
        shipment.stop_ids[1].window_end = NOON - timedelta(days=20)
        self.report(self.document(shipment, "departed_pickup", -24 * 22))
        self.assertEqual(self.open_cases(shipment), {})
        self.assertLessEqual(shipment.control_due, NOON, "the clock looks soon")
        self.report(self.document(shipment, "delivered", -24 * 20 - 3, proof={"signer": "D"}))
        shipment._look_again()
        self.assertFalse(shipment.exception_ids)

    def test_the_queries_do_not_grow_with_the_batch(self):
        def cost(count, kind):
            template = self.make_shipment(release=False)
            shipments = template.create([template.copy_data()[0] for _number in range(count)])
            shipments.action_release()
            documents = [
                self.document(shipment, kind, -1, id=f"{kind}:{count}:{shipment.id}")
                for shipment in shipments
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["freight.event"]._apply_freight_documents(documents)
            self.env.flush_all()
            spent = self.cr.sql_log_count - before
            self.assertEqual(
                self.env["freight.exception"].search_count(
                    [("shipment_id", "in", shipments.ids), ("state", "=", "open")]
                ),
                count,
            )
            return spent

        leader = self.make_user("leader", "manager")
        self.env.ref("freight_canonical.team_exceptions").leader_id = leader
        for kind in ("delayed", "damaged"):
            cost(2, kind)
            with self.subTest(kind):
                self.assertEqual(cost(100, kind), cost(10, kind))
