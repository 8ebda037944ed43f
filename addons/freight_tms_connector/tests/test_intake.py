from datetime import datetime

from odoo.addons.freight_canonical.documents import Document
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ConnectorCase
from .x12_samples import build_214


@tagged("post_install", "-at_install")
class TestIntake(ConnectorCase):
    """Load tenders and events that name loads and stops in ways that may mislead."""

    def take_in(self, load, purpose="original", po="4711", system=None, **data):
        document = Document(
            data={
                "kind": "shipment",
                "purpose": purpose,
                "references": [
                    {"type": "load", "value": load},
                    {"type": "po", "value": po},
                ],
                "parties": [],
                "stops": [
                    {"sequence": 1, "role": "pickup", "place": {"city": "Denver"},
                     "planned": {"from": "2026-11-02T08:00:00", "to": "2026-11-02T10:00:00"}},
                    {"sequence": 2, "role": "delivery", "place": {"city": "Dallas"}},
                ],
                "lines": [{"description": "Goods", "weight": "100", "weight_unit": "LBR"}],
                **data,
            },
            system=system or self.tms,
            company=self.company,
            received=datetime(2026, 11, 1),
            trace_id="t",
        )  # fmt: skip
        (outcome,) = self.env["freight.shipment"]._apply_freight_documents([document])
        return outcome, self.env["freight.shipment"].browse(outcome.shipment_id)

    def test_two_loads_of_one_purchase_order_are_two_shipments(self):
        _first, one = self.take_in("LOAD-1")
        outcome, two = self.take_in("LOAD-2")
        self.assertEqual(outcome.status, "applied")
        self.assertNotEqual(one, two)
        self.take_in("LOAD-2", "cancellation")
        self.assertEqual((one.transport_state, two.transport_state), ("draft", "cancelled"))
        self.assertAlmostEqual(one.weight, 45.36, 2)

    def test_the_same_load_again_is_a_duplicate(self):
        self.take_in("LOAD-1")
        self.assertEqual(self.take_in("LOAD-1")[0].status, "duplicate")

    def test_only_its_tms_changes_a_load(self):
        _outcome, shipment = self.take_in("LOAD-1")
        other = self.make_system("other_tms", "tms")
        outcome, _same = self.take_in("LOAD-1", "cancellation", system=other)
        self.assertEqual(outcome.status, "refused")
        self.assertEqual(shipment.transport_state, "draft")

    def test_a_window_without_offset_is_local_to_its_stop(self):
        self.company.partner_id.tz = "America/Denver"
        _outcome, shipment = self.take_in("LOAD-1")
        pickup = shipment.stop_ids[0]
        self.assertEqual(pickup.window_start, datetime(2026, 11, 2, 15, 0))
        self.assertEqual(shipment.planned_pickup, datetime(2026, 11, 2, 15, 0))

    def test_a_change_keeps_stops_that_were_reported_on(self):
        _outcome, shipment = self.take_in("LOAD-1")
        pickup = shipment.stop_ids[0]
        self.post(
            self.tms_endpoint,
            self.cloud_event(
                shipment, "appointment", "a-1", classifier="planned", stop={"sequence": 1}
            ),
        )
        self.drain()
        self.assertEqual(self.take_in("LOAD-1", "change")[0].status, "applied")
        self.assertIn(pickup, shipment.stop_ids)
        gone, _same = self.take_in("LOAD-1", "change", stops=[{"sequence": 2, "role": "delivery"}])
        self.assertEqual(gone.status, "refused")

    def test_parties_of_another_company_are_not_taken(self):
        foreign = self.env["res.company"].create({"name": "Foreign Freight"})
        self.env["res.partner"].create(
            {"name": "Secret Shipper", "zip": "1", "company_id": foreign.id}
        )
        stranger = self.make_carrier("FOGN", "Foreign Carrier")
        stranger.company_id = foreign
        _outcome, shipment = self.take_in(
            "LOAD-1",
            scac="FOGN",
            parties=[{"role": "shipper", "name": "Secret Shipper", "zip": "1"}],
        )
        self.assertFalse(shipment.shipper_id)
        self.assertFalse(shipment.carrier_id)

    def test_a_carrier_reports_nothing_before_the_load_is_its_own(self):
        shipment = self.make_shipment(carrier_id=False)
        answer = self.post(
            self.carrier_endpoint,
            build_214(shipment=shipment.name, statuses=[("D1", "2026-11-04", "1115", "CS")]),
        )
        self.drain()
        self.assertEqual(shipment.transport_state, "released")
        self.assertEqual(self.message(answer).state, "retry")

    def test_a_stop_that_nobody_knows_delivers_nothing(self):
        shipment = self.make_shipment()
        answer = self.post(
            self.tms_endpoint,
            self.cloud_event(shipment, "delivered", "d-1", stop={"sequence": 7}),
        )
        self.drain()
        self.assertEqual(shipment.transport_state, "released")
        self.assertIn("which stop", self.message(answer).error)

    def test_a_retraction_reaches_the_stop(self):
        shipment = self.make_shipment()
        delivery = shipment.stop_ids.filtered(lambda stop: stop.role == "delivery")
        self.post(
            self.tms_endpoint,
            self.cloud_event(shipment, "delivered", "d-1", proof={"signer": "A"}, quantity="10"),
        )
        self.drain()
        self.assertEqual((delivery.pod_signer, delivery.quantity), ("A", 10.0))
        self.post(
            self.tms_endpoint, self.cloud_event(shipment, "retraction", "d-2", retracts="d-1")
        )
        self.drain()
        self.assertEqual(shipment.transport_state, "released")
        self.assertFalse(delivery.unloaded or delivery.pod_signer or delivery.quantity)

    def test_a_copy_begins_anew(self):
        shipment = self.make_shipment()
        self.post(
            self.tms_endpoint,
            self.cloud_event(shipment, "delivered", "d-1", proof={"signer": "A"}),
        )
        self.drain()
        copy = shipment.copy()
        self.assertFalse(copy.actual_delivery or copy.ship_date)
        self.assertFalse(
            any(copy.stop_ids.mapped("unloaded")) or any(copy.stop_ids.mapped("pod_signer"))
        )

    def test_what_follows_from_events_is_not_typed_in(self):
        shipment = self.make_shipment()
        dispatcher = new_test_user(
            self.env, "intake_dispatcher", "freight_canonical.group_freight_dispatcher"
        )
        for record, values in (
            (shipment, {"transport_state": "delivered"}),
            (shipment.stop_ids[0], {"pod_signer": "Forged"}),
        ):
            with self.assertRaises(AccessError):
                record.with_user(dispatcher).write(values)
        shipment.with_user(dispatcher).write({"service": "Standard"})

    def test_a_mapping_is_not_activated_by_its_author(self):
        author = new_test_user(
            self.env, "intake_im", "freight_tms_connector.group_integration_manager"
        )
        mapping = self.env["freight.mapping"].search([("code", "=", "x12_214")])
        values = {
            "mapping_id": mapping.id,
            "number": 99,
            "definition": mapping.active_version_id.definition,
        }
        versions = self.env["freight.mapping.version"].with_user(author)
        with self.assertRaises(AccessError):
            versions.create({**values, "state": "active"})
        with self.assertRaises(AccessError):
            mapping.active_version_id.with_user(author).write({"state": "draft"})
        versions.create(values)

    # Measures -----------------------------------------------------------------------------------

    def line(self, **said):
        return [{"description": "Goods", **said}]

    def test_measures_and_values_are_taken(self):
        line = {"weight": "1", "weight_unit": "TNE", "volume": "1000", "volume_unit": "LTR",
                "freight_class": "92.5", "value": "1200.50", "currency": "EUR",
                "handling_units": 3}  # fmt: skip
        self.env.ref("base.EUR").active = True
        _outcome, shipment = self.take_in(
            "LOAD-1", lines=self.line(**line), distance="100", distance_unit="SMI"
        )
        goods = shipment.line_ids
        self.assertEqual((goods.weight, goods.volume), (1000.0, 1.0))
        self.assertEqual((goods.freight_class, goods.value), ("92.5", 1200.5))
        self.assertEqual(goods.currency_id.name, "EUR")
        self.assertEqual(shipment.handling_units, 3)
        self.assertAlmostEqual(shipment.distance, 160.9, 1)
        self.assertFalse(shipment.exception_ids)

    def test_a_unit_that_nobody_knows_is_reported_and_the_load_stands(self):
        for purpose in ("original", "change"):
            outcome, shipment = self.take_in(
                "LOAD-1",
                purpose,
                lines=self.line(weight="7", weight_unit="STONE", value="5", currency="XXX"),
                distance="4",
                distance_unit="LEAGUE",
            )
            self.assertEqual(outcome.status, "applied")
        self.assertEqual((shipment.weight, shipment.distance), (0.0, 0.0))
        cases = shipment.exception_ids.sorted("dedup_key")
        self.assertEqual(
            cases.mapped("dedup_key"),
            [f"{self.tms.code}:measure:{word}" for word in ("LEAGUE", "STONE", "XXX")],
        )
        self.assertEqual(set(cases.mapped("occurrences")), {2})
        self.assertIn("7 STONE", cases[1].description)

    def test_a_load_is_not_lost_for_its_locode(self):
        outcome, shipment = self.take_in(
            "LOAD-1",
            stops=[{"sequence": 1, "role": "pickup", "place": {"locode": "US1HI"}},
                   {"sequence": 2, "role": "delivery", "place": {"locode": "USDAL"}}],
        )  # fmt: skip
        self.assertEqual(outcome.status, "applied")
        self.assertEqual(shipment.stop_ids.mapped("locode"), [False, "USDAL"])
        self.assertIn("US1HI", shipment.exception_ids.description)

    def test_a_day_alone_is_the_whole_day_at_the_stop(self):
        day = {"from": "2026-11-01", "to": "2026-11-01"}
        place = {"state": "IL", "country": "US"}
        _outcome, shipment = self.take_in(
            "LOAD-1",
            stops=[{"sequence": 1, "role": "pickup", "place": place, "planned": day},
                   {"sequence": 2, "role": "delivery", "place": place, "planned": day}],
        )  # fmt: skip
        pickup = shipment.stop_ids[0]
        self.assertEqual(pickup.window_start, datetime(2026, 11, 1, 5))
        self.assertEqual(pickup.window_end, datetime(2026, 11, 2, 5, 59, 59), "25 hours")
