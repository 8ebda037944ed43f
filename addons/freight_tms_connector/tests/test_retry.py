import socket
import ssl
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.client import RemoteDisconnected

import requests
from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..retry import MAX_RETRY_AFTER, SCHEDULE, Outcome, classify, next_delay, parse_retry_after
from .properties import relaxed

NOW = datetime(2024, 3, 1, 12, tzinfo=timezone.utc)


def middle():
    return 0.5


class TestRetry(BaseCase):
    def test_status(self):
        for outcome, statuses in {
            Outcome.DONE: (200, 201, 202, 204, 299),
            Outcome.RETRY: (408, 425, 429, 500, 502, 503, 504, 599),
            Outcome.DISABLE: (410,),
            Outcome.DEAD: (100, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 422, 600),
        }.items():
            for status in statuses:
                with self.subTest(status):
                    self.assertEqual(classify(status), outcome)

    def test_exceptions(self):
        for outcome, errors in {
            Outcome.RETRY: (
                ConnectionResetError(),
                socket.gaierror(),
                TimeoutError(),
                RemoteDisconnected(),
                ssl.SSLCertVerificationError(),
                requests.ConnectionError(),
                requests.exceptions.SSLError(),
                requests.Timeout(),
                requests.exceptions.ChunkedEncodingError(),
            ),
            Outcome.DEAD: (
                requests.exceptions.InvalidURL(),
                requests.exceptions.MissingSchema(),
                TypeError(),
            ),
        }.items():
            for error in errors:
                with self.subTest(repr(error)):
                    self.assertEqual(classify(error), outcome)

    def test_schedule(self):
        delays = [next_delay(attempt, rng=middle) for attempt in range(1, 11)]
        seconds = [delay and delay.total_seconds() for delay in delays]
        hours = [3600 * count for count in (2, 5, 10, 14, 20, 24)]
        self.assertEqual(seconds, [5, 300, 1800, *hours, None])

    def test_retry_after(self):
        self.assertEqual(next_delay(1, "120", NOW, middle), timedelta(seconds=120))
        self.assertEqual(next_delay(2, "120", NOW, middle), timedelta(minutes=5))
        date = format_datetime(NOW + timedelta(minutes=7), usegmt=True)
        self.assertEqual(next_delay(2, date, NOW, middle), timedelta(minutes=7))
        self.assertEqual(next_delay(1, "9" * 5000, NOW, middle), MAX_RETRY_AFTER)
        self.assertIsNone(next_delay(10, "1", NOW, middle))

    def test_an_unreadable_or_past_retry_after_is_left_aside(self):
        past = format_datetime(NOW - timedelta(days=1), usegmt=True)
        for value in (None, "", "soon", "-5", "1.5", "\u0663", past):
            with self.subTest(value):
                self.assertIsNone(parse_retry_after(value, NOW))
                self.assertEqual(next_delay(1, value, NOW, middle), SCHEDULE[0])

    def test_a_date_without_zone_is_utc(self):
        self.assertEqual(
            parse_retry_after("Fri, 01 Mar 2024 12:00:30 -0000", NOW), timedelta(seconds=30)
        )

    @relaxed
    @given(st.integers(1, len(SCHEDULE)), st.floats(0, 1))
    def test_jitter_stays_within_a_fifth(self, attempt, random):
        delay = next_delay(attempt, rng=lambda: random)
        tick = timedelta(microseconds=1)
        scheduled = SCHEDULE[attempt - 1]
        self.assertTrue(0.8 * scheduled - tick <= delay <= 1.2 * scheduled + tick)

    @relaxed
    @given(st.binary().map(lambda raw: raw.decode("latin-1")))
    def test_any_retry_after_gives_a_delay(self, value):
        delay = next_delay(1, value, NOW)
        self.assertTrue(timedelta(seconds=4) <= delay <= MAX_RETRY_AFTER)
