"""What came of attempts: done, tried again, given up, and what the breaker learns from it."""

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db

from .. import retry
from ..retry import Outcome, next_delay
from .freight_message import MAX_ERROR
from .freight_message_out_delivery import utc_now

#: Statuses by which a partner says how long it does not wish to be called at all.
_PAUSES = (429, 503)
_RECORDED = (
    "state", "attempts", "last_attempt", "next_attempt", "delivered", "error",
    "claim_token", "lease_until",
)  # fmt: skip


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    def _record_attempts(self, attempts):
        """Write down what attempts at these messages came to, and what follows of it.

        :param attempts: {message id: what :meth:`_deliver` returned, and its ``parcel``}
        """
        self.env["freight.message.attempt"].create(
            [{"message_id": message.id, **attempts[message.id]["log"]} for message in self]
        )
        recorded = {message.id: message._after(attempts[message.id]) for message in self}
        db.update_rows(
            self, _RECORDED, {key: tuple(row[name] for name in _RECORDED)
                              for key, row in recorded.items()},
        )  # fmt: skip
        states = {key: row["state"] for key, row in recorded.items()}
        self.filtered(lambda one: states[one.id] == "dead")._call_for_a_person()
        gone = self.filtered(lambda one: attempts[one.id]["outcome"] is Outcome.DISABLE)
        if gone:
            gone.endpoint_id._stop_deliveries()
        if any(
            state == "delivered" and attempts[key]["parcel"]["way"] != "pull"
            for key, state in states.items()
        ):  # what they fetch lets nothing go that a lane would take
            self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)

    def _after(self, attempt):
        """Return the values of this message after ``attempt``."""
        outcome, now = attempt["outcome"], fields.Datetime.now()
        # While the breaker is open no attempt is used up: the one that tries tries for all.
        counts = outcome is not Outcome.RETRY or not attempt["parcel"].get("probe")
        values = {
            "state": self.state,
            "attempts": self.attempts + 1 if counts else self.attempts,
            "last_attempt": now,
            "next_attempt": self.next_attempt or None,
            "delivered": None,
            "error": _said(attempt["log"]),
            "claim_token": None,
            "lease_until": None,
        }
        if outcome is Outcome.DONE:
            return {
                **values, "state": "delivered", "delivered": now, "error": None,
                "next_attempt": None,
            }  # fmt: skip
        if outcome is Outcome.DISABLE:  # it waits for whoever takes deliveries up again
            return {**values, "state": "retry", "next_attempt": None}
        if outcome is Outcome.RETRY and not counts:
            return {**values, "state": "retry"}
        delay = None
        if outcome is Outcome.RETRY:
            delay = next_delay(values["attempts"], attempt["retry_after"], utc_now())
        if delay is None:
            return {**values, "state": "dead", "next_attempt": None}
        return {**values, "state": "retry", "next_attempt": now + delay}

    @api.model
    def _inform_breakers(self, token, attempts):
        """Let the breakers learn from ``attempts``, and let go what waited for one that closed."""
        results = {}
        for attempt in attempts.values():
            result = _result(token, attempt)
            if result:
                results.setdefault(attempt["parcel"]["endpoint_id"], []).append(result)
        reopened = self.env["freight.breaker"]._note_all(results)
        if reopened:
            with db.read_committed(self.pool) as cr:
                cr.execute(
                    "UPDATE freight_message_out SET next_attempt = NULL"
                    " WHERE endpoint_id = ANY(%s) AND state = 'retry' AND claim_token IS NULL",
                    [reopened],
                )
            self.invalidate_model(["next_attempt"])

    def _queue_failed(self, error):
        """The delivery itself broke, on our side: try again by the same schedule."""
        self.attempts += 1
        self._put_off_or_bury(next_delay(self.attempts), f"{type(error).__name__}: {error}")

    def _queue_give_up(self, error):
        """Workers die of it: only a person touches it again."""
        self._bury(error)

    def _put_off_or_bury(self, delay, error):
        """Wait for ``delay`` before the next attempt; without one there is none."""
        if delay is None:
            self._bury(error)
        else:
            self._put_off(fields.Datetime.now() + delay, error)

    @api.model
    def _cron_watch(self):
        """Watch over the breakers as well."""
        result = super()._cron_watch()
        self.env["freight.breaker"]._watch()
        return result


def _said(log):
    """Return what is written on a message whose attempt failed."""
    status, answer = log["status"], log["answer"]
    if 300 <= status < 400:
        return _(
            "HTTP %s: they point to another address, and redirects are not followed. Enter the"
            " new address on the endpoint, then send this again.",
            status,
        )
    if status and not answer.startswith("HTTP "):
        answer = f"HTTP {status}: {answer}"
    return answer[:MAX_ERROR]


def _result(token, attempt):
    """Return what a breaker learns from ``attempt``, None where nobody was asked."""
    log = attempt["log"]
    failed = attempt["outcome"] is Outcome.RETRY
    if not (failed or log["status"]):
        return None
    asked = None
    if log["status"] in _PAUSES:
        asked = retry.parse_retry_after(attempt["retry_after"], utc_now())
        asked = asked and min(asked, retry.MAX_RETRY_AFTER)
    return {"failed": failed, "token": token, "asked": asked, "reason": _said(log)}
