"""Partners subscribe by themselves: to what is theirs, at their own addresses."""

from odoo import _, api, fields, models
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.exceptions import UserError, ValidationError

from .. import api_schemas, outgoing
from ..api_operation import Reply
from ..moments import parse
from .freight_announcement_type import WIRE_VERSION
from .freight_api import Problem

#: Seconds to look an address up.
LOOK_UP = 3
#: Messages that are sent again at once.
MOST = 1000
#: What a partner may have sent again.
AGAIN = ("dead", "retry", "delivered")
OVERLAP = "24"


class FreightApiSubscriptions(models.AbstractModel):
    """The caller's own subscriptions: those of its connection and of its further addresses."""

    _name = "freight.api.subscriptions"
    _description = "API Subscriptions"

    # Finding -------------------------------------------------------------------------------------

    @api.model
    def _domain(self, call):
        connection = self.env["freight.endpoint"].browse(call.caller.endpoint_id)
        addresses = self.env["freight.endpoint"].search(connection._own_addresses())
        return [("endpoint_id", "in", addresses.ids), ("company_id", "=", call.caller.company_id)]

    @api.model
    def _found(self, call):
        """Return the subscription that the path names.

        :raise Problem: 404 for one that is not the caller's
        """
        found = self.env["freight.subscription"].search(
            [("uuid", "=", call.path["id"]), *self._domain(call)]
        )
        if not found:
            raise Problem(404, "not-found", "You have no subscription with this id.")
        return found

    @api.model
    def _api_list(self, call):
        return self.env["freight.api"]._page_by_id(
            call, self.env["freight.subscription"], self._domain(call), _view
        )

    @api.model
    def _api_read(self, call):
        return Reply(200, _view(self._found(call)))

    # Changing ------------------------------------------------------------------------------------

    @api.model
    def _api_create(self, call):
        connection = self.env["freight.endpoint"].browse(call.caller.endpoint_id)
        values, secret = self._values(call), None
        with _refusals():
            endpoint = connection
            if "url" in call.document:
                self._check_address(connection, call.document["url"])
                endpoint, secret = connection._add_address(call.document["url"])
            elif not connection.url:
                raise Problem(422, "no-address", "No address was agreed upon: name one by `url`.")
            subscription = self.env["freight.subscription"].create(
                {**values, "endpoint_id": endpoint.id, "client_id": call.caller.client_id}
            )
        body = _view(subscription) | ({"secret": secret} if secret else {})
        location = f"/freight/v1/subscriptions/{subscription.uuid}"
        return Reply(201, body, headers={"Location": location})

    @api.model
    def _api_change(self, call):
        subscription = self._found(call)
        with _refusals():
            subscription.write(self._values(call))
            if call.document.get("status") == "paused":
                subscription.action_pause()
            elif call.document.get("status") == "active":
                subscription.action_activate()
        return Reply(200, _view(subscription))

    @api.model
    def _api_delete(self, call):
        self._found(call)._end()
        return Reply(204)

    @api.model
    def _values(self, call):
        """Return the values of a subscription, as the caller's document says.

        :raise Problem: 422 for carriers that are not known
        """
        document = call.document
        scacs = set(document.get("carriers", []))
        carriers = self.env["res.partner"].search(
            [*self.env["freight.api.masters"]._carrier_domain(call.caller),
             ("freight_scac", "in", [*scacs])]
        )  # fmt: skip
        unknown = sorted(scacs - set(carriers.mapped("freight_scac")))
        if unknown:
            raise Problem(
                422, "unknown-code", "Name carriers by their SCAC, as GET /masters/carriers does.",
                errors=[{"pointer": "/carriers", "detail": f"{one} is not known"}
                        for one in unknown],
            )  # fmt: skip
        return {
            "pattern": " ".join(document["events"]),
            "type_ids": [(5,)],
            "carrier_ids": [(6, 0, carriers.ids)],
            "mode": document.get("mode") or False,
        }

    @api.model
    def _check_address(self, connection, url):
        """Refuse an address that we would not call.

        :raise Problem: 422
        """
        policy = connection._outgoing_policy()
        try:
            parts = outgoing.split_url(url, policy)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            outgoing.addresses(parts.hostname, port, policy, LOOK_UP)
        except outgoing.OutgoingError as error:
            raise Problem(
                422, "address-refused", "Name an address that can be reached from the internet.",
                errors=[{"pointer": "/url", "detail": str(error)}],
            ) from error  # fmt: skip

    # Deliveries ----------------------------------------------------------------------------------

    @api.model
    def _api_deliveries(self, call):
        api_model, subscription = self.env["freight.api"], self._found(call)
        domain = [("subscription_id", "=", subscription.id)]
        position = api_model._position(call)
        if position:
            domain.append(("id", "<", position[0]))
        limit = api_model._limit_of(call) + 1
        return api_model._page(
            call,
            self.env["freight.message.out"].search(domain, order="id desc", limit=limit),
            view=lambda shown: [_delivery(message) for message in shown],
            position_of=lambda message: [message.id],
        )

    @api.model
    def _api_redeliver(self, call):
        document, subscription = call.document, self._found(call)
        domain = [("subscription_id", "=", subscription.id), ("state", "in", AGAIN)]
        if "ids" in document:
            domain.append(("uuid", "in", document["ids"]))
        for name, operator in (("from", ">="), ("to", "<")):
            if name in document:
                moment = parse(document[name]).replace(tzinfo=None)
                domain.append(("create_date", operator, fields.Datetime.to_string(moment)))
        messages = self.env["freight.message.out"].search(domain, order="id", limit=MOST + 1)
        if len(messages) > MOST:
            raise Problem(
                422, "too-many", f"More than {MOST} messages are meant: ask for a shorter period."
            )
        if messages:
            client = self.env["freight.api.client"].browse(call.caller.client_id)
            with _refusals():
                messages.with_context(freight_client=client.id)._resend(
                    document.get("reason") or _("Asked for by the partner.")
                )
        return Reply(202, {"count": len(messages)})

    @api.model
    def _api_test(self, call):
        subscription = self._found(call)
        if not subscription.endpoint_id._takes_messages():
            raise Problem(409, "not-reachable", "Nothing is sent to this address now: ask us why.")
        return Reply(202, _delivery(subscription._send_test()))

    @api.model
    def _api_rotate(self, call):
        endpoint = self._found(call).endpoint_id
        if not endpoint.connection_id:
            raise Problem(
                409, "shared-secret", "This address has the secret we agreed upon: ask us."
            )
        wizard = self.env["freight.credential.rotation"].create(
            {"endpoint_id": endpoint.id, "use": "outbound", "overlap": OVERLAP}
        )
        return Reply(200, {"secret": wizard.action_rotate()["context"]["default_shown"]})

    # Schemas -------------------------------------------------------------------------------------

    @api.model
    def _api_schema(self, call):
        """Return the JSON Schema of the data of a type of event."""
        event_type = call.path["type"].removesuffix(WIRE_VERSION)
        definition, _internal = (
            self.env["freight.announcement.type"]._known().get(event_type, (None, False))
        )
        if not definition:
            raise Problem(404, "not-found", "No event of ours has this type.")
        named = self.env["freight.api"]._definitions()
        return Reply(
            200,
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "title": call.path["type"],
                "$ref": f"#/definitions/{definition}",
                "definitions": api_schemas.closure({definition}, named),
            },
            revalidate=True,
        )


class _refusals:
    """Let what people would read on a screen be a 422 of the API."""

    def __enter__(self):
        return self

    def __exit__(self, _kind, error, _traceback):
        if isinstance(error, UserError | ValidationError):
            raise Problem(422, "refused", str(error)) from error
        return False


def _view(subscription):
    endpoint = subscription.endpoint_id
    return {
        "id": subscription.uuid,
        "status": subscription.standing,
        "url": endpoint.url or None,
        "own_secret": bool(endpoint.connection_id),
        "events": list(subscription._patterns()),
        "carriers": sorted(filter(None, subscription.carrier_ids.mapped("freight_scac"))),
        "mode": subscription.mode or None,
        "created_at": iso_utc(subscription.create_date.replace(microsecond=0)),
    }


def _delivery(message):
    return {
        "id": message.uuid,
        "type": f"{message.event_type}{WIRE_VERSION}",
        "subject": message.subject or None,
        "state": message.state,
        "attempts": message.attempts,
        "last_status": message.last_status or None,
        "written_at": iso_utc(message.create_date.replace(microsecond=0)),
        "delivered_at": iso_utc(message.delivered),
        "next_attempt_at": iso_utc(message.next_attempt),
    }
