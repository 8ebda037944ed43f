"""When a failed delivery is tried again, and when it is not."""

import random
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from enum import Enum
from http.client import HTTPException

#: Delay after the first, second, ... failed attempt; after the last the message is dead.
SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.2
#: A partner may ask for a pause, not for an endless one.
MAX_RETRY_AFTER = timedelta(hours=24)

_RETRY_STATUS = {408, 425, 429}
_GONE = 410


class Outcome(str, Enum):
    """What the answer to a delivery means for the message, and for its endpoint."""

    DONE = "done"
    RETRY = "retry"
    DISABLE = "disable"
    DEAD = "dead"


def classify(result: int | BaseException) -> Outcome:
    """Judge an HTTP status, or the exception raised instead of one.

    2xx is done; 408, 425, 429, 5xx and network failures are tried again; 410 disables the
    endpoint; everything else is dead at once, because the same request would fail again.
    """
    if isinstance(result, BaseException):
        return _classify_exception(result)
    if 200 <= result < 300:
        return Outcome.DONE
    if result in _RETRY_STATUS or 500 <= result < 600:
        return Outcome.RETRY
    return Outcome.DISABLE if result == _GONE else Outcome.DEAD


def _classify_exception(error: BaseException) -> Outcome:
    # An address that cannot be parsed is a ValueError (requests: and an OSError), and stays wrong;
    # a certificate that fails is a ValueError too, and is renewed.
    malformed = isinstance(error, ValueError) and not isinstance(error, ssl.SSLError)
    network = isinstance(error, OSError | HTTPException)
    return Outcome.RETRY if network and not malformed else Outcome.DEAD


def next_delay(
    attempt: int,
    retry_after: str | None = None,
    now: datetime | None = None,
    rng: Callable[[], float] = random.random,
) -> timedelta | None:
    """Return how long to wait after failed attempt number ``attempt`` (the first is 1).

    :param retry_after: the answer's ``Retry-After`` header; the delay is never shorter than it
        (up to ``MAX_RETRY_AFTER``)
    :param now: aware; what a date in ``retry_after`` counts from
    :param rng: returns a number from 0 to 1, for the jitter of +-20 %
    :return: ``None`` when the schedule is used up
    """
    if attempt > len(SCHEDULE):
        return None
    scheduled = SCHEDULE[max(attempt, 1) - 1] * (1 - JITTER + 2 * JITTER * rng())
    asked = parse_retry_after(retry_after, now or datetime.now(timezone.utc))
    return max(scheduled, min(asked or timedelta(0), MAX_RETRY_AFTER))


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read seconds or an HTTP date (RFC 9110, 10.2.3).

    :return: ``None`` when absent, unreadable or past: the schedule alone decides then
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), MAX_RETRY_AFTER.total_seconds()))
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if date.tzinfo is None:  # "-0000": the zone of the sender is unknown, the time is UTC
        date = date.replace(tzinfo=timezone.utc)
    return date - now if date > now else None
