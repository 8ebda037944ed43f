from datetime import datetime, timedelta
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from ..answers import EXCERPT, HIDDEN, excerpt
from ..breaker import (
    CLOSED,
    FIRST_PAUSE,
    HALF,
    IN_A_ROW,
    LONGEST_PAUSE,
    OPEN,
    PAUSED,
    PROBING,
    WINDOW,
    Breaker,
    failed,
    hurried,
    probing,
    succeeded,
)
from .properties import relaxed

NOW = datetime(2026, 11, 2, 12)


def after(marks, breaker=None):
    """Return the breaker after deliveries: ``x`` failed, ``.`` did not."""
    breaker = breaker or Breaker()
    for mark in marks:
        breaker = failed(breaker, NOW) if mark == "x" else succeeded(breaker)
    return breaker


def probe_failed(breaker, now=NOW, asked=None):
    return failed(probing(breaker, "t", now), now, "t", asked)


class TestBreaker(TestCase):
    def test_five_in_a_row_open_it(self):
        self.assertEqual(after("x" * (IN_A_ROW - 1)).state, CLOSED)
        opened = after("x" * IN_A_ROW)
        self.assertEqual((opened.state, opened.until), (OPEN, NOW + FIRST_PAUSE))

    def test_half_of_twenty_open_it(self):
        self.assertEqual(after("x." * (HALF - 1)).state, CLOSED)
        self.assertEqual(after("x." * (HALF - 1) + "x").state, OPEN)
        self.assertEqual(after("xxxx." * 2 + "x").state, CLOSED)
        self.assertEqual(after("xxxx." * 2 + "xx").state, OPEN, "ten of twelve")

    def test_old_failures_are_forgotten(self):
        self.assertEqual(after("xx." * 3 + "." * WINDOW).recent, "." * WINDOW)
        self.assertEqual(after("xx." * 3 + "." * WINDOW + "xxxx").state, CLOSED)

    def test_each_failed_probe_doubles_the_pause_up_to_the_longest(self):
        breaker, pauses = after("xxxxx"), []
        for _probe in range(9):
            pauses.append(breaker.until - NOW)
            breaker = probe_failed(breaker)
        minutes = [pause.total_seconds() / 60 for pause in pauses]
        self.assertEqual(minutes, [0.5, 1, 2, 4, 8, 15, 15, 15, 15])
        self.assertEqual(breaker.since, NOW)

    def test_a_probe_that_succeeds_closes_it_and_forgets(self):
        self.assertEqual(succeeded(probing(after("xxxxx"), "t", NOW), "t"), Breaker())

    def test_what_was_under_way_before_decides_nothing(self):
        for breaker in (after("xxxxx"), probing(after("xxxxx"), "t", NOW)):
            self.assertEqual(failed(breaker, NOW, "other"), breaker)
            self.assertEqual(succeeded(breaker, "other"), breaker)
            self.assertEqual(succeeded(breaker), breaker)

    def test_a_partner_may_ask_for_a_pause(self):
        hour = timedelta(hours=1)
        paused = failed(Breaker(), NOW, asked=hour)
        self.assertEqual((paused.state, paused.until, paused.openings), (PAUSED, NOW + hour, 0))
        again = probe_failed(paused, NOW + hour)
        self.assertEqual((again.state, again.until - NOW - hour), (OPEN, FIRST_PAUSE))
        self.assertEqual(probe_failed(again, asked=hour).until, NOW + hour)

    def test_a_person_may_hurry_it_but_not_double_the_probe(self):
        self.assertEqual(hurried(after("xxxxx"), NOW).until, NOW)
        under_way = probing(after("xxxxx"), "t", NOW + FIRST_PAUSE)
        self.assertEqual(hurried(under_way, NOW), under_way)
        self.assertEqual(hurried(Breaker(), NOW), Breaker())

    @relaxed
    @given(st.lists(st.sampled_from(["x", ".", "probe x", "probe .", "asked", "stray x"])))
    def test_whatever_happens_it_makes_sense(self, deeds):
        breaker = Breaker()
        for deed in deeds:
            if deed.startswith("probe") and breaker.state != CLOSED:
                breaker = probing(breaker, "t", NOW)
                breaker = failed(breaker, NOW, "t") if "x" in deed else succeeded(breaker, "t")
                self.assertNotEqual(breaker.state, PROBING)
            elif deed == "asked":
                breaker = failed(breaker, NOW, asked=timedelta(minutes=5))
            elif deed == "stray x":
                breaker = failed(breaker, NOW, "nobody's")
            else:
                breaker = after(deed[-1], breaker)
            self.assertEqual(breaker.state == CLOSED, breaker.until is None)
            self.assertEqual(breaker.state == CLOSED, breaker.since is None)
            self.assertLessEqual(len(breaker.recent), WINDOW)
            if breaker.until:
                self.assertTrue(FIRST_PAUSE <= breaker.until - NOW <= LONGEST_PAUSE)


class TestExcerpt(TestCase):
    def test_it_is_short_and_readable(self):
        self.assertEqual(
            excerpt(b" Sorry,\n\xe4 no\x00 \x1b[31m "), "Sorry,\n\ufffd no\ufffd \ufffd[31m"
        )
        self.assertEqual(len(excerpt(b"x" * 100_000)), EXCERPT)
        self.assertEqual(excerpt(b""), "")

    def test_what_proves_us_is_not_kept(self):
        secret = "v1,K5oZfzN95Z9/Vvf3KNk="
        for echo in (
            secret, f'{{"got": "{secret}"}}', '{"got": "v1,K5oZfzN95Z9\\/Vvf3KNk="}',
            "djEsSzVvWmZ6Tjk1WjkvVnZmM0tOaz0=", "x" * 490 + secret,
        ):  # fmt: skip
            kept = excerpt(echo.encode(), [secret])
            self.assertNotIn("K5oZfzN95Z9", kept)
            self.assertNotIn("djEsSzVv", kept)
        self.assertIn(HIDDEN, excerpt(secret.encode(), [secret]))

    @relaxed
    @given(st.binary(max_size=2000))
    def test_it_can_be_stored_whatever_came(self, body):
        kept = excerpt(body)
        kept.encode()
        self.assertNotIn("\x00", kept)
        self.assertLessEqual(len(kept), EXCERPT)
