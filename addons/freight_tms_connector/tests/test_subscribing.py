"""Who wants to hear of what, without a database."""

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..subscribing import Circumstances, Wish, chosen, fits, names, patterns, strangers
from .properties import relaxed

IDS = st.frozensets(st.integers(1, 4))
WISHES = st.builds(
    Wish,
    subscription=st.integers(1, 9),
    endpoint=st.integers(1, 3),
    patterns=st.just(("*",)),
    carriers=IDS,
    lanes=IDS,
    mode=st.sampled_from([None, "ftl", "ltl"]),
    held=st.booleans(),
)
FACTS = st.builds(
    Circumstances,
    carriers=IDS,
    lane=st.sampled_from([None, 1, 2]),
    mode=st.sampled_from([None, "ftl"]),
)


@tagged("post_install", "-at_install")
class TestSubscribing(BaseCase):
    def test_patterns_are_read_however_they_are_separated(self):
        self.assertEqual(
            patterns(" shipment.*,tender.sent\n  invoice.approved tender.sent "),
            ("shipment.*", "tender.sent", "invoice.approved"),
        )
        self.assertEqual(patterns(None), ())
        for wrong in ("shipment[.]*", "Shipment.*", "shipment.*;DROP!", "a?b"):
            with self.subTest(wrong), self.assertRaises(ValueError):
                patterns(wrong)

    def test_a_pattern_names_what_it_spells(self):
        wish = Wish(1, 1, ("shipment.*", "tender.sent"))
        self.assertTrue(names(wish, "shipment.delivered"))
        self.assertTrue(names(wish, "tender.sent"))
        self.assertFalse(names(wish, "tender.changed"))
        self.assertFalse(names(wish, "invoice.approved"))

    def test_all_filters_must_fit_and_one_of_each(self):
        wish = Wish(1, 1, ("*",), frozenset({7, 8}), frozenset({3}), "ltl")
        self.assertTrue(fits(wish, Circumstances(frozenset({8, 9}), 3, "ltl")))
        for fact in (
            Circumstances(frozenset({9}), 3, "ltl"),
            Circumstances(frozenset({8}), 4, "ltl"),
            Circumstances(frozenset({8}), None, "ltl"),
            Circumstances(frozenset({8}), 3, "ftl"),
            Circumstances(),
        ):
            with self.subTest(fact):
                self.assertFalse(fits(wish, fact))

    def test_unknown_patterns_are_told_from_those_that_fit_something(self):
        known = ("shipment.released", "tender.sent")
        self.assertEqual(
            strangers(("shipment.*", "shipmnt.*", "*", "tender.send"), known),
            ["shipmnt.*", "tender.send"],
        )

    @relaxed
    @given(st.lists(WISHES, max_size=6, unique_by=lambda one: one.subscription), FACTS)
    def test_every_endpoint_with_a_fitting_wish_is_told_once(self, wishes, fact):
        found = chosen(wishes, fact)
        self.assertEqual(set(found), {one.endpoint for one in wishes if fits(one, fact)})
        for endpoint, wish in found.items():
            fitting = [one for one in wishes if one.endpoint == endpoint and fits(one, fact)]
            self.assertIn(wish, fitting)
            self.assertEqual(wish.held, all(one.held for one in fitting))

    @relaxed
    @given(WISHES, FACTS)
    def test_fewer_filters_never_hear_less(self, wish, fact):
        wider = Wish(wish.subscription, wish.endpoint, wish.patterns)
        self.assertTrue(fits(wider, fact))
        if fits(wish, fact):
            self.assertTrue(fits(Wish(1, 1, ("*",), wish.carriers), fact))
