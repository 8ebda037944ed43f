"""Systems of record: who may change what, and what becomes of the claims of others."""

from dataclasses import replace
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from odoo.exceptions import UserError, ValidationError
from odoo.tests import BaseCase, Form, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError
from psycopg2.errors import RestrictViolation

from ..claims import pair_lines
from ..documents import APPLIED, REFUSED
from ..ownership import DOMAINS, FIELDS, ROWS, Rule, owning_rules, owns
from .common import CanonicalCase
from .properties import relaxed

SHARED = Rule("route", "tms")
OF_COMPANY = Rule("route", "odoo", company=1)
OF_MODE = Rule("route", "carrier", mode="ocean")
OF_COMPANY_AND_MODE = Rule("route", "platform", company=1, mode="ocean")
OF_PARENT = Rule("route", "other", company=9)
EVERY = [SHARED, OF_COMPANY, OF_MODE, OF_COMPANY_AND_MODE, OF_PARENT]


class TestMatrix(BaseCase):
    def test_the_most_specific_row_wins(self):
        for lineage, mode, expected in (
            ([1], "ocean", OF_COMPANY_AND_MODE),
            ([1], "ltl", OF_COMPANY),
            ([2], "ocean", OF_MODE),
            ([2], "ltl", SHARED),
            ([2, 9], "ltl", OF_PARENT),
            ([1, 9], "ltl", OF_COMPANY),
        ):
            with self.subTest(lineage=lineage, mode=mode):
                self.assertEqual(owning_rules(EVERY, "route", lineage, mode), (expected,))

    def test_rows_of_one_scope_share_a_domain(self):
        rules = [Rule("events", "tms"), Rule("events", "carrier")]
        found = owning_rules(rules, "events", [1], "ltl")
        self.assertTrue(owns(found, 5, "tms") and owns(found, 6, "carrier"))
        self.assertFalse(owns(found, 7, "platform"))

    def test_what_no_row_names_is_nobodys(self):
        self.assertEqual(owning_rules(EVERY, "orders", [1], "ltl"), ())
        self.assertFalse(owns((), 1, "odoo"))

    def test_a_creator_owns_until_another_system_is_named(self):
        by_kind, by_name = Rule("orders", "odoo"), Rule("orders", "tms", system=8)
        self.assertTrue(owns((by_kind,), 5, "tms", created=True))
        self.assertFalse(owns((by_kind,), 5, "tms"))
        self.assertFalse(owns((by_name,), 5, "tms", created=True))
        self.assertTrue(owns((by_name,), 8, "tms"))

    @relaxed
    @given(
        st.permutations(EVERY),
        st.sampled_from([[1], [2], [2, 9]]),
        st.sampled_from(["ocean", "ltl"]),
    )
    def test_the_order_of_rows_does_not_matter(self, rules, lineage, mode):
        found = owning_rules(rules, "route", lineage, mode)
        self.assertEqual(set(found), set(owning_rules(EVERY, "route", lineage, mode)))

    @relaxed
    @given(st.lists(st.sampled_from("abAB")), st.lists(st.sampled_from("abc")))
    def test_every_line_is_paired_once_or_left_over(self, ours, theirs):
        pairs, left, right = pair_lines(ours, theirs)
        self.assertEqual(sorted([mine for mine, _one in pairs] + left), list(range(len(ours))))
        self.assertEqual(sorted([one for _mine, one in pairs] + right), list(range(len(theirs))))
        self.assertFalse(left and right)


@tagged("post_install", "-at_install")
class TestMatrixOfFields(CanonicalCase):
    def test_each_field_exists_and_has_a_domain(self):
        domains = {code for code, _name in DOMAINS}
        for model, fields in FIELDS.items():
            self.assertLessEqual(set(fields), set(self.env[model]._fields), model)
            self.assertLessEqual(set(fields.values()), domains)
        self.assertLessEqual(set(ROWS), set(FIELDS))

    def test_the_matrix_of_the_first_day(self):
        matrix = self.env["freight.ownership"]
        for domain, owners in (
            ("customer", {"odoo"}), ("product", {"odoo"}), ("orders", {"odoo"}),
            ("supplier_terms", {"odoo"}), ("dimensions", {"odoo"}), ("route", {"tms"}),
            ("dispatch", {"tms"}), ("events", {"tms", "carrier"}), ("invoice", {"platform"}),
            ("audit", {"platform"}), ("payment", {"platform"}),
        ):  # fmt: skip
            rules = matrix._in_force(domain, self.company.id, "ltl")
            self.assertEqual({rule.kind for rule in rules}, owners, domain)

    def test_a_change_of_the_matrix_holds_at_once(self):
        matrix = self.env["freight.ownership"]
        self.assertFalse(matrix._odoo_owns("route", self.company.id, "ltl"))
        row = matrix.create({"domain": "route", "kind": "odoo", "company_id": self.company.id})
        self.assertTrue(matrix._odoo_owns("route", self.company.id, "ltl"))
        row.mode = "ocean"
        self.assertFalse(matrix._odoo_owns("route", self.company.id, "ltl"))
        row.unlink()
        self.assertFalse(matrix._odoo_owns("route", self.company.id, "ocean"))

    def test_the_fields_of_a_domain_are_shown(self):
        row = self.env.ref("freight_canonical.ownership_route_tms")
        self.assertIn("Appointment from", row.field_names)

    @mute_logger("odoo.sql_db")
    def test_an_owner_stands_once(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["freight.ownership"].create({"domain": "route", "kind": "tms"}).flush_model()

    def test_one_system_is_of_the_kind_named(self):
        with self.assertRaises(ValidationError):
            self.env["freight.ownership"].create(
                {"domain": "route", "kind": "carrier", "system_id": self.tms.id}
            )


class ChangeCase(CanonicalCase):
    def change(self, shipment, system=None, purpose="change", **data):
        """Apply a shipment document that names ``shipment`` by its number. Return its outcome."""
        document = replace(
            self.document(shipment, "delivered", system=system or self.tms),
            data={
                "kind": "shipment",
                "purpose": purpose,
                "references": [{"type": "shipment", "value": shipment.name}],
                "parties": [],
                "stops": [],
                "lines": [],
                **data,
            },
        )
        [outcome] = self.env["freight.shipment"]._apply_freight_documents([document])
        self.env.invalidate_all()
        return outcome

    def refused_events(self, shipment):
        return shipment.event_ids.filtered(lambda event: event.type_code == "change_refused")

    def cases(self, shipment):
        return self.env["freight.exception"].search(
            [("shipment_id", "=", shipment.id), ("code", "=", "ownership")]
        )


@tagged("post_install", "-at_install")
class TestChanges(ChangeCase):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment()
        self.pickup, self.delivery = self.shipment.stop_ids
        self.line = self.shipment.line_ids

    def test_a_tms_changes_the_route_and_not_the_goods(self):
        outcome = self.change(
            self.shipment,
            stops=[
                {"sequence": 1, "role": "pickup", "planned": {"from": "2026-11-02T08:00:00-06:00"}},
                {"sequence": 2, "role": "delivery",
                 "place": {"city": "Fort Worth", "zip": "76102", "country": "US"}},
            ],
            lines=[{"description": "Pallets", "quantity": "12", "weight": "520"}],
        )  # fmt: skip
        self.assertEqual(outcome.status, APPLIED)
        self.assertIn("does not own", outcome.detail)
        self.assertEqual(self.delivery.city, "Fort Worth")
        self.assertEqual(self.pickup.city, "Chicago")
        self.assertEqual(self.shipment.planned_pickup.hour, 14)
        self.assertEqual(self.line, self.shipment.line_ids)
        self.assertEqual(self.line.quantity, 10)
        [event] = self.refused_events(self.shipment)
        refusal = event.refusal_ids
        self.assertEqual(
            (refusal.field, refusal.kept, refusal.refused), ("quantity", "10.0", "12.0")
        )
        self.assertEqual(refusal.label, "Goods line Pallets, Quantity")
        self.assertEqual(event.source_id, self.tms)
        self.assertEqual(self.shipment.transport_state, "released")
        self.assertEqual(self.shipment.refusal_ids, refusal)
        nodes = self.shipment.get_trace()["nodes"]
        self.assertTrue(any("10.0 ≠ 12.0" in node["subtitle"] for node in nodes))

    def test_the_same_refusal_again_is_counted_and_opens_nothing(self):
        lines = [{"description": "Pallets", "quantity": "12"}]
        self.change(self.shipment, lines=lines)
        [event], [case] = self.refused_events(self.shipment), self.cases(self.shipment)
        case.resolution = "The order stands."
        case.action_resolve()
        self.assertEqual(self.change(self.shipment, lines=lines).status, APPLIED)
        self.assertEqual(self.refused_events(self.shipment), event)
        self.assertEqual(event.duplicate_count, 1)
        self.assertEqual(self.cases(self.shipment), case)
        self.change(self.shipment, lines=[{"description": "Pallets", "quantity": "13"}])
        self.assertEqual(len(self.refused_events(self.shipment)), 2)

    def test_what_is_the_same_or_not_said_is_no_change(self):
        outcome = self.change(
            self.shipment,
            scac="ABCD",
            stops=[{"sequence": 1, "role": "pickup"},
                   {"sequence": 2, "role": "delivery", "place": {"city": "Dallas"}}],
            lines=[{"description": "pallets", "quantity": "10", "weight": "520"}],
        )  # fmt: skip
        self.assertEqual((outcome.status, outcome.detail), (APPLIED, ""))
        self.assertEqual(self.pickup.zip, "60601")
        self.assertFalse(self.refused_events(self.shipment) or self.cases(self.shipment))

    def test_a_carrier_changes_nothing_of_the_route(self):
        outcome = self.change(
            self.shipment,
            system=self.source,
            stops=[{"sequence": 2, "role": "delivery", "place": {"city": "Waco"}},
                   {"sequence": 3, "role": "delivery", "place": {"city": "Austin"}}],
        )  # fmt: skip
        self.assertEqual(outcome.status, APPLIED)
        self.assertEqual(self.delivery.city, "Dallas")
        self.assertEqual(len(self.shipment.stop_ids), 2)
        labels = self.shipment.refusal_ids.mapped("label")
        self.assertEqual(sorted(labels), ["Stop 1", "Stop 2, City", "Stop 3"])

    def test_an_owner_adds_and_takes_away_stops(self):
        self.change(
            self.shipment,
            stops=[{"sequence": 1, "role": "pickup"},
                   {"sequence": 3, "role": "delivery", "place": {"city": "Austin"}}],
        )  # fmt: skip
        self.assertEqual(self.shipment.stop_ids.mapped("city"), ["Chicago", "Austin"])

    def test_who_created_a_shipment_changes_its_goods(self):
        created = replace(
            self.document(self.shipment, "delivered", system=self.tms),
            data={
                "kind": "shipment", "purpose": "original", "parties": [],
                "references": [{"type": "load", "value": "LOAD-77"}],
                "stops": [{"sequence": 1, "role": "pickup"}, {"sequence": 2, "role": "delivery"}],
                "lines": [{"description": "Drums", "quantity": "4"}],
            },
        )  # fmt: skip
        [outcome] = self.env["freight.shipment"]._apply_freight_documents([created])
        shipment = self.env["freight.shipment"].browse(outcome.shipment_id)
        line = shipment.line_ids
        self.assertEqual(shipment.creator_system_id, self.tms)
        lines = [{"description": "Drums", "quantity": "5"}, {"description": "Crates"}]
        self.assertFalse(self.change(shipment, lines=lines).detail)
        self.assertEqual(shipment.line_ids.mapped("quantity"), [5, 1])
        self.assertEqual(shipment.line_ids[0], line)
        other = self.make_system("named", "tms")
        self.env["freight.ownership"].create(
            {
                "domain": "orders",
                "kind": "tms",
                "system_id": other.id,
                "company_id": self.company.id,
            }
        )
        self.assertTrue(
            self.change(shipment, lines=[{"description": "Drums", "quantity": "9"}]).detail
        )

    def test_the_matrix_decides(self):
        self.env["freight.ownership"].create(
            {"domain": "orders", "kind": "tms", "company_id": self.company.id}
        )
        self.assertFalse(self.change(self.shipment, lines=[{"description": "Drums"}]).detail)
        self.assertEqual((self.line.name, self.line.quantity), ("Drums", 10))

    def test_only_who_dispatches_cancels(self):
        outcome = self.change(self.shipment, system=self.source, purpose="cancellation")
        self.assertEqual((outcome.status, self.shipment.transport_state), (REFUSED, "released"))
        self.assertTrue(self.refused_events(self.shipment))
        self.assertEqual(self.change(self.shipment, purpose="cancellation").status, APPLIED)
        self.assertEqual(self.shipment.transport_state, "cancelled")

    def test_what_a_change_does_knows_where_it_came_from(self):
        emitter, origins = type(self.env["freight.emitter"]), []

        def emit(self, event_type, *_args, **_options):
            origins.append((event_type, self.env.context.get("freight_origin_system_id")))

        with patch.object(emitter, "_emit", emit):
            self.change(self.shipment, purpose="cancellation")
        self.assertIn(("shipment.cancelled", self.tms.id), origins)
        self.assertEqual({origin for _event_type, origin in origins}, {self.tms.id})

    @mute_logger("odoo.sql_db")
    def test_what_was_refused_stays_on_record(self):
        self.change(self.shipment, lines=[{"description": "Pallets", "quantity": "12"}])
        refusal = self.shipment.refusal_ids
        for attempt in (
            lambda: refusal.write({"kept": "x"}),
            lambda: refusal.unlink(),
            lambda: refusal.copy(),
        ):
            with self.assertRaises(UserError):
                attempt()
        for statement in (
            "UPDATE freight_event_refusal SET kept = 'x'",
            "DELETE FROM freight_event_refusal",
            "TRUNCATE freight_event_refusal",
        ):
            with self.assertRaises(RestrictViolation), self.env.cr.savepoint():
                self.env.cr.execute(statement)


@tagged("post_install", "-at_install")
class TestPeople(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dispatcher = cls.make_user("own_dispatcher", "dispatcher")

    def mine(self, records):
        return records.with_user(self.dispatcher)

    def test_the_route_of_a_released_shipment_is_the_tms_s(self):
        shipment = self.make_shipment()
        stop = shipment.stop_ids[0]
        for attempt in (
            lambda: self.mine(stop).write({"city": "Peoria"}),
            lambda: self.mine(stop).write({"window_start": "2026-11-02 08:00:00"}),
            lambda: self.mine(stop).unlink(),
            lambda: self.mine(stop).copy(),
            lambda: self.mine(shipment).write({"stop_ids": [(1, stop.id, {"sequence": 5})]}),
            lambda: self.mine(shipment).write({"planned_pickup": "2026-11-02 08:00:00"}),
            lambda: self.mine(shipment).write({"tms_id": False}),
        ):
            with self.assertRaisesRegex(UserError, "system of record is Transport management"):
                attempt()
        self.assertTrue(shipment.route_is_held)

    def test_an_import_is_no_way_around(self):
        shipment = self.make_shipment()
        result = self.mine(self.env["freight.stop"]).load(
            [".id", "city"], [[str(shipment.stop_ids[0].id), "Peoria"]]
        )
        self.assertIn("system of record", result["messages"][0]["message"])

    def test_the_same_value_is_no_change(self):
        shipment = self.make_shipment()
        stop = shipment.stop_ids[0]
        self.mine(stop).write({"city": stop.city, "tz": stop.tz})
        self.mine(shipment).write({"tms_id": self.tms.id, "service": "Guaranteed"})
        self.mine(shipment.line_ids).write({"quantity": 11})

    def test_a_draft_or_a_shipment_without_tms_is_free(self):
        for shipment in (self.make_shipment(release=False), self.make_shipment(tms_id=False)):
            self.mine(shipment.stop_ids[0]).write({"city": "Peoria"})
            self.mine(shipment).write({"planned_pickup": "2026-11-02 08:00:00"})
            self.assertFalse(shipment.route_is_held)

    def test_a_carrier_is_the_tms_s_once_it_accepted(self):
        shipment, other = self.make_shipment(), self.make_carrier("OTHR")
        self.mine(shipment).carrier_id = other
        self.mine(shipment).carrier_id = self.carrier
        self.report(self.document(shipment, "tender_accepted", system=self.tms))
        with self.assertRaisesRegex(UserError, "Carrier of"):
            self.mine(shipment).carrier_id = other

    def test_odoo_may_be_named(self):
        shipment = self.make_shipment()
        self.env["freight.ownership"].create(
            {"domain": "route", "kind": "odoo", "company_id": self.company.id}
        )
        self.mine(shipment.stop_ids[0]).write({"city": "Peoria"})

    def test_the_form_says_it_before(self):
        shipment = self.make_shipment()
        with Form(self.mine(shipment)) as form:
            with self.assertRaisesRegex(AssertionError, "readonly"):
                form.tms_id = self.env["freight.system"]
            form.service = "Guaranteed"
