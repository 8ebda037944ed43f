"""Subscribers with an address and a secret of their own, beside the connection of their partner."""

import uuid
from urllib.parse import urlsplit

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..signing_secrets import generate

#: Addresses that one connection may have.
MOST_ADDRESSES = 50


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    connection_id = fields.Many2one(
        "freight.endpoint",
        string="Address of",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        help="It is but another address of that partner: nothing comes in by it.",
    )

    @api.model
    def _guarded(self):
        return super()._guarded() | {"connection_id"}

    def _own_addresses(self):
        """Return the domain of this connection and its further addresses."""
        self.ensure_one()
        return ["|", ("id", "=", self.id), ("connection_id", "=", self.id)]

    def _add_address(self, url):
        """Return (an endpoint for ``url``, its secret), a further address of this connection.

        It has no way in: without a profile nobody can prove himself to it. The secret is not shown
        again.

        :raise ValidationError: for an address that may not be called
        :raise UserError: where there are too many already
        """
        self.ensure_one()
        if self.search_count([("connection_id", "=", self.id), ("state", "!=", "retired")]) >= (
            MOST_ADDRESSES
        ):
            raise UserError(_("There are %s addresses already: delete some.", MOST_ADDRESSES))
        profile = self.env["freight.auth.profile"].search([("code", "=", "standard_webhooks")])
        kept, told = generate(profile._profile(), False)
        endpoint = self.create(
            {
                "code": f"{self.code}-{uuid.uuid4().hex[:12]}",
                "name": f"{self.name} ({urlsplit(url).hostname or url})",
                "system_id": self.system_id.id,
                "company_id": self.company_id.id,
                "environment": self.environment,
                "team_id": self.team_id.id,
                "url": url,
                "outbound_profile_id": profile.id,
                "connection_id": self.id,
                "credential_ids": [(0, 0, {"use": "outbound", "secret": kept})],
            }
        )
        return endpoint, told


class FreightSubscription(models.Model):
    _inherit = "freight.subscription"

    client_id = fields.Many2one(
        "freight.api.client",
        string="Made by",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The partner's own application made it by our API. Empty: a person did.",
    )

    @api.model
    def _guarded(self):
        return super()._guarded() | {"client_id"}

    def _end(self):
        """End these subscriptions: what waits for them is given up, and so are their addresses."""
        waiting = self.env["freight.message.out"].search(
            [("subscription_id", "in", self.ids), ("state", "in", ("queued", "held", "retry"))]
        )
        waiting.action_cancel()
        addresses = self.endpoint_id.filtered("connection_id")
        self.write({"active": False})
        addresses.filtered(lambda one: not one.subscription_ids).write({"state": "retired"})
