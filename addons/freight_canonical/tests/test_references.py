from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..documents import APPLIED, REFUSED, UNMATCHED
from ..references import comparable_types, normalise, resolve
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
        self.assertIsNone(comparable_types("other"))

    def test_all_references_that_hit_must_agree(self):
        self.assertEqual(resolve([{1}, {1, 2}, set()]), (1, {1}))
        self.assertEqual(resolve([{1, 2}]), (None, {1, 2}))
        self.assertEqual(resolve([{1}, {2}]), (None, {1, 2}))
        self.assertEqual(resolve([set(), set()]), (None, set()))
        self.assertEqual(resolve([]), (None, set()))

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
