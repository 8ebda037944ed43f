from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..documents import APPLIED, REFUSED, UNMATCHED
from ..references import Wanted, comparable_types, normalise, resolve
from .common import CanonicalCase
from .properties import relaxed


class TestComparison(BaseCase):
    def test_case_spaces_and_punctuation_do_not_count(self):
        for written in ("SHP/2026/00012", "shp 2026 00012", "SHP-2026-00012", " shp2026.00012\n"):
            self.assertEqual(normalise(written), "SHP202600012")
        self.assertEqual(normalise(None), "")
        self.assertEqual(normalise(" - "), "")

    @relaxed
    @given(st.text())
    def test_normalising_again_changes_nothing(self, value):
        self.assertEqual(normalise(normalise(value)), normalise(value))

    def test_numbers_of_the_shippers_side_stand_for_one_another(self):
        for kind in ("shipment", "load", "shipper"):
            self.assertEqual(comparable_types(kind), {"shipment", "load", "shipper"})
        self.assertEqual(comparable_types("pro"), {"pro"})
        self.assertEqual(comparable_types("equipment"), {"equipment", "container"})
        self.assertIsNone(comparable_types("other"))

    def test_all_references_that_hit_must_agree(self):
        self.assertEqual(resolve([{1}, {1, 2}, set()]), (1, {1}))
        self.assertEqual(resolve([{1, 2}]), (None, {1, 2}))
        self.assertEqual(resolve([{1}, {2}]), (None, {1, 2}))
        self.assertEqual(resolve([set(), set()]), (None, set()))
        self.assertEqual(resolve([]), (None, set()))

    def test_a_contract_tells_apart_and_names_nobody(self):
        self.assertEqual(resolve([{1, 2}], [{2, 3}]), (2, {2}))
        self.assertEqual(resolve([{1}], [{2}]), (1, {1}))
        self.assertEqual(resolve([], [{2}]), (None, set()))

    def test_what_the_sender_cannot_mean_is_left_out_and_contradictions_stay(self):
        self.assertEqual(resolve([{1, 2}], narrow=lambda found: found & {2}), (2, {2}))
        self.assertEqual(resolve([{1, 2}], narrow=lambda found: set()), (None, {1, 2}))
        self.assertEqual(resolve([{1}, {2}], narrow=lambda found: found & {2}), (None, {1, 2}))

    def test_a_carriers_number_is_that_of_its_issuer(self):
        wanted = Wanted("pro", "7", company=1, issuer=5)
        for stored, named in (
            (("pro", 1, 5), True),
            (("pro", 1, None), True),
            (("pro", 1, 6), False),
            (("pro", 2, 5), False),
            (("bol", 1, 5), False),
            (("other", 1, 6), True),
        ):
            self.assertEqual(wanted.is_named_by(*stored), named, stored)
        self.assertTrue(Wanted("load", "7", 1, 5).is_named_by("load", 1, 6))

    @relaxed
    @given(st.lists(st.sets(st.integers(1, 4))), st.randoms())
    def test_the_order_of_references_does_not_matter(self, candidates, random):
        shuffled = list(candidates)
        random.shuffle(shuffled)
        self.assertEqual(resolve(shuffled), resolve(candidates))


@tagged("post_install", "-at_install")
class TestReferences(CanonicalCase):
    def refer(self, *references, **values):
        """Return the outcome of a delivery that names the shipment by ``references``."""
        document = self.document(self.shipment, "delivered", references=references, **values)
        [outcome] = self.report(document)
        return outcome

    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment(
            reference_ids=[
                (0, 0, {"type": "load", "value": "LD-1"}),
                (0, 0, {"type": "mbol", "value": "MASTER 9"}),
            ]
        )

    def test_the_number_is_the_first_reference(self):
        self.assertEqual(self.shipment.reference_ids.filtered(
            lambda reference: reference.type == "shipment").value, self.shipment.name)  # fmt: skip

    def test_a_shipment_is_found_as_people_write_it(self):
        outcome = self.refer(("shipment", "ld 1"))
        self.assertEqual((outcome.status, outcome.shipment_id), (APPLIED, self.shipment.id))

    def test_a_number_of_another_type_does_not_match(self):
        self.assertEqual(self.refer(("pro", "LD-1")).status, UNMATCHED)

    def test_a_sender_that_does_not_say_what_its_number_is(self):
        self.assertEqual(self.refer(("other", "LD-1")).status, APPLIED)

    def test_a_master_bill_names_several_and_needs_a_second_number(self):
        other = self.make_shipment(reference_ids=[(0, 0, {"type": "mbol", "value": "MASTER9"})])
        ambiguous = self.refer(("mbol", "MASTER 9"))
        self.assertEqual(ambiguous.status, UNMATCHED)
        self.assertIn(other.name, ambiguous.detail)
        self.assertIn(self.shipment.name, ambiguous.detail)
        clear = self.refer(("mbol", "MASTER 9"), ("load", "LD-1"))
        self.assertEqual(clear.shipment_id, self.shipment.id)

    def test_numbers_that_contradict_each_other_match_nothing(self):
        other = self.make_shipment()
        outcome = self.refer(("shipment", other.name), ("load", "LD-1"))
        self.assertEqual(outcome.status, UNMATCHED)

    def test_the_carriers_numbers_are_learned_once(self):
        for hours in (1, 2):
            self.report(
                self.document(
                    self.shipment,
                    "position",
                    hours,
                    references=[("load", "LD-1"), ("pro", "PRO 7"), ("po", "4500")],
                )
            )
        learned = self.shipment.reference_ids.filtered(lambda one: one.type in ("pro", "po"))
        self.assertEqual(learned.mapped(lambda one: (one.type, one.value)), [("pro", "PRO 7")])
        self.assertEqual(learned.issuer_id, self.carrier)
        self.assertEqual(self.refer(("pro", "pro7")).shipment_id, self.shipment.id)

    def test_whose_number_it_is_does_not_depend_on_who_told_of_it_first(self):
        named = [("shipment", self.shipment.name), ("pro", "12-34")]
        reports = [
            self.document(self.shipment, "delayed", 3, system=system, id="a", references=named)
            for system in (self.tms, self.source)
        ]
        for order in (reports, reports[::-1]):
            with self.env.cr.savepoint() as savepoint:
                for one in order:
                    self.report(one)
                pro = self.shipment.reference_ids.filtered(lambda one: one.type == "pro")
                self.assertEqual(pro.issuer_id, self.carrier)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_the_same_number_in_two_companies(self):
        other = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.make_shipment(
            company_id=other.id, reference_ids=[(0, 0, {"type": "load", "value": "LD-1"})]
        )
        self.assertEqual(self.refer(("load", "LD-1")).shipment_id, self.shipment.id)
        self.assertFalse(theirs.event_ids.filtered(lambda one: one.type_code == "delivered"))

    def test_only_who_carries_it_reports_on_it(self):
        stranger = self.make_system("stranger", "carrier", self.make_carrier("WXYZ"))
        for system, status in (
            (stranger, REFUSED),
            (self.make_system("another_tms", "tms"), REFUSED),
            (self.make_system("bystander", "other"), REFUSED),
            (self.tms, APPLIED),
            (self.source, APPLIED),
        ):
            with self.subTest(system.code):
                self.assertEqual(self.refer(("load", "LD-1"), system=system).status, status)

    def test_who_performs_or_brokers_it_may_report_too(self):
        performing, broker = self.make_carrier("PERF"), self.make_carrier("BROK")
        self.shipment.write({"performing_carrier_id": performing.id, "broker_id": broker.id})
        for partner in (performing, broker):
            system = self.make_system(partner.freight_scac, "carrier", partner)
            self.assertEqual(self.refer(("load", "LD-1"), system=system).status, APPLIED)

    def test_a_system_of_one_company_stays_out_of_the_other(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        system = self.make_system("sisters", "carrier", self.carrier, company_id=sister.id)
        self.assertEqual(self.refer(("load", "LD-1"), system=system).status, REFUSED)

    def cases(self, code="ambiguous_reference"):
        return self.env["freight.exception"].search([("code", "=", code)], order="id")

    def test_two_carriers_with_one_pro_are_not_confused(self):
        other_carrier = self.make_carrier("WXYZ")
        other_source = self.make_system("wxyz", "carrier", other_carrier)
        other = self.make_shipment(carrier_id=other_carrier.id)
        for shipment, issuer in ((self.shipment, self.carrier), (other, other_carrier)):
            shipment.reference_ids = [
                (0, 0, {"type": "pro", "value": "PRO 7", "issuer_id": issuer.id})
            ]
        self.assertEqual(self.refer(("pro", "pro-7")).shipment_id, self.shipment.id)
        outcome = self.refer(("pro", "pro-7"), system=other_source)
        self.assertEqual((outcome.status, outcome.shipment_id), (APPLIED, other.id))
        self.assertEqual(self.refer(("pro", "PRO7"), system=self.tms).status, UNMATCHED)
        other.tms_id = self.tms
        document = self.document(other, "delivered", references=[("pro", "PRO7")], system=self.tms)
        document.data["shipment"]["scac"] = "WXYZ"
        self.assertEqual(self.report(document)[0].shipment_id, other.id)

    def test_a_number_that_nobody_issued_is_the_senders_own_shipments(self):
        foreign = self.make_shipment(carrier_id=self.make_carrier("WXYZ").id)
        for shipment in (self.shipment, foreign):
            shipment.reference_ids = [(0, 0, {"type": "booking", "value": "B-1"})]
        self.assertEqual(self.refer(("booking", "b1")).shipment_id, self.shipment.id)

    def test_a_contract_names_no_shipment(self):
        self.shipment.reference_ids = [(0, 0, {"type": "contract", "value": "C-1"})]
        self.assertEqual(self.refer(("contract", "C-1")).status, UNMATCHED)

    def test_an_ambiguous_number_is_reported_once_and_closed_when_it_is_clear(self):
        other = self.make_shipment(reference_ids=[(0, 0, {"type": "mbol", "value": "MASTER9"})])
        self.refer(("mbol", "MASTER 9"), ("po", "1"))
        self.refer(("mbol", "master-9"), ("po", "2"))
        [case] = self.cases()
        self.assertEqual((case.state, case.occurrences), ("open", 2))
        self.refer(("mbol", "MASTER 9"), ("load", "LD-1"))
        self.assertEqual(case.state, "open")
        other.reference_ids.filtered(lambda one: one.type == "mbol").unlink()
        self.assertEqual(self.refer(("mbol", "MASTER 9"), ("po", "1")).status, "duplicate")
        self.assertEqual(case.state, "resolved")

    def test_a_contradiction_is_reported_and_closed(self):
        other = self.make_shipment(reference_ids=[(0, 0, {"type": "bol", "value": "B1"})])
        said = (("load", "LD-1"), ("bol", "B1"))
        self.assertEqual(self.refer(*said).status, UNMATCHED)
        [case] = self.cases()
        other.reference_ids.filtered(lambda one: one.type == "bol").unlink()
        self.assertEqual(self.refer(*said).status, APPLIED)
        self.assertEqual(case.state, "resolved")

    def test_nothing_of_another_company_is_named(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.make_shipment(
            company_id=sister.id, reference_ids=[(0, 0, {"type": "mbol", "value": "MASTER9"})]
        )
        theirs.name = "THEIR-SECRET-1"
        document = self.document(self.shipment, "delivered", references=[("mbol", "MASTER9")])
        object.__setattr__(document, "company", self.env["res.company"])
        [outcome] = self.report(document)
        self.assertEqual(outcome.status, UNMATCHED)
        self.assertNotIn(theirs.name, outcome.detail)
        names = (theirs | self.shipment)._named_in(self.company)
        self.assertIn(self.shipment.name, names)
        self.assertNotIn(theirs.name, names)

    def test_an_event_id_used_for_another_shipment_is_refused_and_reported(self):
        other = self.make_shipment()
        first = self.document(self.shipment, "departed_pickup", id="e-1")
        again = self.document(other, "departed_pickup", id="e-1")
        self.report(first)
        for _time in range(2):
            [outcome] = self.report(again)
            self.assertEqual((outcome.status, outcome.shipment_id), (REFUSED, other.id))
            self.assertIn(self.shipment.name, outcome.detail)
        [case] = self.cases("identity")
        self.assertEqual((case.shipment_id, case.occurrences), (other, 2))
        event = self.shipment.event_ids.filtered(lambda one: one.source_event_id == "e-1")
        self.assertEqual(event.duplicate_count, 0)
        self.report(first)
        self.assertEqual(event.duplicate_count, 1)

    def test_an_event_id_used_twice_in_one_message(self):
        other = self.make_shipment()
        outcomes = self.report(
            self.document(self.shipment, "departed_pickup", id="e-2"),
            self.document(other, "departed_pickup", id="e-2"),
        )
        self.assertEqual([outcome.status for outcome in outcomes], [APPLIED, REFUSED])


@tagged("post_install", "-at_install")
class TestSearch(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment(
            reference_ids=[
                (0, 0, {"type": "pro", "value": "QZX 123-456"}),
                (0, 0, {"type": "container", "value": "MSKU 907032/3"}),
            ]
        )
        self.longer = self.make_shipment(
            reference_ids=[(0, 0, {"type": "pro", "value": "QZX1234567"})]
        )
        self.user = self.make_user("searcher", "user")
        self.shipments = self.env["freight.shipment"].with_user(self.user)

    def typed(self, text):
        return self.shipments.search([("any_number", "ilike", text)])

    def test_a_number_is_found_as_people_write_it(self):
        for text in ("qzx123456", "QZX 123 456", " qzx-123-456", "msku9070323", "MSKU-907032-3"):
            with self.subTest(text):
                self.assertEqual(self.typed(text), self.shipment)
                names = self.shipments.name_search(text)
                self.assertEqual(names[0][0], self.shipment.id)

    def test_the_exact_number_comes_first_then_what_begins_so(self):
        names = self.shipments.name_search("QZX123456", limit=5)
        self.assertEqual([key for key, _name in names], [self.shipment.id, self.longer.id])
        self.assertEqual(len(self.shipments.name_search("QZX123456", limit=1)), 1)
        self.assertEqual(self.typed("qzx 123"), self.shipment | self.longer)

    def test_a_part_of_our_own_number_is_found_too(self):
        self.assertIn(self.shipment, self.typed(self.shipment.name[-7:]))
        self.assertFalse(self.typed("no such number"))
        self.assertFalse(self.typed("--- %"))

    def test_what_belongs_to_it_is_found_by_its_numbers(self):
        for model in ("freight.stop", "freight.event", "freight.reference"):
            found = self.env[model].search([("shipment_id", "ilike", "msku 9070323")])
            self.assertTrue(found)
            self.assertEqual(found.shipment_id, self.shipment)

    def test_another_companys_number_is_not_found(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        self.make_shipment(
            company_id=sister.id, reference_ids=[(0, 0, {"type": "pro", "value": "HIDDEN 1"})]
        )
        self.assertFalse(self.typed("hidden1"))
        self.assertFalse(self.shipments.name_search("hidden1"))

    def test_a_wildcard_is_no_wildcard(self):
        self.assertFalse(self.typed("QZX%456"))

    def test_an_index_serves_it(self):
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        for condition in ("= 'QZX123'", "LIKE 'QZX123%'"):
            self.env.cr.execute(
                "EXPLAIN SELECT shipment_id FROM freight_reference"
                f" WHERE value_normalised {condition}"
            )
            plan = " ".join(row[0] for row in self.env.cr.fetchall())
            self.assertIn("freight_reference_value_pattern", plan)
