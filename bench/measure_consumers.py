"""Consumers' dispatch: fan-out of events and a consumer that does nothing; beside queue_job."""

from .figures import Row, Samples
from .jobs import rate_of_nothing
from .timing import in_turn, rate

ROUNDS = 5
SHIPMENTS = 100
EVENTS_EACH = 20
EVENTS = SHIPMENTS * EVENTS_EACH
JOBS = 150


def rows(stage):
    """Fan the same events out again and again; rows of work are new each time."""
    stage.require("queue_job")
    ids = _events(stage)
    only_nothing(stage)
    ours, theirs = in_turn(
        ROUNDS,
        lambda _number: rate(EVENTS, lambda: _dispatch(stage, ids)),
        lambda _number: rate_of_nothing(stage, JOBS),
    )
    return [
        Row("consumer dispatched (fan-out, no-op consumer)", Samples(ours, "/s"),
            "queue_job no-op", Samples(theirs, "/s"), ">= 20", {"events": EVENTS})
    ]  # fmt: skip


def _events(stage):
    with stage.transaction() as env:
        shipments = stage.fixtures.shipments(env, SHIPMENTS)
        return env["freight.event"]._append(
            [
                {
                    "shipment_id": shipment.id,
                    "company_id": shipment.company_id.id,
                    "type_code": "arrived_terminal",
                    "classifier": "actual",
                    "occurred": f"2026-03-03 {hour:02d}:00:00",
                    "received": f"2026-03-03 {hour:02d}:00:00",
                    "source_id": stage.fixtures.system_id,
                    "source_event_id": f"terminal:{shipment.id}:{hour}",
                    "trace_id": shipment.trace_id,
                }
                for shipment in shipments
                for hour in range(EVENTS_EACH)
            ]
        )


def only_nothing(stage):
    """Let the no-op consumer be the only one, with nothing on its list."""
    with stage.transaction() as env:
        consumers = env["freight.consumer"].with_context(active_test=False).search([])
        nothing = env.ref("freight_bench.consumer_nothing")
        (consumers - nothing).active = False
        nothing.active = True
        env.cr.execute("DELETE FROM freight_event_work")


def _dispatch(stage, ids):
    with stage.transaction() as env:
        env["freight.consumer"]._fan_out(ids)
    with stage.transaction() as env:
        done = env["freight.queue.lane"]._drain("consumers")
    if done != EVENTS:
        raise RuntimeError(f"only {done} of {EVENTS} events were dispatched")
