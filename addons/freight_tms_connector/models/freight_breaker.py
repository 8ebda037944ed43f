"""The breaker of each endpoint: one row that all workers share, written in short transactions."""

from datetime import timedelta

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db

from .. import breaker
from ..breaker import Breaker

#: What the pure :class:`~..breaker.Breaker` and a row have in common.
COLUMNS = ("state", "streak", "recent", "openings", "since", "until", "probe")

#: An endpoint whose deliveries failed for longer has a case: a person is to know.
PATIENCE = timedelta(minutes=15)


class FreightBreaker(models.Model):
    """Whether deliveries to an endpoint go, and when one tries again; no row: they go.

    Rows are written on READ COMMITTED cursors of their own and never held while anything is sent,
    so that workers wait for each other no longer than a write takes.
    """

    _name = "freight.breaker"
    _description = "Circuit Breaker"
    _log_access = False
    _rec_name = "endpoint_id"

    endpoint_id = fields.Many2one(
        "freight.endpoint", required=True, readonly=True, ondelete="cascade"
    )
    state = fields.Selection(
        [
            (breaker.CLOSED, "Deliveries go"),
            (breaker.OPEN, "Deliveries fail"),
            (breaker.PAUSED, "They asked for a pause"),
            (breaker.PROBING, "One delivery tries"),
        ],
        required=True,
        readonly=True,
        default=breaker.CLOSED,
    )
    streak = fields.Integer(string="Failures in a row", readonly=True, required=True, default=0)
    recent = fields.Char(readonly=True, help="The last deliveries: x failed, . did not.")
    openings = fields.Integer(readonly=True, required=True, default=0)
    since = fields.Datetime(readonly=True)
    until = fields.Datetime(string="Next try", readonly=True)
    probe = fields.Char(readonly=True)
    reason = fields.Char(readonly=True, help="What failed last.")

    _sql_constraints = [("once", "unique(endpoint_id)", "An endpoint has one breaker.")]

    # Deliveries ----------------------------------------------------------------------------------

    @api.model
    def _note(self, endpoint_id, results):
        """Note what came of deliveries to an endpoint. Return whether they go again.

        :param results: list of dicts with ``failed`` (bool), ``token`` (of the claim), ``asked``
            (timedelta or None) and ``reason``
        """
        with db.read_committed(self.pool) as cr:
            before, kept = self._locked(cr, endpoint_id)
            now, after, reason = fields.Datetime.now(), before, None
            for result in results:
                if result["failed"]:
                    after = breaker.failed(after, now, result["token"], result["asked"])
                    reason = result["reason"]
                else:
                    after = breaker.succeeded(after, result["token"])
            self._keep(cr, kept, after, reason)
        return before.state != breaker.CLOSED and after.state == breaker.CLOSED

    @api.model
    def _hurry(self, endpoint_id):
        """Let the next probe go at once."""
        with db.read_committed(self.pool) as cr:
            before, kept = self._locked(cr, endpoint_id)
            self._keep(cr, kept, breaker.hurried(before, fields.Datetime.now()))

    @api.model
    def _reset(self, endpoint_id):
        """Forget what was, as when a partner is taken up again."""
        with db.read_committed(self.pool) as cr:
            _before, kept = self._locked(cr, endpoint_id)
            self._keep(cr, kept, Breaker())

    @api.model
    def _locked(self, cr, endpoint_id):
        """Return (the breaker of an endpoint, its row's id), locked; the row is made where needed.

        A success of an endpoint that never failed writes nothing: see :meth:`_note_all`.
        """
        cr.execute(
            """
            INSERT INTO freight_breaker (endpoint_id, state, streak, openings)
            VALUES (%s, 'closed', 0, 0) ON CONFLICT (endpoint_id) DO NOTHING
            """,
            [endpoint_id],
        )
        cr.execute(
            f"SELECT id, {', '.join(COLUMNS)} FROM freight_breaker"
            " WHERE endpoint_id = %s FOR UPDATE",
            [endpoint_id],
        )
        kept, *values = cr.fetchone()
        return _breaker(values), kept

    @api.model
    def _keep(self, cr, kept, after, reason=None):
        cr.execute(
            f"UPDATE freight_breaker SET ({', '.join(COLUMNS)}, reason)"
            " = (%s, %s, %s, %s, %s, %s, %s, coalesce(%s, reason)) WHERE id = %s",
            [*(getattr(after, name) for name in COLUMNS), reason, kept],
        )
        self.invalidate_model()

    @api.model
    def _note_all(self, results):
        """Note results of several endpoints. Return the ids of those whose deliveries go again.

        :param results: {endpoint id: list as :meth:`_note` takes it}
        """
        known = self._with_history(results)
        return [
            endpoint_id
            for endpoint_id, of_one in sorted(results.items())
            if (endpoint_id in known or any(one["failed"] for one in of_one))
            and self._note(endpoint_id, of_one)
        ]

    @api.model
    def _with_history(self, endpoint_ids):
        """Return those of ``endpoint_ids`` with a failure to remember: only those are written."""
        with db.read_committed(self.pool) as cr:
            cr.execute(
                "SELECT endpoint_id FROM freight_breaker"
                " WHERE endpoint_id = ANY(%s) AND (state <> 'closed' OR recent LIKE '%%x%%')",
                [list(endpoint_ids)],
            )
            return {row[0] for row in cr.fetchall()}

    @api.model
    def _probed_by(self, token):
        """Return the ids of the endpoints that the claim ``token`` tries."""
        self.env.cr.execute(
            "SELECT endpoint_id FROM freight_breaker WHERE state = 'probing' AND probe = %s",
            [token],
        )
        return {row[0] for row in self.env.cr.fetchall()}

    @api.model
    def _abandon(self, token):
        """Take back the probes of ``token`` that came to nothing: they told us nothing new."""
        with db.read_committed(self.pool) as cr:
            cr.execute(
                "UPDATE freight_breaker SET state = 'open', probe = NULL, until = %s"
                " WHERE state = 'probing' AND probe = %s",
                [fields.Datetime.now() + breaker.FIRST_PAUSE, token],
            )
        self.invalidate_model()

    # People --------------------------------------------------------------------------------------

    @api.model
    def _watch(self):
        """Open a case for each endpoint that fails for long, and close those that are over."""
        now = fields.Datetime.now()
        failing = self.sudo().search(
            [
                ("state", "!=", breaker.CLOSED),
                ("openings", ">", 0),
                ("since", "<", now - PATIENCE),
                ("endpoint_id.state", "=", "active"),
            ]
        )
        cases = self.env["freight.exception"]
        opened = cases.search([("code", "=", "partner_down"), ("state", "=", "open")])
        known = {key for key in opened.mapped("dedup_key") if key.startswith("breaker:")}
        wanted = {_case_key(row.endpoint_id): row for row in failing}
        cases._raise_cases([row._case() for key, row in wanted.items() if key not in known])
        over = sorted(known - set(wanted))
        cases._close_cases("partner_down", over, _("Messages reach them again."))

    def _case(self):
        endpoint = self.endpoint_id
        return {
            "code": "partner_down",
            "key": _case_key(endpoint),
            "description": _(
                "%(endpoint)s cannot be reached: %(reason)s Messages wait and none is lost; one"
                " is tried every %(minutes)s minutes.",
                endpoint=endpoint.name,
                reason=self.reason or "",
                minutes=int(breaker.LONGEST_PAUSE.total_seconds() // 60),
            ),
            "company": endpoint.company_id,
            "values": endpoint._team_values(),
        }


def _breaker(values):
    """Return the pure breaker of a row's ``values``, in the order of :data:`COLUMNS`."""
    named = dict(zip(COLUMNS, values, strict=True))
    return Breaker(**{**named, "recent": named["recent"] or ""})


def _case_key(endpoint):
    return f"breaker:{endpoint.code}"
