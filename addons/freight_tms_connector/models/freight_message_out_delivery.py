"""Working the outbox off: one delivery after the other, in sequence within a shipment."""

import hashlib
import time
from base64 import b64encode
from datetime import timezone

import requests
from odoo import _, api, fields, models, release
from odoo.addons.freight_canonical.models.freight_queue import UNCLAIMED
from urllib3.exceptions import HTTPError

from ..retry import Outcome, classify, next_delay
from ..signing import SignatureError, sign
from .freight_endpoint import unexpired

#: Seconds to connect, and to wait for an answer.
TIMEOUTS = (5, 20)
EXCERPT = 500


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    @api.model
    def _queue_claimable(self):
        """Only the head of each shipment's sequence; a dead head blocks what follows it."""
        return """
            q.state IN ('queued', 'retry')
            AND NOT EXISTS (
                SELECT 1 FROM freight_message_out earlier
                 WHERE earlier.endpoint_id = q.endpoint_id
                   AND earlier.partition_key = q.partition_key
                   AND earlier.id < q.id
                   AND earlier.state IN ('queued', 'retry', 'dead'))
        """

    @api.model
    def _queue_attempt(self, token, ids):
        """Deliver a message that is still ours; no transaction is open meanwhile."""
        parcel = self._queue_transact(token, ids, lambda held: held._parcel())
        if parcel:
            attempt = self._deliver(parcel)
            self._queue_transact(token, ids, lambda held: held._record_attempt(attempt))

    @api.model
    def _deliver(self, parcel):
        """Bring a parcel on its way and return what came of it; no transaction is open.

        :param parcel: what :meth:`_parcel` returned
        :return: {"outcome": Outcome, "retry_after": header or None, "log": values of the attempt}
        """
        return _post(parcel)

    def _parcel(self):
        """Return everything that the delivery of this message needs."""
        self.ensure_one()
        endpoint = self.endpoint_id
        body = self._body()
        secrets = unexpired(endpoint._live_secrets("outbound"))
        headers = {
            "Content-Type": self.media_type,
            "User-Agent": f"Odoo/{release.series} freight_tms_connector",
            "Idempotency-Key": self.uuid,
            "Content-Digest": f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:",
            "traceparent": self._traceparent(),
        }
        problem = None
        if endpoint.state != "active" or endpoint.deliveries_stopped or not endpoint.url:
            problem = _("The endpoint takes no messages.")
        elif not endpoint.outbound_profile_id or not secrets:
            problem = _("The endpoint has no secret to sign with.")
        else:
            profile = endpoint.outbound_profile_id._profile()
            try:
                headers |= sign(profile, secrets[0], body, self.uuid, time.time(), secrets[1:])
            except SignatureError as error:
                problem = _("The secret does not fit its profile: %s", error)
        return {"url": endpoint.url, "body": body, "headers": headers, "problem": problem}

    def _record_attempt(self, attempt):
        """Write down what an attempt came to, and what follows of it."""
        self.ensure_one()
        self.env["freight.message.attempt"].create({"message_id": self.id, **attempt["log"]})
        self.attempts += 1
        if attempt["outcome"] is Outcome.DONE:
            self.write(
                {
                    "state": "delivered",
                    "delivered": fields.Datetime.now(),
                    "error": False,
                    "next_attempt": False,
                    **UNCLAIMED,
                }
            )
            self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)
            return
        if attempt["outcome"] is Outcome.DISABLE:
            self.endpoint_id.deliveries_stopped = True
        delay = None
        if attempt["outcome"] is Outcome.RETRY:
            now = fields.Datetime.now().replace(tzinfo=timezone.utc)
            delay = next_delay(self.attempts, retry_after=attempt["retry_after"], now=now)
        self._put_off_or_bury(delay, attempt["log"]["answer"])

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


def _post(parcel):
    """POST a parcel; return {"outcome", "retry_after", "log"}. Never raises for the network."""
    started, clock = fields.Datetime.now(), time.monotonic()
    status, retry_after = 0, None
    if parcel["problem"]:
        outcome, answer = Outcome.DEAD, parcel["problem"]
    else:
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.post(
                    parcel["url"],
                    data=parcel["body"],
                    headers=parcel["headers"],
                    timeout=TIMEOUTS,
                    allow_redirects=False,
                    stream=True,
                )
                excerpt = response.raw.read(EXCERPT, decode_content=True)
            status, answer = response.status_code, excerpt.decode("utf-8", "replace")
            outcome, retry_after = classify(status), response.headers.get("Retry-After")
        except (requests.RequestException, HTTPError) as error:
            outcome, answer = Outcome.RETRY, f"{type(error).__name__}: {error}"[:EXCERPT]
    return {
        "outcome": outcome,
        "retry_after": retry_after,
        "log": {
            "started": started,
            "duration": time.monotonic() - clock,
            "status": status,
            "outcome": outcome.value,
            "answer": answer or _("HTTP %s", status),
        },
    }
