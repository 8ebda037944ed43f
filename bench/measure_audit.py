"""What the audit log costs: four writers at once beside the same writes that are not recorded."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from .books import open_books
from .figures import Row, Samples
from .measure_bills import received
from .timing import in_turn, rate
from .writers import unrecorded, work, writers

ROUNDS = 7
WRITERS = 4
WRITES = 150
RATES = 40
BILLS = 8


def rows(stage):
    """Take the least deed in threads of one process, and whole deeds in processes."""
    return [_small(stage), *_deeds(stage)]


def _small(stage):
    """Let four threads each change an endpoint of its own, one transaction for each change."""
    ids = _endpoints(stage)
    with _sealing(stage):
        ours, theirs = in_turn(
            ROUNDS,
            lambda number: rate(WRITERS * WRITES, lambda: _write(stage, ids, number)),
            lambda number: _unrecorded(stage, ids, number),
        )
    return Row("audited change of one field, four threads", Samples(ours, "/s"),
               "the same, not recorded", Samples(theirs, "/s"), notes=_left(stage))  # fmt: skip


def _deeds(stage):
    """Let four processes each decide what people decide, one transaction for each decision."""
    open_books(stage)
    rates = [[key] * RATES for key in _rates(stage)]
    with writers(stage, WRITERS) as pool, _sealing(stage):
        price = _in_turn(stage, pool, _change_rate, lambda: rates)
        reject = _in_turn(stage, pool, _reject_bill, lambda: _bills(stage))
    return [
        _row(stage, "audited change of a contract rate, four processes", price),
        _row(stage, "audited rejection of a carrier's bill, four processes", reject),
    ]


def _in_turn(stage, pool, deed, shares):
    return in_turn(
        ROUNDS,
        lambda _number: _rate_of(pool, deed, shares(), recorded=True),
        lambda _number: _rate_of(pool, deed, shares(), recorded=False),
    )


def _rate_of(pool, deed, shares, recorded):
    return rate(sum(map(len, shares)), lambda: work(pool, deed, shares, recorded))


def _row(stage, what, readings):
    ours, theirs = (Samples(side, "/s") for side in readings)
    return Row(what, ours, "the same, not recorded", theirs, ">= 0.8", _left(stage))


def _change_rate(env, key):
    rate_ = env["freight.contract.rate"].browse(key)
    rate_.rate = rate_.rate + 0.01


def _reject_bill(env, key):
    env["freight.carrier.invoice"].browse(key)._reject("Billed to the wrong party")


def _rates(stage):
    """Return the id of a rate for each writer, each of a contract of its own."""
    with stage.transaction() as env:
        contract = env["freight.contract"].search([("name", "=", "Bench LTL")], limit=1)
        copies = [contract.copy({"name": f"Bench {n}", "active": False}) for n in range(WRITERS)]
        return [copy.rate_ids[0].id for copy in copies]


def _bills(stage):
    """Return for each writer the ids of bills that were audited and wait for a decision."""
    ids = received(stage, WRITERS * BILLS)
    with stage.transaction() as env:
        bills = env["freight.carrier.invoice"].browse(ids)
        bills._find_shipments()
        bills._audit()
    return [ids[number::WRITERS] for number in range(WRITERS)]


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
    with unrecorded(stage.registry):
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
