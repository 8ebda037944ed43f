"""Rate limits: the arithmetic of token buckets, and what a client is told of them.

A bucket is one number, the moment at which it will be full again (GCRA's theoretical arrival
time). Taking tokens moves that moment on; a bucket whose moment has passed is full.
"""

import math
from dataclasses import dataclass
from threading import Lock

#: A worker takes at most this share of a burst ahead of need.
LEASED_SHARE = 20
SECONDS = 60.0
#: Seconds; moments since 1970 as double precision are exact to a quarter of a microsecond.
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Quota:
    """How much somebody may send.

    :ivar key: who pays: any text that is unique in the database
    :ivar per_minute: tokens that come back each minute; 0: unlimited
    :ivar burst: tokens in a full bucket; 0: as many as come back in a minute
    """

    key: str
    per_minute: int
    burst: int = 0

    @property
    def limited(self):
        """Whether there is a limit at all."""
        return self.per_minute > 0

    @property
    def capacity(self):
        """Tokens in a full bucket."""
        return self.burst or self.per_minute

    @property
    def interval(self):
        """Seconds in which one token comes back."""
        return SECONDS / self.per_minute

    @property
    def depth(self):
        """Seconds in which an empty bucket fills."""
        return self.capacity * self.interval

    @property
    def largest_lease(self):
        """Tokens that a worker may hold ahead of need, at least one."""
        return max(1, self.capacity // LEASED_SHARE)

    def need(self, cost):
        """Return the tokens that must be there before ``cost`` is taken.

        What costs more than a full bucket passes when the bucket is full and leaves it in debt, so
        that it passes at all and the long-run rate still holds.
        """
        return min(cost, self.capacity)

    def take(self, full_at, now, cost):
        """Return the bucket's new moment after ``cost``, None where it has not got enough."""
        start = max(full_at, now)
        if start - now + self.need(cost) * self.interval > self.depth + ROUNDING:
            return None
        return start + cost * self.interval

    def remaining(self, full_at, now):
        """Return the whole tokens in the bucket."""
        return max(0, math.floor((self.depth - max(0.0, full_at - now)) / self.interval + ROUNDING))

    def wait(self, full_at, now, cost):
        """Return the seconds until ``cost`` can be taken."""
        return max(0.0, full_at - now + self.need(cost) * self.interval - self.depth)

    def policy(self):
        """Return the value of ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers-10).

        A full bucket and the seconds in which it fills.
        """
        return f'"source";q={self.capacity};w={math.ceil(self.depth)}'

    def state(self, remaining, seconds):
        """Return the value of ``RateLimit``: tokens left, and when the bucket is full again."""
        return f'"source";r={remaining};t={max(0, math.ceil(seconds))}'


class Purse:
    """Tokens of one quota that a worker took from the shared bucket ahead of need.

    It asks for more than it needs only while it alone spends faster than the bucket fills: when a
    lease was used up within the time in which its tokens come back, the next one may be as much as
    was spent since such a run began. Otherwise it takes what it needs. So no worker ever takes more
    than twice what it spends, however many there are, and slow traffic takes exactly what it needs.
    What is left when a lease ends is lost: by then the bucket has those tokens again.
    """

    __slots__ = ("quota", "held", "run", "until", "remaining", "full_at", "closed", "lock")

    def __init__(self, quota):
        """Begin with nothing."""
        self.quota = quota
        self.held = 0
        self.run = 0
        self.until = -math.inf
        self.remaining = 0
        self.full_at = 0.0
        self.closed = (-math.inf, 0)
        self.lock = Lock()

    def spend(self, now, cost):
        """Pay ``cost`` from what is held; return whether it was enough."""
        if self._alive(now) < cost:
            return False
        self.held -= cost
        return True

    def needs(self, now, cost):
        """Return the tokens that ``cost`` lacks."""
        return cost - self._alive(now)

    def wish(self, now, cost):
        """Return the tokens to ask the bucket for, those that ``cost`` lacks among them."""
        needed = self.needs(now, cost)
        if self.held == 0 and now < self.until:
            return max(needed, min(self.run, self.quota.largest_lease))
        return needed

    def fill(self, now, taken, cost, seconds):
        """Hold ``taken`` tokens more, and pay ``cost``.

        :param seconds: until the bucket, as it is now, is full again
        """
        self.held = self._alive(now) + taken - cost
        self.run = taken + (self.run if now < self.until else 0)
        self.until = now + taken * self.quota.interval
        self.remaining = self.quota.remaining(seconds, 0.0)
        self.full_at = now + seconds

    def close(self, now, cost, wait, seconds):
        """Remember that the bucket has not got ``cost`` for ``wait`` seconds."""
        self.closed = (now + wait, cost)
        self.remaining = self.quota.remaining(seconds, 0.0)
        self.full_at = now + seconds

    def wait(self, now, cost):
        """Return the seconds for which it is known that ``cost`` cannot be paid."""
        until, least = self.closed
        return max(0.0, until - now) if cost >= least else 0.0

    def headers(self, now):
        """Return what an answer says of the quota, as this worker knows it."""
        quota = self.quota
        told = quota.state(self.remaining + self._alive(now), self.full_at - now)
        return {"RateLimit-Policy": quota.policy(), "RateLimit": told}

    def _alive(self, now):
        return self.held if now < self.until else 0
