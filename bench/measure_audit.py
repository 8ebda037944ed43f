"""What the audit log costs: four writers at once beside the same writes that are not recorded."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest.mock import patch

from .figures import Row, Samples
from .timing import in_turn, rate

ROUNDS = 7
WRITERS = 4
WRITES = 150


def rows(stage):
    """Let four writers each change an endpoint of its own, one transaction for each change."""
    ids = _endpoints(stage)
    with _sealing(stage):
        ours, theirs = in_turn(
            ROUNDS,
            lambda number: rate(WRITERS * WRITES, lambda: _write(stage, ids, number)),
            lambda number: _unrecorded(stage, ids, number),
        )
    return [
        Row("audited change of a record, four writers", Samples(ours, "/s"),
            "the same, not recorded", Samples(theirs, "/s"), ">= 0.8", _left(stage))
    ]  # fmt: skip


def _endpoints(stage):
    with stage.transaction() as env:
        return env["freight.endpoint"].create(
            [
                {
                    "code": f"audit_{number}",
                    "name": f"Writer {number}",
                    "system_id": stage.fixtures.system_id,
                }
                for number in range(WRITERS)
            ]
        ).ids  # fmt: skip


def _write(stage, ids, number):
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda key: _change(stage, key, number), ids))


def _change(stage, key, number):
    threading.current_thread().dbname = stage.database
    for turn in range(WRITES):
        with stage.transaction() as env:
            env["freight.endpoint"].browse(key).write({"name": f"{key} {number} {turn}"})


def _unrecorded(stage, ids, number):
    with patch.object(stage.registry["freight.endpoint"], "_audit_fields", lambda _model: ()):
        return rate(WRITERS * WRITES, lambda: _write(stage, ids, -number))


@contextmanager
def _sealing(stage):
    """Let a lane work beside the writers, woken as its cron would be: about once a second."""
    over = threading.Event()

    def seal():
        threading.current_thread().dbname = stage.database
        while not over.wait(1.0):
            _drain(stage)

    sealer = threading.Thread(target=seal)
    sealer.start()
    try:
        yield
    finally:
        over.set()
        sealer.join()


def _drain(stage):
    with stage.transaction() as env:
        while env["freight.audit.sealer"]._queue_step():
            pass


def _left(stage):
    """Check that all of it was sealed and is whole. Return how much that was."""
    _drain(stage)
    with stage.transaction() as env:
        found = env["freight.audit.verification"]._verify()
        if found.outcome != "whole" or found.waiting_count:
            raise RuntimeError(f"the audit log is {found.outcome}: {found.findings}")
        return {"entries sealed": found.link_count}
