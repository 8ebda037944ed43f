import time
from datetime import timedelta

from odoo import _, api, fields, models

from .. import db

#: Seconds after which a lane gives the cron worker back and asks to be started again: the cron
#: time limit counts the whole list of jobs.
SHIFT = 10.0

#: Whoever adds work holds this lock shared from its look at ``asleep`` until the work is committed;
#: a lane that falls asleep holds it alone. So the lane's last look misses nothing.
LOCK = "freight.queue.lane"

#: SQL that takes it shared. The look at ``asleep`` is a statement after this one, for it needs a
#: snapshot of its own; both may share a round trip.
HOLD_AWAKE = f"SELECT pg_advisory_xact_lock_shared(hashtext('{LOCK}'))"

#: SQL that flips one sleeping lane of a queue where ``condition`` holds, and locks none elsewhere.
WAKE_ONE = """
    UPDATE freight_queue_lane SET asleep = false
     WHERE id = (SELECT id FROM freight_queue_lane
                  WHERE queue = %s AND asleep AND {condition} ORDER BY id LIMIT 1
                    FOR UPDATE OF freight_queue_lane SKIP LOCKED)
    RETURNING cron_id
"""

#: The cron's own interval: what falls due later than this needs no trigger.
FALLBACK = timedelta(minutes=1)

#: When this process looked last whether a lane sleeps, by database and queue.
_looked = {}


class FreightQueueLane(models.Model):
    """One of several identical workers of a queue, each with a cron record of its own.

    A lane sleeps when its queue is empty. Only the one who wakes it triggers its cron, so a storm
    of messages costs one trigger and not one each.
    """

    _name = "freight.queue.lane"
    _description = "Queue Lane"
    _order = "queue, id"

    name = fields.Char(required=True)
    queue = fields.Selection(
        [("consumers", "Event consumers"), ("audit", "Audit log")],
        required=True,
        index=True,
    )
    worker_model = fields.Char(required=True, help="The model whose rows this lane works off.")
    cron_id = fields.Many2one("ir.cron", required=True, ondelete="cascade")
    asleep = fields.Boolean(default=True, readonly=True)
    last_run = fields.Datetime(readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        """Give each new lane a cron record of its own where none is named."""
        for vals in vals_list:
            if not vals.get("cron_id"):
                vals["cron_id"] = self._create_cron(vals["name"]).id
        lanes = super().create(vals_list)
        for lane in lanes:
            lane.cron_id.code = f"model._run({lane.id})"
        return lanes

    @api.model
    def _create_cron(self, name):
        return self.env["ir.cron"].create(
            {
                "name": _("Freight lane: %s", name),
                "model_id": self.env["ir.model"]._get_id(self._name),
                "state": "code",
                "code": "pass",
                "interval_number": 1,
                "interval_type": "minutes",
                "numbercall": -1,
                "doall": False,
            }
        )

    @api.model
    def _wake_after_commit(self, queue, pause=0.0):
        """Wake a lane of ``queue`` once the current transaction stands.

        Should the process die in between, the cron's interval finds the work.

        :param pause: the ``_queue_pause`` of the queue's worker, for as many seconds of which one
            look is enough: before it sleeps for good the lane waits as long and looks once more
        """
        postcommit = self.env.cr.postcommit
        woken = postcommit.data.setdefault("freight_lanes_to_wake", set())
        if queue not in woken:
            woken.add(queue)
            postcommit.add(lambda: self._wake_now_and_then(queue, pause))

    @api.model
    def _wake_now_and_then(self, queue, pause):
        place, now = (self.env.cr.dbname, queue), time.monotonic()
        if now - _looked.get(place, -pause) >= pause:
            _looked[place] = now
            self._wake(queue)

    @api.model
    def _wake(self, queue, cr=None):
        """Flip one sleeping lane of ``queue`` and trigger it. Return whether one was asleep.

        :param cr: the READ COMMITTED cursor that the work was added on, if that is not committed
        """
        if cr is None:
            with db.read_committed(self.pool) as own:
                return self._wake(queue, own)
        cr.execute(f"{HOLD_AWAKE}; {WAKE_ONE.format(condition='true')}", [queue])
        row = cr.fetchone()
        if row:
            self._start(cr, row[0])
        return bool(row)

    @api.model
    def _start(self, cr, cron_id):
        """Trigger the cron of a lane that was woken on ``cr``."""
        self.env(cr=cr, su=True)["ir.cron"].browse(cron_id)._trigger()

    @api.model
    def _run(self, lane_id):
        """Work the lane's queue off: what the cron calls."""
        lane = self.browse(lane_id).exists()
        if not lane:
            return
        worker = self.env[lane.worker_model]
        time.sleep(worker._queue_pause)
        self._mark(lane_id, asleep=False)
        end_of_shift = time.monotonic() + SHIFT
        while time.monotonic() < end_of_shift and worker._queue_rescue():
            pass
        while time.monotonic() < end_of_shift:
            if worker._queue_step():
                continue
            self._mark(lane_id, asleep=True)
            time.sleep(worker._queue_pause)
            if not worker._queue_step():
                break
            self._mark(lane_id, asleep=False)
        self._schedule_next(lane, worker)

    @api.model
    def _mark(self, lane_id, asleep):
        with db.read_committed(self.pool) as cr:
            if asleep:
                cr.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
            cr.execute(
                "UPDATE freight_queue_lane SET asleep = %s, last_run = %s WHERE id = %s",
                [asleep, fields.Datetime.now(), lane_id],
            )

    @api.model
    def _schedule_next(self, lane, worker):
        """Start again at once when the shift ended with work left, else when a row falls due."""
        with db.transaction(self.pool) as env:
            now = fields.Datetime.now()
            due = env[worker._name]._queue_next_due()
            if not env[lane._name].browse(lane.id).asleep:
                due = now
            if due and due < now + FALLBACK:
                env["ir.cron"].browse(lane.cron_id.id)._trigger(at=max(due, now))

    @api.model
    def _drain(self, queue):
        """Work ``queue`` off in this process until nothing is due. Return how many rows it took.

        For tests, scripts and the "run now" button.
        """
        self.env.flush_all()
        done = 0
        for model in {lane.worker_model for lane in self.search([("queue", "=", queue)])}:
            for step in (self.env[model]._queue_rescue, self.env[model]._queue_step):
                while taken := step():
                    done += taken
        self.env.invalidate_all()
        return done

    def action_run_now(self):
        """Work off what waits, at once.

        :raise AccessError: for who may not run lanes
        """
        self.check_access_rights("write")
        for queue in set(self.mapped("queue")):
            self._drain(queue)
