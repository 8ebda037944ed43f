"""Messages applied: translate, check, dedupe, ledger, fold; beside queue_job's no-op jobs."""

from itertools import product

from .figures import Row, Samples
from .fixtures import STATUSES, status_214
from .jobs import rate_of_nothing
from .timing import in_turn, rate

ROUNDS = 5
MESSAGES = 400  # in each round
JOBS = 150  # in each round
GOAL = ">= 8 per worker"


def rows(stage):
    """Drain inboxes of 214s of one event: each on its own shipment, then four on each."""
    stage.require("queue_job")
    alone, jobs, four, jobs_again = in_turn(
        ROUNDS,
        lambda _number: _rate_applied(stage, STATUSES[:1]),
        lambda _number: rate_of_nothing(stage, JOBS),
        lambda _number: _rate_applied(stage, STATUSES),
        lambda _number: rate_of_nothing(stage, JOBS),
    )
    beside = "queue_job no-op"
    return [
        Row("message applied, a shipment each", Samples(alone, "/s"), beside,
            Samples(jobs, "/s"), GOAL, {"messages": ROUNDS * MESSAGES}),
        Row("message applied, four to a shipment", Samples(four, "/s"), beside,
            Samples(jobs_again, "/s"), GOAL, {"messages": ROUNDS * MESSAGES}),
    ]  # fmt: skip


def _rate_applied(stage, statuses):
    ids = _receive(stage, statuses)
    with stage.transaction() as env:
        lanes = env["freight.queue.lane"]
        reading = rate(MESSAGES, lambda: lanes._drain("inbox"))
    _check(stage, ids)
    return reading


def _receive(stage, statuses):
    """Fill the inbox through the reception and return the ids of the messages."""
    with stage.transaction() as env:
        names = stage.fixtures.shipments(env, MESSAGES // len(statuses)).mapped("name")
    with stage.transaction() as env:
        newest = env["freight.message.in"].search([], limit=1).id or 0
        for status, name in product(statuses, names):
            stage.fixtures.receive(env, status_214(name, status))
    with stage.transaction() as env:
        return env["freight.message.in"].search([("id", ">", newest)]).ids


def _check(stage, ids):
    """A figure counts only if all of the work was done."""
    with stage.transaction() as env:
        applied = env["freight.message.in"].search_count(
            [("id", "in", ids), ("state", "=", "applied")]
        )
    if applied != MESSAGES:
        raise RuntimeError(f"only {applied} of {MESSAGES} messages were applied")
