"""What counts of what systems say: the order of arrival never matters."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import masters, party_checks
from .properties import relaxed

MOMENTS = st.integers(1, 28).map(lambda day: datetime(2026, 11, day))
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["A", "B"]),
        "phone": st.sampled_from([None, "1", "2"]),
        "roles": st.sampled_from([["carrier"], ["customer", "carrier"]]),
        "address": st.fixed_dictionaries({}, optional={"city": st.sampled_from(["X", "Y"])}),
    },
)
STATEMENTS = st.lists(
    st.builds(
        lambda values, moment, revision: masters.statement(
            {"kind": "party", "number": "1", "revision": revision, **values}, moment
        ),
        VALUES,
        MOMENTS,
        st.integers(0, 2),
    ),
    max_size=6,
)


class TestMastersPure(BaseCase):
    @relaxed
    @given(STATEMENTS, st.randoms(use_true_random=False))
    def test_any_order_and_any_repeat_say_the_same(self, statements, random):
        shuffled = statements + statements[:2]
        random.shuffle(shuffled)
        self.assertEqual(masters.fold({}, statements)[0], masters.fold({}, shuffled)[0])

    @relaxed
    @given(STATEMENTS)
    def test_what_was_said_counts_once(self, statements):
        said, _counted = masters.fold({}, statements)
        again, counted = masters.fold(said, statements)
        self.assertEqual((again, any(counted)), (said, False))

    @relaxed
    @given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["V1", "V2"])), max_size=6))
    def test_doubt_does_not_depend_on_order(self, pairs):
        def said(pairs):
            return [
                masters.Statement(number, {"identifiers.vat": vat, "roles": ["carrier"]}, [])
                for number, vat in pairs
            ]

        self.assertEqual(masters.shared(said(pairs)), masters.shared(said(pairs[::-1])))

    def test_a_place_is_not_found_by_the_vat_number_of_its_company(self):
        values = {"identifiers.vat": "DE1", "identifiers.gln": "G", "roles": ["location"]}
        self.assertEqual(masters.strong_numbers(values), {"gln": "G"})

    def test_a_field_is_owned_by_who_owns_all_that_the_party_is(self):
        both = ["carrier", "customer"]
        self.assertEqual(masters.domains("party", "name", both, ["carrier"]), set(both))
        self.assertEqual(masters.domains("party", "identifiers.scac", both, both), {"carrier"})
        self.assertEqual(masters.domains("party", "roles", ["carrier"], both), {"customer"})
        self.assertFalse(masters.domains("party", "name", [], []))


class TestPartyChecks(BaseCase):
    def check(self, **values):
        sound = {"roles": ["customer"], "address.country": "US"}
        return party_checks.check({**sound, **values}, "2026-11-02")

    def test_each_fault_is_found(self):
        self.assertEqual(self.check(), [])
        for path, wrong, right in (
            ("identifiers.scac", "A1", "ABCD"),
            ("identifiers.vat", "DE136695977", "DE136695976"),
            ("identifiers.gln", "4006381333932", "4006381333931"),
            ("identifiers.duns", "12", "123456789"),
            ("identifiers.locode", "USCH", "USCHI"),
            ("address.zip", "6060", "60601"),
            ("insurance_expires", "2026-11-01", "2026-11-02"),
        ):
            self.assertEqual(len(self.check(**{path: wrong})), 1, path)
            self.assertEqual(self.check(**{path: right}), [], path)
        self.assertEqual(self.check(roles=["carrier"]), ["no_scac"])
        self.assertEqual(self.check(roles=[]), ["no_role"])
        self.assertEqual(self.check(**{"identifiers.locode": "DEHAM"}), ["locode_abroad"])
        self.assertEqual(self.check(**{"address.country": None}), ["no_country"])

    def test_a_number_whose_rule_nobody_knows_is_not_called_wrong(self):
        self.assertIsNone(party_checks.is_vat("12-3456789", "US"))
