"""Ways in that we walk ourselves, on a schedule: what polls and folders have in common."""

from collections import namedtuple
from dataclasses import dataclass, field
from datetime import timedelta, timezone

from odoo import _, api, fields, models
from odoo.addons.freight_canonical.models.freight_queue import UNCLAIMED
from odoo.exceptions import ValidationError

from .. import codecs
from ..outgoing import Limits
from ..retry import next_delay
from .freight_admission import Arrival
from .freight_message import MAX_ERROR
from .freight_reception import sniff

#: Seconds of one run: well below the time limit of crons, and so of a claim's lease.
RUN_SECONDS = 60
LIMITS = Limits(connect=5, total=RUN_SECONDS)

#: Seconds until the next run where this one left something for it.
BREATHER = 10

#: Steps of the schedule of `retry` that failures in a row walk up to: two hours.
LAST_STEP = 4

#: Failures in a row before a person is asked: one night's restart asks nobody.
PATIENCE = 3

#: Whose messages a way brings, read before the network is touched.
Sender = namedtuple("Sender", "endpoint_id company_id codec options")


@dataclass
class Run:
    """What a run came to.

    :ivar new: messages taken in; ``known``: such as were there already
    :ivar error: why it failed; ``stops``: nothing is tried again before a person acted
    :ivar troubles: what single files or items could not be taken for
    :ivar more: something is left for the next run, which need not wait
    """

    new: int = 0
    known: int = 0
    error: str | None = None
    stops: bool = False
    retry_after: str | None = None
    troubles: list = field(default_factory=list)
    more: bool = False

    def count(self, admissions):
        """Count what the inbox said."""
        for admission in admissions:
            if admission.duplicate or admission.mismatch:
                self.known += 1
            else:
                self.new += 1


class FreightWay(models.AbstractModel):
    """A way in with a schedule. A run is claimed, walked without a transaction, and recorded.

    What was found is admitted first; only then is the place noted where to go on. A crash in
    between repeats the admission, which its unique key makes harmless.
    """

    _name = "freight.way"
    _description = "Way In"
    _inherit = ["freight.queue", "freight.guarded"]
    _order = "endpoint_id, id"
    _queue_batch = 1  # a run may take its whole minute within the lease

    name = fields.Char(required=True)
    endpoint_id = fields.Many2one("freight.endpoint", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True, index=True)
    active = fields.Boolean(default=True)
    interval = fields.Integer(string="Every (minutes)", required=True, default=15)
    state = fields.Selection(
        [("running", "Running"), ("stopped", "Stopped")],
        required=True,
        readonly=True,
        copy=False,
        default="running",
        help="Stopped: somebody has to mend something first, then run it again.",
    )
    next_attempt = fields.Datetime(string="Next run")
    last_run = fields.Datetime(readonly=True, copy=False)
    last_success = fields.Datetime(readonly=True, copy=False)
    last_found = fields.Char(string="Found last", readonly=True, copy=False)
    last_error = fields.Text(readonly=True, copy=False)

    _sql_constraints = [
        ("interval_positive", "CHECK(interval > 0)", "Minutes between two runs: at least one."),
    ]

    @api.model
    def _guarded(self):
        return {
            *super()._guarded(),
            *("state", "last_run", "last_success", "last_found", "last_error"),
            *("claim_token", "lease_until", "attempts", "next_attempt", "losses"),
        }

    @api.model_create_multi
    def create(self, vals_list):
        """Create, and walk the new ways in for the first time at once."""
        self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)
        return super().create(vals_list)

    # Queue ---------------------------------------------------------------------------------------

    @api.model
    def _queue_claimable(self):
        reachable = self.env["freight.endpoint"]._reachable_sql()
        return f"""
            q.active AND q.state = 'running' AND EXISTS (
                SELECT 1 FROM freight_endpoint e
                 WHERE e.id = q.endpoint_id AND e.state = 'active' AND {reachable})
        """

    @api.model
    def _queue_order(self):
        return "q.next_attempt NULLS FIRST, q.id"

    @api.model
    def _queue_attempt(self, token, ids):
        """Walk the way once; no transaction is open meanwhile."""
        plan = self._queue_transact(token, ids, lambda held: held._plan())
        if plan:
            run = Run()
            self._walk(plan, run, token, ids)
            self._queue_transact(token, ids, lambda held: held._record_run(run))

    def _queue_failed(self, error):
        """A fault of ours: back off as for one of theirs."""
        self._record_run(Run(error=f"{type(error).__name__}: {error}"))

    def _queue_give_up(self, error):
        """Workers died at it again and again: stop, and ask a person."""
        self._record_run(Run(error=str(error), stops=True))

    def _plan(self):
        """Return everything that a run needs, secrets included."""
        raise NotImplementedError

    @api.model
    def _walk(self, plan, run, token, ids):
        """Fetch and admit what is there, and note it in ``run``; faults of theirs too."""
        raise NotImplementedError

    def _sender(self):
        endpoint = self.endpoint_id
        return Sender(
            endpoint.id, endpoint.company_id.id, endpoint.codec or None, endpoint._codec_options()
        )

    # Recording -----------------------------------------------------------------------------------

    def _record_run(self, run):
        """Write down what a run came to, and when the next one is."""
        self.ensure_one()
        now = fields.Datetime.now()
        values = {"last_run": now, "losses": 0, **UNCLAIMED}
        if run.error:
            values.update(self._after_failure(run, now))
        else:
            pause = timedelta(seconds=BREATHER) if run.more else timedelta(minutes=self.interval)
            values.update(
                attempts=0,
                last_success=now,
                last_found=_("%(new)s new, %(known)s known", new=run.new, known=run.known),
                last_error=_storable("\n".join(run.troubles)) or False,
                next_attempt=now + pause,
            )
        self.write(values)
        self._report(run)

    def _after_failure(self, run, now):
        failures = self.attempts + 1
        delay = next_delay(
            min(failures, LAST_STEP), run.retry_after, now.replace(tzinfo=timezone.utc)
        )
        return {
            "attempts": failures,
            "state": "stopped" if run.stops else "running",
            "last_error": _storable(run.error),
            "next_attempt": False if run.stops else now + delay,
        }

    def _report(self, run):
        """Open a case for a person where time alone mends nothing; close it when all is well."""
        cases, key = self.env["freight.exception"], f"{self._name}:{self.id}"
        if not (run.error or run.troubles):
            cases._close_cases("way_in", [key], _("It works again."), self.company_id)
        if not (run.troubles or run.stops or (run.error and self.attempts >= PATIENCE)):
            return
        cases._raise_case(
            "way_in",
            key,
            _(
                "%(way)s of %(endpoint)s: %(problem)s",
                way=self.name,
                endpoint=self.endpoint_id.name,
                problem=self.last_error,
            ),
            company=self.company_id,
        )

    # What people do ------------------------------------------------------------------------------

    def action_run_now(self):
        """Start again at once, also what was stopped.

        :raise AccessError: for who may not change it
        :raise ValidationError: where the endpoint is not active
        """
        self.check_access_rights("write")
        self.check_access_rule("write")
        for way in self:
            if not way.active or way.endpoint_id.state != "active":
                raise ValidationError(
                    _("%s does not run: activate it and its endpoint first.", way.name)
                )
        self.sudo().write({"state": "running", "attempts": 0, "next_attempt": False})
        self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)
        return self._notify(_("It starts within a few seconds; look here again."))

    @api.model
    def _notify(self, message, kind="success"):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": kind, "sticky": kind != "success"},
        }


def _storable(text):
    """Return ``text``, in which a partner's own words may stand, as the database takes it."""
    shown = (char if char.isprintable() or char == "\n" else "\ufffd" for char in text)
    return "".join(shown)[:MAX_ERROR]


def arrival(sender, body, channel, origin, key, codec=None, media_type=""):
    """Return the :class:`Arrival` of ``body``, in quarantine where its codec cannot read it.

    :param codec: None: the endpoint's, else told by the first bytes
    """
    codec = codec or sender.codec or sniff(body)
    state, error = "received", None
    try:
        codecs.get(codec).check(body, **sender.options.get(codec, {}))
    except codecs.CodecError as problem:
        state, error = "quarantined", str(problem)
    return Arrival(
        endpoint_id=sender.endpoint_id,
        company_id=sender.company_id,
        body=body,
        codec=codec,
        key=key,
        channel=channel,
        media_type=media_type,
        origin=origin,
        state=state,
        error=error,
    )
