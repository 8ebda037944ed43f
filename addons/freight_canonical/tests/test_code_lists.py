"""Code lists: complete, found by whatever standard, and a company's own beside the shared ones."""

import csv
from pathlib import Path

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .. import lifecycle
from ..documents import APPLIED
from .common import CanonicalCase

LISTS = (
    "freight.charge.code", "freight.event.type", "freight.exception.reason",
    "freight.equipment.type",
)  # fmt: skip
DATA = Path(__file__).parents[1] / "data"

#: X12 214 status -> canonical type, as carriers use them
STATUSES = {
    "XB": "tender_accepted", "X3": "pickup_arrived", "X8": "pickup_arrived", "L1": "loading",
    "CP": "loaded", "AF": "departed_pickup", "AM": "loaded", "P1": "departed_terminal",
    "X4": "arrived_terminal", "X6": "en_route", "AG": "estimated_delivery",
    "X2": "estimated_arrival", "SD": "delayed", "A9": "damaged", "AI": "reconsigned",
    "K1": "at_customs", "X1": "arrived_delivery", "X5": "arrived_delivery",
    "AJ": "out_for_delivery", "D2": "partly_unloaded", "D1": "delivered",
    "CD": "departed_delivery", "A7": "refused", "AH": "delivery_attempted", "A3": "returned",
    "CA": "cancelled", "AA": "appointment", "AB": "appointment", "XA": "appointment",
    "X9": "appointment", "EP": "not_before", "ED": "not_before", "LP": "not_after",
    "LD": "not_after",
}  # fmt: skip


class CodeListCase(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sister = cls.env["res.company"].create({"name": "Sister Company"})
        cls.types = cls.env["freight.event.type"]

    @classmethod
    def code(cls, model, code):
        return cls.env[model].search([("code", "=", code), ("company_id", "=", False)])

    @classmethod
    def own_type(cls, code="dock_check_in", standard="pickup_arrived", **values):
        """Return an event type of the company's own."""
        return cls.types.create(
            {
                "code": code,
                "name": code,
                "company_id": cls.company.id,
                "standard_id": cls.code("freight.event.type", standard).id,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestShippedCodes(CodeListCase):
    def test_which_type_is_meant_by_a_status_of_x12(self):
        found = {
            code: self.types.search([("equivalent", "=", code)]).mapped("code") for code in STATUSES
        }
        self.assertEqual(found, {code: [kind] for code, kind in STATUSES.items()})

    def test_a_search_compares_whole_codes(self):
        self.assertFalse(self.types.search([("equivalent", "ilike", "X")]))
        self.assertEqual(self.types.search([("equivalent", "ilike", "gtin")]).code, "gate_in")
        charge = self.env["freight.charge.code"].search([("equivalent", "=", "H390")])
        self.assertEqual(charge.code, "SOC")
        with self.assertRaises(UserError):
            self.types.search([("equivalent", "!=", "X8")])

    def test_several_codes_are_written_one_way(self):
        kind = self.own_type(x12_1650=" Q1|Q2,  Q3 ")
        self.assertEqual((kind.x12_1650, kind.equivalent), ("Q1 Q2 Q3", "Q1 Q2 Q3"))
        self.assertEqual(self.types.search([("equivalent", "=", "Q2")]), kind)

    def test_the_life_cycle_knows_no_type_that_is_not_shipped(self):
        named = {
            *lifecycle.PROGRESS, *lifecycle.DEVIATIONS, *lifecycle.PINGS, *lifecycle.INCIDENTS,
            *lifecycle.ARRIVALS, *lifecycle.DEPARTURES, *lifecycle.APPOINTMENTS,
            *lifecycle.ARRIVAL_ESTIMATES, "retraction", "unknown",
        }  # fmt: skip
        self.assertLessEqual(named, set(self.types._by_code()))

    def test_every_shipped_row_is_left_to_its_users(self):
        for model in LISTS:
            with (DATA / f"{model}.csv").open() as lines:
                shipped = [row["id"] for row in csv.DictReader(lines)]
            kept = self.env["ir.model.data"].search(
                [("module", "=", "freight_canonical"), ("model", "=", model),
                 ("name", "in", shipped)]
            )  # fmt: skip
            with self.subTest(model):
                self.assertEqual(len(kept), len(shipped))
                self.assertTrue(all(kept.mapped("noupdate")))

    def test_shipped_rows_are_archived_and_not_deleted(self):
        for model in LISTS:
            row = self.env[model].search([], limit=1)
            with self.subTest(model), self.assertRaisesRegex(UserError, "archive"):
                row.unlink()
            row.active = False
            self.assertNotIn(row, self.env[model].search([]))

    def test_code_and_name_find_a_row(self):
        for model in LISTS:
            row = self.env[model].search([], limit=1)
            for said in (row.code, row.name):
                found = [key for key, _name in self.env[model].name_search(said, limit=None)]
                with self.subTest(model=model, said=said):
                    self.assertIn(row.id, found)

    def test_names_are_translated(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        for model in LISTS:
            row = self.env[model].search([], limit=1)
            english = row.name
            row.with_context(lang="fr_FR").name = "Autrement dit"
            with self.subTest(model):
                self.assertEqual(row.with_context(lang="en_US").name, english)
                self.assertEqual(row.with_context(lang="fr_FR").name, "Autrement dit")


@tagged("post_install", "-at_install")
class TestOwnCodes(CodeListCase):
    def test_an_own_type_counts_as_its_standard(self):
        own = self.own_type()
        consumer = self.make_consumer("arrivals", event_type_ids=[(6, 0, own.standard_id.ids)])
        shipment = self.make_shipment()
        [outcome] = self.report(self.document(shipment, "dock_check_in"))
        self.assertEqual(outcome.status, APPLIED)
        event = shipment.event_ids.filtered(lambda event: event.type_id == own)
        self.assertEqual(event.type_code, "pickup_arrived")
        self.assertEqual(shipment.transport_state, "dispatched")
        self.assertTrue(shipment.stop_ids[0].arrival, "where its standard happens")
        work = self.env["freight.event.work"].search([("consumer_id", "=", consumer.id)])
        self.assertEqual(work.event_id, event)

    def test_twins_are_the_same_fact_whatever_they_are_called(self):
        self.own_type()
        shipment = self.make_shipment()
        kinds = ("dock_check_in", "pickup_arrived")
        self.report(*(self.document(shipment, kind, id=kind) for kind in kinds))
        events = shipment.event_ids.filtered(lambda event: event.type_code == "pickup_arrived")
        self.assertEqual(sorted(events.mapped("counts")), [False, True])

    def test_what_counts_as_nothing_is_kept_and_moves_nothing(self):
        own = self.own_type("yard_check", standard="none", kind="control")
        shipment = self.make_shipment()
        before = shipment.transport_state
        self.report(self.document(shipment, "yard_check"))
        event = shipment.event_ids.filtered(lambda event: event.type_id == own)
        self.assertEqual((event.type_code, event.kind), ("own:yard_check", "control"))
        self.assertEqual(shipment.transport_state, before)

    def test_a_standard_is_named_where_it_matters(self):
        for kind in ("milestone", "exception", "estimate", "appointment"):
            with self.subTest(kind), self.assertRaisesRegex(ValidationError, "counts as"):
                self.own_type(f"own_{kind}", standard="none", kind=kind)

    def test_kind_and_place_follow_the_standard(self):
        own = self.own_type()
        self.assertEqual((own.kind, own.stop_role), ("milestone", "pickup"))
        own.standard_id = self.code("freight.event.type", "refused")
        self.assertEqual(own.kind, "exception")
        with self.assertRaisesRegex(ValidationError, "same kind"):
            own.kind = "ping"

    def test_a_standard_is_shared_and_no_alias_itself(self):
        own = self.own_type()
        with self.assertRaisesRegex(ValidationError, "shared"):
            self.own_type("again", standard_id=own.id)

    def test_a_type_of_another_company_is_not_known(self):
        own = self.own_type()
        self.assertEqual(self.types._by_code(self.company.id)["dock_check_in"].id, own.id)
        self.assertNotIn("dock_check_in", self.types._by_code(self.sister.id))
        theirs = self.make_shipment(company_id=self.sister.id)
        document = self.document(theirs, "dock_check_in")
        object.__setattr__(document, "company", self.sister)
        self.report(document)
        self.assertIn("unknown", theirs.event_ids.mapped("type_code"))

    def test_a_branch_uses_the_codes_of_its_parent(self):
        own = self.own_type()
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.assertEqual(self.types._by_code(branch.id)["dock_check_in"].id, own.id)

    def test_caches_follow_a_change(self):
        self.assertNotIn("dock_check_in", self.types._by_code(self.company.id))
        own = self.own_type()
        self.assertIn("dock_check_in", self.types._by_code(self.company.id))
        own.code = "door_check_in"
        self.assertIn("door_check_in", self.types._by_code(self.company.id))

    @mute_logger("odoo.sql_db")
    def test_within_sight_a_code_means_one_thing(self):
        values = {"name": "Again", "company_id": self.company.id}
        for model in LISTS:
            rows = self.env[model]
            shared = rows.search([("company_id", "=", False)], limit=1)
            extra = {"kind": "control"} if model == "freight.event.type" else {}
            mine = "MINE" if model == "freight.charge.code" else "mine"
            with self.subTest(model):
                with self.assertRaisesRegex(ValidationError, "exists already"):
                    rows.create({**values, **extra, "code": shared.code})
                rows.create({**values, **extra, "code": mine})
                rows.create({**values, **extra, "code": mine, "company_id": self.sister.id})
                with self.assertRaisesRegex(ValidationError, "exists already"):
                    rows.create({**values, **extra, "code": mine, "company_id": False})
                with self.assertRaises(IntegrityError), self.cr.savepoint():
                    rows.create({**values, **extra, "code": mine})

    @mute_logger("odoo.sql_db")
    def test_the_database_keeps_codes_apart_too(self):
        for model in LISTS:
            rows = self.env[model].with_context(install_mode=True)
            shared = rows.search([("company_id", "=", False)], limit=1)
            with self.subTest(model), self.assertRaises(IntegrityError), self.cr.savepoint():
                rows.create({"code": shared.code, "name": "Again"})

    def test_a_shipped_code_that_arrives_later_breaks_nothing(self):
        own = self.own_type("gate_check")
        self.types._load_records(
            [
                {
                    "xml_id": "freight_canonical.event_type_gate_check",
                    "values": {"code": "gate_check", "name": "Gate check", "kind": "control"},
                }
            ],
            update=True,
        )
        self.assertEqual(self.types._by_code(self.company.id)["gate_check"].id, own.id)
        self.assertNotEqual(self.types._by_code(self.sister.id)["gate_check"].id, own.id)

    def test_a_code_looks_as_documents_allow(self):
        for model, code in (("freight.event.type", "Gate-Check"), ("freight.charge.code", "x")):
            with self.subTest(model), self.assertRaisesRegex(ValidationError, "like"):
                self.env[model].create({"code": code, "name": "x"})

    def test_own_reasons_and_charges(self):
        reason = self.env["freight.exception.reason"].create(
            {"code": "strike", "name": "Strike", "company_id": self.company.id}
        )
        shipment = self.make_shipment()
        self.report(self.document(shipment, "delayed", reason="strike"))
        self.assertIn(reason, shipment.event_ids.reason_id)
        codes = self.env["freight.charge.code"]
        code = codes.create({"code": "YRD", "name": "Yard", "company_id": self.company.id})
        self.assertEqual(codes._by_code(self.company.id)["YRD"], code)
        self.assertNotIn("YRD", codes._by_code(self.sister.id))
        code.active = False
        self.assertNotIn("YRD", codes._by_code(self.company.id))

    def test_what_is_a_company_s_own_is_out_of_the_others_sight(self):
        own = self.own_type()
        manager = self.make_user("of_sister", "manager", company_id=self.sister.id,
                                 company_ids=[(6, 0, self.sister.ids)])  # fmt: skip
        seen = self.types.with_user(manager).search([])
        self.assertNotIn(own, seen)
        self.assertTrue(seen)
