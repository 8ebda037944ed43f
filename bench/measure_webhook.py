"""A webhook accepted (authenticated, stored, sealed) beside an empty Odoo route.

A prefork server with two workers, as in production; clients in a process of their own.
"""

import time
from contextlib import closing

import psycopg2
from odoo.sql_db import connection_info_for

from .figures import Row, Samples, percentile
from .fixtures import SOURCE, cloud_event
from .load import Plan, send
from .server import EMPTY_ROUTE, running
from .timing import in_turn

WORKERS = 2
CLIENTS = 4
ROUNDS = 8
ROUNDS_WITH_LANES = 4
REQUESTS = 500  # in each round
STORM, STORM_CLIENTS = 200, 8
IDLE_MESSAGES = 30
SHIPMENTS = 100
GOAL = ">= 0.55, p99 <= 25 ms"


def rows(stage):
    """Measure with the lanes off, then with a lane working off what comes in."""
    with stage.transaction() as env:
        names = stage.fixtures.shipments(env, SHIPMENTS).mapped("name")
    return [*_without_lanes(stage, names), *_with_lanes(stage, names)]


def _without_lanes(stage, names):
    with _server(stage, "server", 0) as port:
        beside = _accepted_beside_empty(stage, names, port, "webhook accepted", ROUNDS, GOAL)
        storm = _storm(stage, names, port)
    return [beside, storm]


def _with_lanes(stage, names):
    _forget_the_backlog(stage)
    with _server(stage, "server_lanes", 1) as port:
        what = "webhook accepted, a lane working"
        beside = _accepted_beside_empty(stage, names, port, what, ROUNDS_WITH_LANES)
        visible = _accepted_to_visible(stage, names, port)
    return [beside, visible]


def _server(stage, name, cron_workers):
    return running(
        stage.options,
        stage.database,
        stage.server_log(name),
        workers=WORKERS,
        cron_workers=cron_workers,
    )


def _accepted_beside_empty(stage, names, port, what, rounds, goal=""):
    """Return the row of requests per second, webhook and empty route in turn."""
    latencies = ([], [])

    def side(place, requests, status):
        def take(number):
            outcome = _sent(port, CLIENTS, requests(number), status)
            if number:
                latencies[place].extend(outcome.latencies)
            return outcome.per_second

        return take

    readings = in_turn(
        rounds,
        side(0, lambda _number: _webhooks(stage, names, REQUESTS), 202),
        side(1, lambda _number: [_empty()] * REQUESTS, 200),
    )
    notes = {
        f"{whose} p{share}": f"{1000 * percentile(latencies[place], share / 100):.1f} ms"
        for place, whose in enumerate(("ours", "empty"))
        for share in (50, 99)
    }
    return Row(what, Samples(readings[0], "/s"), "empty route", Samples(readings[1], "/s"), goal,
               {**notes, "clients": CLIENTS})  # fmt: skip


def _storm(stage, names, port):
    """Send one message many times at once: one is stored, none is refused."""
    outcome = send(Plan(port, STORM_CLIENTS, _webhooks(stage, names, 1) * STORM))
    slowest = 1000 * max(outcome.latencies)
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(outcome.statuses.items()))
    return Row(f"the same message {STORM} times, {STORM_CLIENTS} clients: slowest answer",
               Samples((slowest,), "ms"), goal="2xx only, <= 100 ms",
               notes={"answers": answers})  # fmt: skip


def _accepted_to_visible(stage, names, port):
    """Send messages one by one to an idle server; watch from outside when each is applied."""
    _wait_until(stage, "SELECT count(*) = 0 FROM freight_message_in WHERE state = 'received'")
    waits = []
    for number in range(IDLE_MESSAGES):
        time.sleep(0.25)
        _sent(port, 1, _webhooks(stage, names[number % len(names) :], 1), 202)
        started = time.perf_counter()
        _wait_until(stage, "SELECT count(*) = 0 FROM freight_message_in WHERE state = 'received'")
        waits.append(1000 * (time.perf_counter() - started))
    return Row("accepted to visible on the shipment, idle", Samples(tuple(waits), "ms"),
               goal="p95 <= 1 s",
               notes={"p95": f"{percentile(waits, 0.95):.0f} ms"})  # fmt: skip


def _wait_until(stage, query):
    _name, where = connection_info_for(stage.database)
    with closing(psycopg2.connect(**where)) as connection:
        connection.autocommit = True
        with connection.cursor() as cr:
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline:
                cr.execute(query)
                if cr.fetchone()[0]:
                    return
                time.sleep(0.005)
    raise RuntimeError(f"this did not come true: {query}")


def _forget_the_backlog(stage):
    """Take what nobody worked off out of the queue."""
    with stage.transaction() as env:
        env.cr.execute("UPDATE freight_message_in SET state = 'ignored' WHERE state = 'received'")


def _sent(port, clients, requests, status):
    outcome = send(Plan(port, clients, requests))
    if set(outcome.statuses) != {status}:
        raise RuntimeError(f"the server answered {dict(outcome.statuses)}, not {status} only")
    return outcome


def _webhooks(stage, names, count):
    """Return ``count`` signed requests, each with an event of its own."""
    requests = []
    for number in range(count):
        body = cloud_event(names[number % len(names)])
        headers = {
            "Host": "127.0.0.1",
            "Content-Type": "application/cloudevents+json",
            "Content-Length": str(len(body)),
            **stage.fixtures.headers(body),
        }
        requests.append(_raw("POST", f"/freight/v1/hooks/{SOURCE}", headers) + body)
    return requests


def _empty():
    return _raw("GET", EMPTY_ROUTE, {"Host": "127.0.0.1"})


def _raw(method, path, headers):
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()
