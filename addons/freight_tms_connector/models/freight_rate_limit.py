"""Who may knock how often: buckets in PostgreSQL, and what this process remembers of them."""

import logging
import math
import time
from dataclasses import dataclass, field

from odoo import api, models
from odoo.addons.freight_canonical import db
from odoo.tools import config

from ..addresses import client_of, parse_networks, site_of
from ..limiting import ROUNDING, Purse, Quota
from .freight_reception import Rejection

_logger = logging.getLogger(__name__)

PROXIES_OPTION = "freight_trusted_proxies"
PROXIES_PARAMETER = "freight.trusted_proxies"
FAILURES_PARAMETER = "freight.address_failures_per_minute"
BURST_PARAMETER = "freight.address_failures_burst"
DEFAULT_FAILURES = 60

#: Seconds between two looks of a process at what others know.
LOOK_EVERY = 1.0
#: More purses than this: those that hold nothing are thrown away.
MANY_PURSES = 4096
MODULE = "freight_tms_connector"

_NOW = "WITH clock AS MATERIALIZED (SELECT extract(epoch FROM clock_timestamp())::float8 AS now)"


@dataclass(slots=True)
class _Memory:
    """What this process remembers of one database; moments are those of ``time.monotonic``."""

    looked: float = -math.inf
    settled: bool = True
    blocked: dict = field(default_factory=dict)
    purses: dict = field(default_factory=dict)


_memories = {}


def forget():
    """Forget what this process remembers, for tests."""
    _memories.clear()


def client_address(env, http_request):
    """Return the address of who sent ``http_request``.

    ``X-Forwarded-For`` counts only from the proxies of ``freight_trusted_proxies`` (odoo.conf) or
    the parameter ``freight.trusted_proxies``. Without any, Odoo's ``proxy_mode`` decides.
    """
    networks = _trusted_proxies(env)
    if not networks:
        return http_request.remote_addr or ""
    environ = http_request.environ
    original = environ.get("werkzeug.proxy_fix.orig") or environ
    forwarded = environ.get("HTTP_X_FORWARDED_FOR")
    return client_of(original.get("REMOTE_ADDR"), forwarded, networks)


def _trusted_proxies(env):
    parameters = env["ir.config_parameter"].sudo()
    text = config.get(PROXIES_OPTION) or parameters.get_param(PROXIES_PARAMETER, "")
    try:
        return parse_networks(text)
    except ValueError as error:
        _logger.error(
            "%s names %s, which is no network: no proxy is trusted", PROXIES_OPTION, error
        )
        return ()


class FreightRateLimit(models.AbstractModel):
    """Limits by who pays and by address, shared by all workers of all hosts."""

    _name = "freight.rate.limit"
    _description = "Rate Limits"

    # What every request asks -------------------------------------------------------------------

    @api.model
    def _check_ready(self):
        """Refuse politely while this addon is being updated.

        :raise Rejection: 503
        """
        if not self._look().settled:
            raise Rejection(
                503,
                "updating",
                "The server is being updated. Please send it again.",
                headers={"Retry-After": "30"},
            )

    @api.model
    def _check_address(self, address):
        """Refuse an address that failed too often.

        :raise Rejection: 429
        """
        wait = self._look().blocked.get(site_of(address), 0.0) - time.monotonic()
        if wait > 0:
            raise Rejection(
                429,
                "too-many-failures",
                "Too many requests from this address failed. Wait, then send what can be accepted.",
                reason=address,
                headers={"Retry-After": _seconds(wait)},
            )

    @api.model
    def _look(self):
        """Return what this process knows, brought up to date once a second by one statement.

        An update in another process holds the module's row from its first step on, also before it
        commits that there is one: a row that is locked or not "installed" tells.
        """
        memory = _memories.setdefault(self.env.cr.dbname, _Memory())
        now = time.monotonic()
        if now - memory.looked < LOOK_EVERY:
            return memory
        memory.looked = now
        with db.read_committed(self.pool) as cr:
            cr.execute(
                f"""
                SET LOCAL lock_timeout = '2s';
                SET LOCAL synchronous_commit = off;
                {_NOW}, settled AS (
                    SELECT id FROM ir_module_module WHERE name = %s AND state = 'installed'
                       FOR SHARE SKIP LOCKED)
                SELECT NULL, NULL FROM settled
                 UNION ALL
                SELECT key, blocked_until - now FROM freight_rate_bucket, clock
                 WHERE blocked_until > now
                """,
                [MODULE],
            )
            rows = cr.fetchall()
        settled = any(key is None for key, _seconds in rows)
        if memory.settled and not settled:
            _logger.warning("%s is being updated, or was not to its end: no messages", MODULE)
        memory.settled = settled
        memory.blocked = {
            key.removeprefix("address:"): now + seconds for key, seconds in rows if key is not None
        }
        return memory

    # Addresses ---------------------------------------------------------------------------------

    @api.model
    def _count_failure(self, address):
        """Count a request that failed before it was proven whom it is from."""
        site = site_of(address)
        quota = self._failure_quota(f"address:{site}")
        if not quota.limited:
            return
        with db.read_committed(self.pool) as cr:
            cr.execute(
                f"""
                {_NOW}
                INSERT INTO freight_rate_bucket AS bucket (key, full_at)
                SELECT %(key)s, now + %(interval)s FROM clock
                    ON CONFLICT (key) DO UPDATE
                   SET full_at = greatest(bucket.full_at, (SELECT now FROM clock)) + %(interval)s
                RETURNING full_at - (SELECT now FROM clock)
                """,
                _numbers(quota, 1),
            )
            wait = quota.wait(cr.fetchone()[0], 0.0, 1)
            if wait > 0:
                cr.execute(
                    "UPDATE freight_rate_bucket SET blocked_until = full_at + %(interval)s"
                    " - %(depth)s WHERE key = %(key)s",
                    _numbers(quota, 1),
                )
        if wait > 0:
            self._look().blocked[site] = time.monotonic() + wait

    @api.model
    def _failure_quota(self, key):
        per_minute = self._parameter(FAILURES_PARAMETER, DEFAULT_FAILURES)
        return Quota(key, per_minute, self._parameter(BURST_PARAMETER, per_minute))

    @api.model
    def _parameter(self, name, default):
        text = self.env["ir.config_parameter"].sudo().get_param(name)
        if not text:
            return default
        if text.isascii() and text.isdigit():
            return int(text)
        _logger.error("%s is %r, no whole number: %s is taken", name, text, default)
        return default

    # Who proved who it is ----------------------------------------------------------------------

    @api.model
    def _spend(self, quota, cost=1):
        """Take ``cost`` tokens of a :class:`~..limiting.Quota`, for all workers together.

        :return: the headers ``RateLimit`` and ``RateLimit-Policy``; none where there is no limit
        :raise Rejection: 429 with those headers and ``Retry-After``
        """
        if not quota.limited:
            return {}
        purse = self._purse(quota)
        with purse.lock:
            now = time.monotonic()
            if not purse.spend(now, cost):
                wait = purse.wait(now, purse.needs(now, cost)) or self._fill(purse, now, cost)
                if wait:
                    raise self._over_quota(purse, now, wait)
            return purse.headers(now)

    @api.model
    def _purse(self, quota):
        purses = _memories.setdefault(self.env.cr.dbname, _Memory()).purses
        if quota not in purses and len(purses) >= MANY_PURSES:
            purses.clear()
        return purses.setdefault(quota, Purse(quota))

    @api.model
    def _fill(self, purse, now, cost):
        """Take tokens from the bucket and pay ``cost``; return the seconds to wait if it cannot."""
        wish, needed = purse.wish(now, cost), purse.needs(now, cost)
        with db.read_committed(self.pool) as cr:
            for ask in sorted({wish, needed}, reverse=True):
                seconds = self._take(cr, purse.quota, ask)
                if seconds is not None:
                    purse.fill(now, ask, cost, seconds)
                    return 0.0
            seconds = self._seconds_to_full(cr, purse.quota)
        wait = max(purse.quota.wait(seconds, 0.0, needed), ROUNDING)
        purse.close(now, needed, wait, seconds)
        return wait

    @api.model
    def _take(self, cr, quota, tokens):
        """Return the seconds until the bucket is full after ``tokens``, None if it lacks them."""
        cr.execute(
            f"""
            {_NOW}
            INSERT INTO freight_rate_bucket AS bucket (key, full_at)
            SELECT %(key)s, now + %(cost)s * %(interval)s FROM clock
                ON CONFLICT (key) DO UPDATE
               SET full_at = greatest(bucket.full_at, (SELECT now FROM clock))
                           + %(cost)s * %(interval)s
             WHERE greatest(bucket.full_at, (SELECT now FROM clock)) + %(need)s * %(interval)s
                   <= (SELECT now FROM clock) + %(depth)s + %(rounding)s
            RETURNING full_at - (SELECT now FROM clock)
            """,
            _numbers(quota, tokens),
        )
        row = cr.fetchone()
        return row and max(0.0, row[0])

    @api.model
    def _seconds_to_full(self, cr, quota):
        cr.execute(
            f"{_NOW} SELECT full_at - now FROM freight_rate_bucket, clock WHERE key = %s",
            [quota.key],
        )
        row = cr.fetchone()
        return max(0.0, row[0]) if row else 0.0

    @api.model
    def _over_quota(self, purse, now, wait):
        quota = purse.quota
        return Rejection(
            429,
            "over-quota",
            f"The quota is {quota.per_minute} a minute and {quota.capacity} at once."
            " Send it again later.",
            reason=quota.key,
            headers={**purse.headers(now), "Retry-After": _seconds(wait)},
        )


def _numbers(quota, tokens):
    return {
        "key": quota.key,
        "cost": tokens,
        "need": quota.need(tokens),
        "interval": quota.interval,
        "depth": quota.depth,
        "rounding": ROUNDING,
    }


def _seconds(wait):
    """Return the value of ``Retry-After``: whole seconds, at least one."""
    return str(max(1, math.ceil(wait)))
