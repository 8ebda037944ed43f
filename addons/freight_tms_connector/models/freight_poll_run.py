"""A run of a poll: page by page, admitted first, the cursor moved on afterwards."""

import json
import time
from base64 import b64encode
from collections import namedtuple
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

from odoo import _, api, models
from odoo.addons.freight_canonical import db

from .. import outgoing, polling
from ..vault import VaultError
from .freight_admission import Arrival, message_key
from .freight_way import RUN_SECONDS, Run, arrival

#: Items that are admitted by one statement.
BATCH = 500
LIMITS = outgoing.Limits(connect=5, total=20, size=16 * 1024 * 1024)

Plan = namedtuple("Plan", "sender source headers auth policy cursor max_pages")
#: How we prove ourselves: the kind of proof, the name that goes with it, and the secret.
Proof = namedtuple("Proof", "kind name secret token_url scope")


class FreightPoll(models.Model):
    _inherit = "freight.poll"

    def _plan(self):
        self.ensure_one()
        secret = self.endpoint_id._newest_secret("poll")
        return Plan(
            sender=self._sender(),
            source=self._source(),
            headers={"Accept": "application/json, */*;q=0.1", **self._pairs("headers")},
            auth=Proof(
                self.auth, self.auth_name, secret,
                self.token_url, self.scope,
            ),
            policy=self.endpoint_id._outgoing_policy(),
            cursor=self.cursor or None,
            max_pages=self.max_pages,
        )  # fmt: skip

    @api.model
    def _walk(self, plan, run, token, ids):
        try:
            self._read_pages(plan, run, token, ids)
        except polling.PollError as error:
            run.error, run.stops, run.retry_after = str(error), error.stops, error.retry_after
        except outgoing.AddressRefused as error:
            run.error, run.stops = str(error), True
        except (outgoing.OutgoingError, VaultError) as error:
            run.error = str(error)

    @api.model
    def _read_pages(self, plan, run, token, ids):
        """Read pages until there is no more, or time or number of pages are used up."""
        deadline = time.monotonic() + RUN_SECONDS - LIMITS.total
        headers = {**plan.headers, **self._authorization(plan.auth, plan.policy)}
        cursor, been = plan.cursor, set()
        for _number in range(plan.max_pages):
            been.add(cursor)
            page = self._fetch(plan, headers, cursor)
            self._take_items(plan, page.items, run)
            if not self._queue_transact(token, ids, lambda held, page=page: held._go_on(page)):
                return  # another worker has it: our lease ran out
            if not page.more:
                return
            if page.cursor in been:
                raise polling.PollError(
                    _("Their pages go round in a circle: %s came twice.", page.cursor)
                )
            cursor = page.cursor
            if time.monotonic() > deadline:
                break
        run.more = True

    def _go_on(self, page):
        """Note where to go on. What was on the page stands in the inbox already."""
        self.cursor = page.cursor or False
        return True

    @api.model
    def _take_items(self, plan, items, run):
        """Admit what the inbox does not know yet.

        What a look at the same page finds again is no repeat of the partner's, and so is left out
        before.
        """
        arrivals = [_item_arrival(plan, item) for item in items]
        known = self._known_keys(plan.sender.endpoint_id, [one.key for one in arrivals])
        new = [one for one in arrivals if one.key not in known]
        run.known += len(arrivals) - len(new)
        for start in range(0, len(new), BATCH):
            run.count(self.env["freight.admission"]._admit(new[start : start + BATCH]))

    @api.model
    def _known_keys(self, endpoint_id, keys):
        with db.read_committed(self.pool) as cr:
            cr.execute(
                "SELECT message_key FROM freight_message_in"
                " WHERE endpoint_id = %s AND message_key = ANY(%s)",
                [endpoint_id, keys],
            )
            return {row[0] for row in cr.fetchall()}

    def action_test(self):
        """Ask for one page, take nothing in, and say what was found."""
        self.ensure_one()
        self.check_access_rights("write")
        self.check_access_rule("write")
        plan, run = self.sudo()._plan(), Run()
        try:
            headers = {**plan.headers, **self._authorization(plan.auth, plan.policy)}
            page = self._fetch(plan, headers, plan.cursor)
        except (polling.PollError, outgoing.OutgoingError) as error:
            return self._notify(str(error), "danger")
        run.new = len(page.items)
        return self._notify(
            _(
                "It works: %(count)s messages on the page; %(rest)s.",
                count=run.new,
                rest=_("more pages follow") if page.more else _("no page follows"),
            )
        )

    # Asking -------------------------------------------------------------------------------------

    @api.model
    def _fetch(self, plan, headers, cursor):
        request = outgoing.Request(polling.address(plan.source, cursor), headers=headers)
        if not outgoing.same_origin(request.url, plan.source.url):
            raise polling.PollError(_("The cursor is an address of another server: empty it."))
        return polling.read(plan.source, cursor, outgoing.fetch(request, plan.policy, LIMITS))

    @api.model
    def _authorization(self, proof, policy):
        """Return the headers that prove us.

        :raise PollError: without a secret nothing is asked, or the partner gives no token for it
        """
        if proof.kind == "none":
            return {}
        if not proof.secret:
            raise polling.PollError(
                _("There is no secret for fetching: add one under the endpoint's secrets."),
                stops=True,
            )
        if proof.kind == "header":
            return {proof.name: proof.secret}
        if proof.kind == "basic":
            return {"Authorization": _basic(proof)}
        secret = self._token(proof, policy) if proof.kind == "oauth" else proof.secret
        return {"Authorization": f"Bearer {secret}"}

    @api.model
    def _token(self, proof, policy):
        """Return an access token of the partner (RFC 6749, 4.4)."""
        form = {"grant_type": "client_credentials"}
        if proof.scope:
            form["scope"] = proof.scope
        headers = {
            "Authorization": _basic(proof),
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        request = outgoing.Request(proof.token_url, "POST", headers, urlencode(form).encode())
        response = outgoing.fetch(request, policy, replace(LIMITS, size=64 * 1024))
        token = _access_token(response)
        if not token:
            raise polling.PollError(
                _("They give no token for our secret (HTTP %s).", response.status),
                stops=response.status in (400, 401, 403),
                retry_after=response.headers.get("Retry-After"),
            )
        return token


def _item_arrival(plan, item):
    key = message_key(item.body, item.key)
    place = urlsplit(plan.source.url)
    origin = f"{place.scheme}://{place.netloc}{place.path}"
    if not item.is_json:
        return arrival(plan.sender, item.body, "poll", origin, key)
    return Arrival(
        endpoint_id=plan.sender.endpoint_id,
        company_id=plan.sender.company_id,
        body=item.body,
        codec="json",
        key=key,
        channel="poll",
        media_type="application/json",
        origin=origin,
    )


def _basic(proof):
    pair = f"{proof.name}:{proof.secret}".encode()
    return f"Basic {b64encode(pair).decode()}"


def _access_token(response):
    """Return the token that ``response`` gives, None for none."""
    try:
        token = json.loads(response.body)["access_token"] if response.status == 200 else None
    except (ValueError, KeyError, TypeError):
        return None
    return token if isinstance(token, str) and token.isprintable() else None
