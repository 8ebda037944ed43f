"""The circuit breaker of one endpoint: when deliveries stop, and when one tries again.

Pure: what was, and what happened, make what is. The row that all workers share is kept by
`models/freight_breaker.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

#: Failures in a row that open it.
IN_A_ROW = 5
#: Deliveries that are looked back on, and how many failures among them open it.
WINDOW = 20
HALF = WINDOW // 2
#: The first pause; each failed probe doubles it up to the longest.
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)

CLOSED, OPEN, PAUSED, PROBING = "closed", "open", "paused", "probing"


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is known of an endpoint. All moments are naive UTC.

    :ivar state: closed: deliveries go; open: they failed; paused: the partner asked for it;
        probing: one delivery is under way that decides
    :ivar streak: failures in a row
    :ivar recent: the last deliveries, the newest last: ``x`` failed, ``.`` did not
    :ivar openings: how often in a row it opened
    :ivar since: when it left ``closed``
    :ivar until: before that nothing is tried; while probing, when the probe is given up
    :ivar probe: the claim of the one delivery under way
    """

    state: str = CLOSED
    streak: int = 0
    recent: str = ""
    openings: int = 0
    since: datetime | None = None
    until: datetime | None = None
    probe: str | None = None


def succeeded(breaker: Breaker, probe: str | None = None) -> Breaker:
    """Note a delivery that was answered as a partner in good health answers.

    While not closed only the probe decides: what was under way before says nothing of now.
    """
    if breaker.state == CLOSED:
        return replace(breaker, streak=0, recent=_noted(breaker, "."))
    return Breaker() if _decides(breaker, probe) else breaker


def failed(
    breaker: Breaker,
    now: datetime,
    probe: str | None = None,
    asked: timedelta | None = None,
) -> Breaker:
    """Note a delivery that failed for the partner's sake.

    :param asked: how long the partner wishes not to be called (``Retry-After``)
    """
    if breaker.state != CLOSED:
        return _opened(breaker, now, asked) if _decides(breaker, probe) else breaker
    noted = replace(breaker, streak=breaker.streak + 1, recent=_noted(breaker, "x"))
    if asked or noted.streak >= IN_A_ROW or noted.recent.count("x") >= HALF:
        return _opened(noted, now, asked)
    return noted


def probing(breaker: Breaker, token: str, until: datetime) -> Breaker:
    """Let the claim ``token`` try; should its worker die, another may after ``until``."""
    return replace(breaker, state=PROBING, probe=token, until=until)


def hurried(breaker: Breaker, now: datetime) -> Breaker:
    """Let the next probe go at once, as a person wishes; one under way is waited for."""
    return replace(breaker, until=now) if breaker.state in (OPEN, PAUSED) else breaker


def _opened(breaker, now, asked):
    openings = breaker.openings if asked else breaker.openings + 1
    pause = asked or min(FIRST_PAUSE * 2 ** min(openings - 1, 16), LONGEST_PAUSE)
    return replace(
        breaker,
        state=PAUSED if asked else OPEN,
        openings=openings,
        since=breaker.since or now,
        until=now + pause,
        probe=None,
    )


def _decides(breaker, probe):
    return breaker.state == PROBING and probe is not None and breaker.probe == probe


def _noted(breaker, mark):
    return (breaker.recent + mark)[-WINDOW:]
