from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from .. import releasing
from ..releasing import DROPSHIP, INCOMING, OUTGOING, Rule

INCOTERMS = "EXW FCA CPT CIP DAP DPU DDP FAS FOB CFR CIF".split()
NOON = datetime(2026, 11, 2, 12)
VALUES = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3), min_size=4)


@tagged("post_install", "-at_install")
class TestReleasing(BaseCase):
    """The pure part: terms, rules, dates, cut-off, and what of a change is written."""

    def test_every_incoterm_says_who_pays(self):
        said = {
            direction: {code: releasing.terms_of(code, direction) for code in INCOTERMS}
            for direction in (OUTGOING, INCOMING, DROPSHIP)
        }
        for code in INCOTERMS:
            ours_to_fetch = code in ("EXW", "FCA", "FAS", "FOB")
            with self.subTest(code):
                self.assertEqual(
                    said[INCOMING][code], ("CC", True) if ours_to_fetch else ("PP", False)
                )
                self.assertEqual(
                    said[DROPSHIP][code], ("TP", True) if ours_to_fetch else ("PP", False)
                )
        self.assertEqual(said[OUTGOING]["EXW"], ("PU", False))
        self.assertEqual(said[OUTGOING]["FOB"], ("CC", True))
        self.assertEqual(said[OUTGOING]["DDP"], ("PP", True))
        self.assertEqual(releasing.terms_of("", OUTGOING), ("PP", True))
        self.assertEqual(releasing.terms_of(None, INCOMING), ("CC", True))

    def test_the_first_rule_that_fits(self):
        rules = [
            Rule(1, most=30.0, countries=frozenset({7})),
            Rule(2, least=10.0, routes=frozenset({4})),
            Rule(3),
        ]
        for weight, country, routes, key in (
            (30.0, 7, frozenset(), 1),
            (30.1, 7, frozenset(), 3),
            (30.0, 8, frozenset({4, 5}), 2),
            (9.9, 8, frozenset({4}), 3),
        ):
            with self.subTest((weight, country)):
                self.assertEqual(releasing.first_rule(rules, weight, country, routes).key, key)
        self.assertIsNone(releasing.first_rule(rules[:1], 31.0, 7, frozenset()))

    def test_goods_leave_in_time_but_not_before_they_are_ordered(self):
        transit = timedelta(days=2)
        ready, ordered = NOON + timedelta(days=5), NOON
        self.assertEqual(
            releasing.planned(OUTGOING, ready, None, ordered, transit), (ready, ready + transit)
        )
        promised = NOON + timedelta(days=3)
        self.assertEqual(
            releasing.planned(OUTGOING, ready, promised, ordered, transit),
            (promised - transit, promised),
        )
        soon = NOON + timedelta(days=1)
        self.assertEqual(
            releasing.planned(OUTGOING, ready, soon, ordered, transit), (ordered, soon)
        )
        self.assertEqual(
            releasing.planned(INCOMING, ready, None, ordered, transit), (ready - transit, ready)
        )

    def test_a_day_is_that_of_the_place(self):
        late = datetime(2026, 11, 3, 3)
        self.assertEqual(releasing.day_of(late, "America/Chicago"), date(2026, 11, 2))
        self.assertEqual(releasing.day_of(late, "Europe/Berlin"), date(2026, 11, 3))

    def test_the_cut_off_by_the_clock(self):
        later = NOON + timedelta(days=9)
        due = releasing.release_moment("time", later, NOON, "Europe/Berlin", hour=16.5)
        self.assertEqual(due, datetime(2026, 11, 2, 15, 30))
        due = releasing.release_moment("time", later, NOON, "Europe/Berlin", hour=13.0)
        self.assertEqual(due, datetime(2026, 11, 3, 12, 0))
        # The clocks go back on 1 November 2026 in New York: four o'clock is an hour later in UTC.
        before = datetime(2026, 10, 31, 21)
        due = releasing.release_moment("time", later, before, "America/New_York", hour=16.0)
        self.assertEqual(due, datetime(2026, 11, 1, 21))

    def test_the_cut_off_before_the_pickup(self):
        later = NOON + timedelta(days=2)
        due = releasing.release_moment("before", later, NOON, "UTC", hours_before=24)
        self.assertEqual(due, NOON + timedelta(days=1))
        self.assertEqual(releasing.release_moment("before", NOON, NOON, "UTC"), NOON)
        self.assertEqual(releasing.release_moment("at_once", later, NOON, "UTC"), NOON)

    @given(st.integers(0, 24 * 60), st.floats(0, 23.99), st.integers(-5, 100))
    def test_nothing_is_released_in_the_past_or_after_its_pickup(self, minutes, hour, ahead):
        now, pickup = NOON + timedelta(minutes=minutes), NOON + timedelta(hours=ahead)
        due = releasing.release_moment("time", pickup, now, "Asia/Kolkata", hour=hour)
        self.assertGreaterEqual(due, now)
        self.assertLessEqual(due, max(now, pickup))

    @given(VALUES, VALUES, VALUES, st.sets(st.sampled_from("abcd")))
    def test_what_others_made_of_it_stays(self, basis, wanted, current, held):
        values, kept = releasing.merge(basis, wanted, current, held.__contains__)
        for name in "abcd":
            unchanged = basis[name] == wanted[name]
            if unchanged or current[name] == wanted[name]:
                self.assertNotIn(name, {*values, *kept})
            elif name in held and current[name] != basis[name]:
                self.assertIn(name, kept)
            else:
                self.assertEqual(values[name], wanted[name])
        after = {**current, **values}
        self.assertEqual(releasing.merge(wanted, wanted, after, held.__contains__), ({}, []))
