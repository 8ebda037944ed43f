"""Which zone a place is in: the pure part."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..zones import Entry, Place, Zones, conflicts, normalise_zip
from .properties import relaxed

CODES = st.text("012", min_size=1, max_size=4)
PLACES = st.text("012", min_size=4, max_size=4).map(lambda code: Place("US", "IL", code, "USCHI"))


def entry(zone, kind, low="", high="", country="US", number=None):
    return Entry(zone, number or id(object()), kind, country, low, high)


@st.composite
def entries(draw):
    """Return entries of many kinds, each of a zone of its own, no two of equal specificity."""
    found = []
    for number in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["zip", "zip", "zip", "state", "country", "locode"]))
        low, high = {"state": ("IL", ""), "locode": ("USCHI", "")}.get(kind, ("", ""))
        if kind == "zip":
            low = draw(CODES)
            high = draw(
                st.sampled_from(["", max(low, draw(CODES)[: len(low)].ljust(len(low), "0"))])
            )
        candidate = Entry(number, number, kind, "US", low, high)
        if not conflicts([*found, candidate]):
            found.append(candidate)
    return found


def covers(one, place):
    """Say by the words of the rule whether an entry covers a place."""
    if one.kind != "zip":
        return (
            one.low
            in {"country": ("",), "state": (place.state,), "locode": (place.locode,)}[one.kind]
        )
    return one.low <= place.zip[: len(one.low)] <= (one.high or one.low)


def breadth(one, universe):
    """Return how specific an entry is: its kind, then how many of all codes it covers."""
    kinds = ("locode", "zip", "state", "country")
    return (kinds.index(one.kind), sum(covers(one, place) for place in universe))


class TestZones(BaseCase):
    def match(self, place, *known):
        found = Zones(known).match(place)
        return found and found.zone

    def test_the_most_specific_kind_wins(self):
        known = [
            entry(1, "country"),
            entry(2, "state", "IL"),
            entry(3, "zip", "6"),
            entry(4, "zip", "600", "606"),
            entry(5, "zip", "60601"),
            entry(6, "locode", "USCHI"),
        ]
        place = Place("US", "IL", "60601", "USCHI")
        for winner in (6, 5, 4, 3, 2, 1):
            self.assertEqual(self.match(place, *known), winner)
            known.pop()
        self.assertIsNone(self.match(place))

    def test_codes_are_compared_within_their_country(self):
        known = [entry(1, "zip", "1"), entry(2, "zip", "1", country="DE")]
        self.assertEqual(self.match(Place("DE", zip="10115"), *known), 2)
        self.assertEqual(self.match(Place("US", zip="10001"), *known), 1)
        self.assertIsNone(self.match(Place("FR", zip="10001"), *known))
        self.assertIsNone(self.match(Place(zip="10001"), *known))

    def test_ends_of_a_range_belong_to_it(self):
        known = [entry(1, "zip", "60000", "60199")]
        for code, zone in (("59999", None), ("60000", 1), ("60199", 1), ("60200", None)):
            self.assertEqual(self.match(Place("US", zip=code), *known), zone, code)

    def test_how_a_code_is_written_does_not_matter(self):
        for code, country, expected in (
            ("60601-1234", "US", "60601"),
            ("606011234", "US", "60601"),
            (" sw1a 1aa ", "GB", "SW1A1AA"),
            ("m5v-3l9", "CA", "M5V3L9"),
            (None, "US", ""),
        ):
            self.assertEqual(normalise_zip(code, country), expected)
        known = [entry(1, "zip", "SW1A", country="GB"), entry(2, "state", "IL")]
        self.assertEqual(self.match(Place("GB", zip="sw1a 1aa"), *known), 1)
        self.assertEqual(self.match(Place("US", "il "), *known), 2)

    def test_a_locode_says_its_country(self):
        self.assertEqual(self.match(Place(locode="USLAX"), entry(1, "country")), 1)

    def test_what_cannot_be_told_apart_is_a_conflict(self):
        for one, other, expected in (
            (("state", "IL"), ("state", "IL"), True),
            (("state", "IL"), ("state", "WI"), False),
            (("country",), ("country",), True),
            (("country",), ("state", "IL"), False),
            (("locode", "USCHI"), ("locode", "USCHI"), True),
            (("zip", "606"), ("zip", "606"), True),
            (("zip", "606"), ("zip", "606", "606"), True),
            (("zip", "606"), ("zip", "6060"), False),
            (("zip", "600", "649"), ("zip", "606"), False),
            (("zip", "600", "649"), ("zip", "640", "660"), True),
            (("zip", "600", "649"), ("zip", "600", "660"), False),
            (("zip", "600", "649"), ("zip", "650", "660"), False),
        ):
            with self.subTest(one=one, other=other):
                self.assertEqual(bool(conflicts([entry(1, *one), entry(2, *other)])), expected)
                self.assertEqual(bool(conflicts([entry(2, *other), entry(1, *one)])), expected)
                self.assertFalse(conflicts([entry(1, *one), entry(1, *other)]), "of one zone")

    @relaxed
    @given(entries(), st.lists(PLACES, min_size=1, max_size=5))
    def test_no_entry_that_covers_a_place_is_narrower_than_the_winner(self, known, places):
        universe = [
            Place("US", "IL", f"{a}{b}{c}{d}", "USCHI")
            for a in "012" for b in "012" for c in "012" for d in "012"
        ]  # fmt: skip
        zones = Zones(known)
        for place in places:
            fitting = [one for one in known if covers(one, place)]
            winner = zones.match(place)
            self.assertEqual(bool(fitting), winner is not None)
            if winner:
                self.assertIn(winner, fitting)
                least = min(breadth(one, universe) for one in fitting)
                self.assertEqual(breadth(winner, universe), least)

    @relaxed
    @given(entries(), entries(), PLACES)
    def test_entries_that_do_not_cover_a_place_change_nothing(self, known, others, place):
        unrelated = [
            Entry(one.zone + 100, one.id + 100, one.kind, "US", one.low, one.high)
            for one in others
            if not covers(one, place)
        ]
        self.assertEqual(Zones(known).match(place), Zones([*known, *unrelated]).match(place))

    @relaxed
    @given(entries(), PLACES, st.randoms())
    def test_the_order_of_entries_does_not_matter(self, known, place, random):
        shuffled = random.sample(known, len(known))
        self.assertEqual(Zones(known).match(place), Zones(shuffled).match(place))

    def test_thousands_of_entries_are_not_walked_through(self):
        known = [entry(number, "zip", f"{number:05}", number=number) for number in range(20000)]
        zones = Zones(known)
        starts, _winners = zones._ranges["US"]
        self.assertEqual(bisect_left(starts, "19999"), 39998)
        self.assertEqual(zones.match(Place("US", zip="19999")).zone, 19999)
