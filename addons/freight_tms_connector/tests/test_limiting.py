"""Token buckets, what workers take of them ahead of need, and whose address it is."""

import random

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..addresses import client_of, is_within, parse_networks, site_of
from ..limiting import Purse, Quota
from .properties import relaxed

#: (seconds since the request before, worker, cost)
REQUESTS = st.lists(
    st.tuples(st.floats(0, 20), st.integers(0, 3), st.sampled_from([1, 1, 1, 2, 7, 40])),
    max_size=200,
)
QUOTAS = st.builds(Quota, st.just("q"), st.integers(1, 6000), st.integers(0, 500))


class Bucket:
    """The shared row, as PostgreSQL keeps it."""

    def __init__(self, quota):
        self.quota = quota
        self.full_at = 0.0
        self.taken = 0
        self.statements = 0

    def take(self, now, cost):
        self.statements += 1
        moment = self.quota.take(self.full_at, now, cost)
        if moment is None:
            return None
        self.full_at = moment
        self.taken += cost
        return moment - now


def pay(purse, bucket, now, cost):
    """Spend as the model does; return whether it was paid."""
    if purse.spend(now, cost):
        return True
    if purse.wait(now, purse.needs(now, cost)):
        return False
    wish, needed = purse.wish(now, cost), purse.needs(now, cost)
    for ask in sorted({wish, needed}, reverse=True):
        seconds = bucket.take(now, ask)
        if seconds is not None:
            purse.fill(now, ask, cost, seconds)
            return True
    seconds = max(0.0, bucket.full_at - now)
    purse.close(now, needed, bucket.quota.wait(seconds, 0.0, needed), seconds)
    return False


class TestBucket(BaseCase):
    def test_a_burst_passes_and_then_one_for_each_that_came_back(self):
        bucket = Bucket(Quota("q", 60, 5))
        now = 1_000.0
        self.assertEqual(
            [bucket.take(now, 1) is not None for _try in range(6)], [True] * 5 + [False]
        )
        self.assertIsNone(bucket.take(now + 0.5, 1))
        self.assertIsNotNone(bucket.take(now + 1, 1))
        self.assertIsNone(bucket.take(now + 1, 1))

    def test_without_a_burst_a_minutes_worth_is_one(self):
        quota = Quota("q", 120)
        self.assertEqual((quota.capacity, quota.interval, quota.depth), (120, 0.5, 60.0))

    def test_none_is_no_limit(self):
        self.assertFalse(Quota("q", 0, 9).limited)

    def test_what_costs_more_than_a_bucket_passes_when_it_is_full_and_leaves_a_debt(self):
        quota = Quota("q", 60, 10)
        full_at = quota.take(0.0, 0.0, 25)
        self.assertEqual(full_at, 25.0)
        self.assertEqual(quota.remaining(full_at, 0.0), 0)
        self.assertIsNone(quota.take(full_at, 15.0, 1))
        self.assertIsNotNone(quota.take(full_at, 16.0, 1), "the debt and one token came back")
        self.assertIsNone(quota.take(0.0 + 1, 0.0, 25), "one is missing")

    def test_the_wait_is_exact(self):
        quota = Quota("q", 30, 4)
        full_at = quota.take(0.0, 100.0, 4)
        wait = quota.wait(full_at, 100.0, 1)
        self.assertAlmostEqual(wait, 2.0)
        self.assertIsNone(quota.take(full_at, 100.0 + wait - 0.01, 1))
        self.assertIsNotNone(quota.take(full_at, 100.0 + wait, 1))

    def test_the_headers(self):
        quota = Quota("q", 60, 120)
        self.assertEqual(quota.policy(), '"source";q=120;w=120')
        self.assertEqual(quota.state(119, 0.4), '"source";r=119;t=1')

    @relaxed
    @given(QUOTAS, REQUESTS)
    def test_however_many_workers_never_more_than_the_quota(self, quota, requests):
        """Over all time: a full bucket, what came back since, and one debt."""
        bucket, purses = Bucket(quota), [Purse(quota) for _worker in range(4)]
        now, spent, dearest = 1_000.0, 0, 0
        for pause, worker, cost in requests:
            now += pause
            if pay(purses[worker], bucket, now, cost):
                spent += cost
                dearest = max(dearest, cost - quota.capacity)
                came_back = (now - 1_000.0) / quota.interval
                self.assertLessEqual(spent, quota.capacity + came_back + max(0, dearest) + 1e-3)
            self.assertLessEqual(spent, bucket.taken)

    @relaxed
    @given(QUOTAS, REQUESTS)
    def test_workers_never_take_twice_what_they_spend(self, quota, requests):
        bucket, purses = Bucket(quota), [Purse(quota) for _worker in range(4)]
        now, spent = 1_000.0, 0
        for pause, worker, cost in requests:
            now += pause
            if pay(purses[worker], bucket, now, cost):
                spent += cost
            self.assertLessEqual(bucket.taken, 2 * spent)

    def test_many_workers_with_little_traffic_lose_nothing(self):
        """A tenth of the quota, spread over sixteen workers by chance: all of it passes."""
        quota = Quota("q", 600, 600)
        bucket, purses = Bucket(quota), [Purse(quota) for _worker in range(16)]
        chance, now = random.Random(4), 0.0
        for _request in range(3000):
            now += chance.expovariate(1.0)
            self.assertTrue(pay(chance.choice(purses), bucket, now, 1))
        self.assertLess(bucket.taken, 3000 * 1.05)

    def test_a_storm_costs_few_statements(self):
        """Ten times the quota on one worker: it takes ahead, and remembers that it must wait."""
        quota = Quota("q", 6000, 1000)
        bucket, purse = Bucket(quota), Purse(quota)
        paid = sum(pay(purse, bucket, number / 1000, 1) for number in range(10_000))
        self.assertGreaterEqual(paid, 1000 + 0.9 * 9 * 100)
        self.assertLess(bucket.statements, 3000)
        early = Bucket(quota)
        purse = Purse(quota)
        for number in range(900):
            self.assertTrue(pay(purse, early, number / 10_000, 1))
        self.assertLess(early.statements, 30)

    def test_what_a_worker_holds_ends_with_its_lease(self):
        quota = Quota("q", 60, 100)
        bucket, purse = Bucket(quota), Purse(quota)
        for _request in range(5):  # leases of 1, 1, 2 and 4
            pay(purse, bucket, 0.0, 1)
        self.assertEqual((purse.held, bucket.taken), (3, 8))
        self.assertFalse(purse.spend(4.0, 1), "its four tokens are back in the bucket")
        self.assertEqual(purse.wish(4.0, 1), 1)


class TestAddresses(BaseCase):
    def test_networks(self):
        networks = parse_networks("203.0.113.0/24, 198.51.100.7\n2001:db8::/32")
        for address in ("203.0.113.9", "198.51.100.7", "2001:db8::1", "::ffff:203.0.113.9"):
            self.assertTrue(is_within(address, networks), address)
        for address in ("203.0.114.9", "198.51.100.8", "2001:db9::1", "", None, "nonsense"):
            self.assertFalse(is_within(address, networks), address)
        self.assertEqual(parse_networks(None), ())
        for bad in ("203.0.113.0/33", "carrier.example", "10.0.0"):
            with self.assertRaisesRegex(ValueError, bad):
                parse_networks(f"203.0.113.0/24\n{bad}")

    def test_who_sent_it(self):
        proxies = parse_networks("10.0.0.0/8 ::1")
        for peer, forwarded, client in (
            ("203.0.113.9", None, "203.0.113.9"),
            ("203.0.113.9", "198.51.100.7", "203.0.113.9"),  # no proxy of ours: it may lie
            ("10.0.0.1", None, "10.0.0.1"),
            ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # the left one is hearsay
            ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.2.0.1", "198.51.100.7"),
            ("10.0.0.1", "10.3.0.1, 10.2.0.1", "10.3.0.1"),
            ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
            ("::1", "[2001:db8::5]:4711", "2001:db8::5"),
            ("::1", "2001:db8::5", "2001:db8::5"),
            ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
            ("10.0.0.1", ", ,", "10.0.0.1"),
            (None, "198.51.100.7", ""),
        ):
            with self.subTest(peer=peer, forwarded=forwarded):
                self.assertEqual(client_of(peer, forwarded, proxies), client)

    def test_what_counts_as_one(self):
        self.assertEqual(site_of("203.0.113.9"), "203.0.113.9")
        self.assertEqual(site_of("::ffff:203.0.113.9"), "203.0.113.9")
        self.assertEqual(site_of("2001:db8::1"), site_of("2001:db8::ffff:2"))
        self.assertNotEqual(site_of("2001:db8::1"), site_of("2001:db8:0:1::1"))
        self.assertEqual(site_of(""), "unknown")

    @relaxed
    @given(st.text(), st.text())
    def test_nothing_in_a_header_breaks_it(self, peer, forwarded):
        client_of(peer, forwarded, parse_networks("0.0.0.0/0 ::/0"))
        site_of(forwarded)
