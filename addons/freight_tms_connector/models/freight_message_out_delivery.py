"""Bringing messages of the outbox on their way: what is sent, and how.

No transaction is open while a partner is spoken to. What came of it is recorded by
`freight_message_out_record.py`.
"""

import hashlib
import time
from base64 import b64encode
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timezone

from odoo import _, api, fields, models, release

from .. import answers, outgoing
from ..outgoing import AddressRefused, Limits, OutgoingError, Request
from ..retry import Outcome, classify
from ..signing import SignatureError, sign
from .freight_endpoint import unexpired

LIMITS = Limits(connect=5, total=20, size=answers.READ)


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    @api.model
    def _queue_attempt(self, token, ids):
        """Deliver those of ``ids`` that are still ours, at once, and record each as it comes back.

        What a worker that dies has sent and not recorded is sent again, under the same id.
        """
        parcels = self._queue_transact(token, ids, lambda held: held._parcels(token)) or []
        for attempts in self._deliver_all(parcels):
            self._queue_transact(
                token,
                list(attempts),
                lambda held, attempts=attempts: held._record_attempts(attempts),
            )
            self._inform_breakers(token, attempts)

    @api.model
    def _deliver_all(self, parcels):
        """Bring parcels on their way at once; yield {message id: attempt} as they come back.

        An attempt is what :meth:`_deliver` returns, together with its ``parcel``.
        """
        posts = [parcel for parcel in parcels if parcel["way"] == "post"]
        with ThreadPoolExecutor(max(len(posts), 1)) as pool:
            waiting = {pool.submit(_post, parcel): parcel for parcel in posts}
            for parcel in parcels:
                if parcel["way"] != "post":
                    yield {parcel["message_id"]: {**self._deliver(parcel), "parcel": parcel}}
            while waiting:
                done = wait(waiting, return_when=FIRST_COMPLETED).done
                back = {future: waiting.pop(future) for future in done}
                yield {
                    parcel["message_id"]: {**future.result(), "parcel": parcel}
                    for future, parcel in back.items()
                }

    @api.model
    def _deliver(self, parcel):
        """Bring a parcel on its way and return what came of it; no transaction is open.

        :param parcel: what :meth:`_parcel` returned
        :return: {"outcome": Outcome, "retry_after": header or None, "log": values of the attempt}
        """
        return _post(parcel)

    # Packing -------------------------------------------------------------------------------------

    def _parcels(self, token):
        """Return the parcels of those of these claimed messages that may go now.

        What changed since they were claimed, such as a breaker that opened, lets the others go
        back: they wait, and no attempt is counted.
        """
        lost = self.filtered(lambda message: message._queue_lost_too_often())
        ready = self - lost
        allowed = ready._allowed_now(token)
        (ready - allowed).write({"claim_token": False, "lease_until": False})
        bodies = allowed._bodies()
        probed = self.env["freight.breaker"]._probed_by(token)
        return [
            {**message._parcel(bodies.get(message.id)), "probe": message.endpoint_id.id in probed}
            for message in allowed
        ]

    def _allowed_now(self, token):
        """Return those of these messages that still may go to their endpoints."""
        if not self:
            return self
        self.env["freight.endpoint"].flush_model()
        self.env.cr.execute(
            f"""
            SELECT e.id FROM freight_endpoint e
             WHERE e.id IN %s AND {self.env["freight.endpoint"]._sending_sql()}
               AND NOT EXISTS (
                   SELECT 1 FROM freight_breaker b
                    WHERE b.endpoint_id = e.id AND b.state <> 'closed'
                      AND b.probe IS DISTINCT FROM %s)
            """,
            [tuple(self.endpoint_id.ids), token],
        )
        allowed = {row[0] for row in self.env.cr.fetchall()}
        return self.filtered(lambda message: message.endpoint_id.id in allowed)

    def _parcel(self, body):
        """Return everything that the delivery of this message needs.

        :param body: its bytes, None where they were erased
        """
        self.ensure_one()
        endpoint = self.endpoint_id
        headers, proof, problem = {}, {}, self._obstacle(body)
        if not problem:
            headers = self._headers(body)
            try:
                proof = self._proof(body)
            except SignatureError as error:
                problem = str(error)
        return {
            "message_id": self.id,
            "endpoint_id": endpoint.id,
            "way": endpoint.delivery_way,
            "url": endpoint.url,
            "policy": endpoint._outgoing_policy(),
            "body": body,
            "headers": {**headers, **proof},
            "hidden": [*proof.values(), *(word for one in proof.values() for word in one.split())],
            "problem": problem,
        }

    def _obstacle(self, body):
        """Return why this message cannot go before a person acts, None where nothing is in it."""
        if body is None:
            return _("Its content was erased: there is nothing left to send.")
        if self.endpoint_id.state == "retired":
            return _("The endpoint is retired: give the message up, or activate the endpoint.")
        if not self.endpoint_id.url:
            return _("The endpoint has no address: enter it, then send this again.")
        return None

    def _headers(self, body):
        return {
            "Content-Type": self.media_type,
            "User-Agent": f"Odoo/{release.series} freight_tms_connector",
            "Idempotency-Key": self.uuid,
            "Content-Digest": f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:",
            "traceparent": self._traceparent(),
        }

    def _proof(self, body):
        """Return the headers that prove us, signed with every secret that holds now.

        :raise SignatureError: without a secret, or with one that does not fit its profile
        """
        endpoint = self.endpoint_id
        secrets = unexpired(endpoint._live_secrets("outbound"))
        if not endpoint.outbound_profile_id or not secrets:
            raise SignatureError(_("The endpoint has no secret to sign with: add one to it."))
        profile = endpoint.outbound_profile_id._profile()
        try:
            return sign(profile, secrets[0], body, self.uuid, time.time(), secrets[1:])
        except SignatureError as error:
            raise SignatureError(_("The secret does not fit its profile: %s", error)) from error


def _post(parcel):
    """POST a parcel; return {"outcome", "retry_after", "log"}. Never raises for the network.

    Runs on a thread of its own and so touches no database.
    """
    started, clock = fields.Datetime.now(), time.monotonic()
    status, retry_after = 0, None
    try:
        if parcel["problem"]:
            raise AddressRefused(parcel["problem"])
        request = Request(parcel["url"], "POST", parcel["headers"], parcel["body"])
        response = outgoing.deliver(request, parcel["policy"], LIMITS)
    except AddressRefused as error:
        outcome, said = Outcome.DEAD, str(error)
    except OutgoingError as error:
        outcome, said = Outcome.RETRY, answers.excerpt(str(error).encode(), parcel["hidden"])
    else:
        status, outcome = response.status, classify(response.status)
        retry_after = response.headers.get("Retry-After")
        said = answers.excerpt(response.body, parcel["hidden"])
    return {
        "outcome": outcome,
        "retry_after": retry_after,
        "log": {
            "started": started,
            "duration": time.monotonic() - clock,
            "status": status,
            "outcome": outcome.value,
            "answer": said or f"HTTP {status}",
        },
    }


def utc_now():
    """Return the time as an aware datetime."""
    return fields.Datetime.now().replace(tzinfo=timezone.utc)
