"""No-op jobs of OCA queue_job, run the cheapest way that still is queue_job's.

What its controller does for each job, in this process: a cursor of its own, the check and lock
of the record, `Job.load`, started and committed, performed, done and committed, dependants looked
for. Left out are its runner's own update of each job and its HTTP request to itself, which would
make it slower.
"""

from odoo import SUPERUSER_ID, api

from .timing import rate


def rate_of_nothing(stage, count):
    """Return how many no-op jobs one process performs per second; enqueueing is not counted."""
    uuids = _enqueued(stage, count)
    return rate(count, lambda: [_perform(stage.registry, uuid) for uuid in uuids])


def _enqueued(stage, count):
    with stage.transaction() as env:
        nothing = env["freight.bench"]
        uuids = [nothing.with_delay().do_nothing().uuid for _number in range(count)]
        env.flush_all()
        env.cr.execute(
            "UPDATE queue_job SET state = 'enqueued', date_enqueued = now() at time zone 'utc'"
            " WHERE uuid = ANY(%s)",
            [uuids],
        )
    return uuids


def _perform(registry, uuid):
    from odoo.addons.queue_job.controllers.main import RunJobController
    from odoo.addons.queue_job.job import Job

    controller = RunJobController()
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        cr.execute(
            "SELECT state FROM queue_job WHERE uuid=%s AND state=%s FOR UPDATE",
            (uuid, "enqueued"),
        )
        job = Job.load(env, uuid)
        controller._try_perform_job(env, job)
        controller._enqueue_dependent_jobs(env, job)
