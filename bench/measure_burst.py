"""A burst in which one source storms, and a drain while another transaction is held open.

The storm is all there before the others say anything: in the order of arrival they would wait for
the whole of it.
"""

import time
from contextlib import closing, contextmanager

import psycopg2
from odoo.addons.freight_canonical import db
from odoo.addons.freight_tms_connector.models.freight_admission import Arrival
from odoo.sql_db import connection_info_for

from .figures import Row, Samples
from .fixtures import status_214
from .timing import in_turn, rate

STORM, OTHERS = 16_000, 4
EACH = 1_000  # messages of each of the others
SHIPMENTS = 1_250
BATCH = 1_000
ROUNDS = 4
HELD = 2_000  # messages in each round beside a transaction that is held open


def rows(stage):
    """Measure with one lane, in this process."""
    with stage.transaction() as env:
        names = stage.fixtures.shipments(env, SHIPMENTS).mapped("name")
        storming, *others = stage.fixtures.endpoints(env, 1 + OTHERS)
    return [
        _burst(stage, _Pings(names), storming, others),
        _held_open(stage, _Pings(names, code="X4"), storming),
    ]


class _Pings:
    """Reports of shipments, never the same one twice."""

    def __init__(self, names, code="X6"):
        self._names, self._code, self._count = names, code, 0

    def take(self, count):
        """Return the bytes of the next ``count``."""
        start, self._count = self._count, self._count + count
        return [self._ping(number) for number in range(start, self._count)]

    def _ping(self, number):
        minute, place = divmod(number, len(self._names))
        day, clock = 3 + minute // 1440, f"{minute // 60 % 24:02d}{minute % 60:02d}"
        return status_214(self._names[place], (self._code, f"202603{day:02d}", clock))


def _admit(stage, endpoint_id, bodies):
    with stage.transaction() as env:
        endpoint = env["freight.endpoint"].browse(endpoint_id)
        for start in range(0, len(bodies), BATCH):
            env["freight.admission"]._admit(
                Arrival(endpoint.id, endpoint.company_id.id, body, "x12", key=None)
                for body in bodies[start : start + BATCH]
            )


def _burst(stage, pings, storming, others):
    """Let one source storm, then the others say their part; work all of it off."""
    _admit(stage, storming, pings.take(STORM))
    for other in others:
        _admit(stage, other, pings.take(EACH))
    started, quiet = time.perf_counter(), None
    with stage.transaction() as env:
        queue = env["freight.message.in"]
        while queue._queue_step():
            if quiet is None and not _waiting(stage, others):
                quiet = time.perf_counter() - started
    total = time.perf_counter() - started
    _check(stage, [storming, *others])
    count = STORM + OTHERS * EACH
    return Row(
        f"burst of {count:,}, 80 % of one source: the others are done after",
        Samples((quiet,), "s"),
        "all are done",
        Samples((total,), "s"),
        "well below 1",
        {"messages/s": round(count / total)},
    )


def _held_open(stage, pings, endpoint):
    """Drain with and without a transaction of somebody else's that has a snapshot."""
    alone, held = in_turn(
        ROUNDS,
        lambda _number: _drained(stage, pings, endpoint),
        lambda _number: _drained_beside_a_snapshot(stage, pings, endpoint),
    )
    return Row(
        "drained while a transaction is held open",
        Samples(held, "/s"),
        "none is held",
        Samples(alone, "/s"),
        "",
        {"messages": HELD},
    )


def _drained(stage, pings, endpoint):
    _admit(stage, endpoint, pings.take(HELD))
    with stage.transaction() as env:
        lanes = env["freight.queue.lane"]
        reading = rate(HELD, lambda: lanes._drain("inbox"))
    _check(stage, [endpoint])
    return reading


def _drained_beside_a_snapshot(stage, pings, endpoint):
    with _snapshot(stage.database):
        return _drained(stage, pings, endpoint)


@contextmanager
def _snapshot(database):
    """Hold a transaction open that sees the past, so that nothing dead can be cleaned away."""
    _name, dsn = connection_info_for(database)
    with closing(psycopg2.connect(**dsn)) as connection:
        connection.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_REPEATABLE_READ)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM freight_message_in")
            yield


def _waiting(stage, endpoints):
    with db.read_committed(stage.registry) as cr:
        cr.execute(
            "SELECT EXISTS (SELECT 1 FROM freight_message_in WHERE state IN ('received', 'retry')"
            " AND endpoint_id IN %s)",
            [tuple(endpoints)],
        )
        return cr.fetchone()[0]


def _check(stage, endpoints):
    """A figure counts only if all of the work was done."""
    with stage.transaction() as env:
        left = env["freight.message.in"].search_count(
            [("endpoint_id", "in", endpoints), ("state", "!=", "applied")]
        )
    if left:
        raise RuntimeError(f"{left} messages were not applied")
