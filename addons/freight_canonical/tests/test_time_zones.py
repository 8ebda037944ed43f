"""Zones of places and local times around changes of the clocks: the pure part."""

from datetime import date, datetime, timedelta

import pytz
from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import punctuality
from ..time_zones import STATES, end_of_day, read, read_window, start_of_day, to_utc, zone_of
from .properties import relaxed

CHICAGO, BERLIN = "America/Chicago", "Europe/Berlin"
MOMENTS = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1))


class TestTimeZones(BaseCase):
    def test_states_and_countries(self):
        for country, state, expected in (
            ("US", "IL", CHICAGO),
            ("US", " tx ", CHICAGO),
            ("US", "AZ", "America/Phoenix"),
            ("CA", "SK", "America/Regina"),
            ("AU", "QLD", "Australia/Brisbane"),
            ("BR", "AM", "America/Manaus"),
            ("MX", "SON", "America/Hermosillo"),
            ("FR", None, "Europe/Paris"),
            ("FR", "75", "Europe/Paris"),
            ("US", None, None),
            ("US", "XX", None),
            (None, "IL", None),
        ):
            self.assertEqual(zone_of(country, state), expected, (country, state))

    def test_each_zone_of_a_state_exists_and_each_state_stands_once(self):
        for country, zones in STATES.items():
            states = " ".join(zones.values()).split()
            self.assertEqual(len(states), len(set(states)), country)
            self.assertLessEqual(set(zones), pytz.common_timezones_set, country)
        self.assertEqual(len(" ".join(STATES["US"].values()).split()), 51 + 5)

    def test_around_changes_of_the_clocks(self):
        for zone, local, expected in (
            (CHICAGO, datetime(2026, 3, 8, 1, 59), datetime(2026, 3, 8, 7, 59)),
            (CHICAGO, datetime(2026, 3, 8, 2, 30), datetime(2026, 3, 8, 8, 30)),  # 03:30
            (CHICAGO, datetime(2026, 3, 8, 3, 0), datetime(2026, 3, 8, 8, 0)),
            (CHICAGO, datetime(2026, 11, 1, 0, 59), datetime(2026, 11, 1, 5, 59)),
            (CHICAGO, datetime(2026, 11, 1, 1, 30), datetime(2026, 11, 1, 6, 30)),  # the first
            (CHICAGO, datetime(2026, 11, 1, 2, 0), datetime(2026, 11, 1, 8, 0)),
            (BERLIN, datetime(2026, 3, 29, 1, 59), datetime(2026, 3, 29, 0, 59)),
            (BERLIN, datetime(2026, 3, 29, 2, 30), datetime(2026, 3, 29, 1, 30)),  # 03:30
            (BERLIN, datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30)),  # the first
            (BERLIN, datetime(2026, 10, 25, 3, 0), datetime(2026, 10, 25, 2, 0)),
        ):
            with self.subTest(zone=zone, local=local):
                self.assertEqual(to_utc(local, zone), expected)

    def test_days_have_23_and_25_hours(self):
        for zone, day, hours in (
            (CHICAGO, date(2026, 3, 8), 23),
            (CHICAGO, date(2026, 11, 1), 25),
            (BERLIN, date(2026, 3, 29), 23),
            (BERLIN, date(2026, 10, 25), 25),
            (BERLIN, date(2026, 6, 1), 24),
            ("America/Sao_Paulo", date(2018, 11, 4), 23),  # had no midnight
        ):
            length = end_of_day(day, zone) - start_of_day(day, zone) + timedelta(seconds=1)
            self.assertEqual(length, timedelta(hours=hours), (zone, day))

    def test_reading(self):
        self.assertEqual(read("2026-11-02T08:00:00Z", CHICAGO), datetime(2026, 11, 2, 8))
        self.assertEqual(read("2026-11-02T08:00:00+01:00", CHICAGO), datetime(2026, 11, 2, 7))
        self.assertEqual(read("2026-11-02T08:00:00.5", CHICAGO), datetime(2026, 11, 2, 14))
        with self.assertRaises(ValueError):
            read("tomorrow", CHICAGO)

    def test_a_day_alone_is_the_whole_day_there(self):
        self.assertEqual(
            read_window("2026-11-01", "2026-11-01", CHICAGO),
            (datetime(2026, 11, 1, 5), datetime(2026, 11, 2, 5, 59, 59)),
        )
        self.assertEqual(read_window(None, "2026-07-01T12:00", BERLIN)[0], None)
        self.assertEqual(read_window(None, "2026-07-01T12:00", BERLIN)[1], datetime(2026, 7, 1, 10))

    @relaxed
    @given(MOMENTS, st.sampled_from([CHICAGO, BERLIN, "Europe/Dublin", "Asia/Kolkata"]))
    def test_what_is_local_is_read_back(self, moment, zone):
        moment = moment.replace(microsecond=0)
        local = pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).replace(tzinfo=None)
        self.assertIn(moment - to_utc(local, zone), (timedelta(0), timedelta(hours=1)))

    @relaxed
    @given(MOMENTS, st.sampled_from([CHICAGO, BERLIN]))
    def test_no_local_time_is_later_than_the_next_hour(self, local, zone):
        self.assertLess(to_utc(local, zone), to_utc(local + timedelta(hours=2), zone))


class TestPunctuality(BaseCase):
    END = datetime(2026, 11, 2, 12)

    def test_the_verdict(self):
        minute = timedelta(minutes=1)
        for arrival, unloaded, end, expected in (
            (None, None, self.END, ("open", 0)),
            (self.END, None, None, ("open", 0)),
            (self.END - minute, None, self.END, ("on_time", 0)),
            (self.END, None, self.END, ("on_time", 0)),
            (self.END + timedelta(seconds=1), None, self.END, ("late", 1)),
            (self.END + 90 * minute, None, self.END, ("late", 90)),
            (None, self.END, self.END, ("on_time", 0)),
            (None, self.END + 5 * minute, self.END, ("late", 5)),
            (self.END, self.END + 5 * minute, self.END, ("on_time", 0)),
        ):
            with self.subTest(arrival=arrival, unloaded=unloaded):
                self.assertEqual(punctuality.verdict(arrival, unloaded, end), expected)
