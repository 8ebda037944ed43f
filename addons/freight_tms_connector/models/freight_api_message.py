"""What became of a message, as its sender reads it."""

from odoo import api, models
from odoo.addons.freight_canonical.documents import iso_utc

from ..api_operation import Reply
from .freight_api import Problem

#: States whose error speaks of the message; that of the others may speak of our own troubles.
SAID_OF_THE_MESSAGE = ("quarantined", "refused", "ignored")


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    @api.model
    def _api_read(self, call):
        """Return a message that came through the caller's own endpoint, by whatever way."""
        message = self.search(
            [("uuid", "=", call.path["id"]), ("endpoint_id", "=", call.caller.endpoint_id)]
        )
        if not message:
            raise Problem(404, "not-found", "You sent no message with this id.")
        return Reply(200, message._api_view(call.caller))

    def _api_view(self, caller):
        self.ensure_one()
        shipments = self.env["freight.shipment"]
        own = shipments.search(
            [("id", "in", self.document_ids.shipment_id.ids), *shipments._api_domain(caller)]
        )
        return {
            "id": self.uuid,
            "state": self.state,
            "channel": self.channel,
            "media_type": self.media_type or None,
            "size": self.size,
            "sha256": self.digest or None,
            "attempts": self.attempts,
            "next_attempt_at": iso_utc(self.next_attempt),
            "detail": (self.state in SAID_OF_THE_MESSAGE and self.error) or None,
            "received_at": iso_utc(self.received),
            "trace_id": self.trace_id or None,
            "documents": [
                {
                    "position": document.position,
                    "kind": document.kind or None,
                    "outcome": document.status,
                    "detail": document.detail or None,
                    "shipment": (document.shipment_id in own and document.shipment_id.name) or None,
                }
                for document in self.document_ids
            ],
        }

    def _api_trace_node(self):
        self.ensure_one()
        return {
            "stage": "message",
            "id": self.uuid,
            "title": self.media_type or self.codec or "message",
            "time": iso_utc(self.received),
            "state": self.state,
            "trace_id": self.trace_id or None,
            "parent": None,
        }
