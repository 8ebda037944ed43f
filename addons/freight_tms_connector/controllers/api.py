from odoo import http

from .api_gate import BASE, OPEN, serve


class FreightApi(http.Controller):
    """The paths of the REST API. What is at each stands in ``freight.api._operations``."""

    @http.route(f"{BASE}/shipments", **OPEN)
    def shipments(self, **_query):
        """Shipments: list them, send one."""
        return serve("/shipments")

    @http.route(f"{BASE}/shipments/<path:reference>", **OPEN)
    def shipment(self, reference, **_query):
        """One shipment by any of its numbers, which may contain slashes."""
        return serve("/shipments/{reference}", reference=reference)

    @http.route(f"{BASE}/shipments/<path:reference>/events", **OPEN)
    def shipment_events(self, reference, **_query):
        """What happened to it."""
        return serve("/shipments/{reference}/events", reference=reference)

    @http.route(f"{BASE}/shipments/<path:reference>/trace", **OPEN)
    def shipment_trace(self, reference, **_query):
        """What caused what."""
        return serve("/shipments/{reference}/trace", reference=reference)

    @http.route(f"{BASE}/shipments/<path:reference>/documents", **OPEN)
    def shipment_documents(self, reference, **_query):
        """Its documents."""
        return serve("/shipments/{reference}/documents", reference=reference)

    @http.route(f"{BASE}/events", **OPEN)
    def events(self, **_query):
        """Events: send them."""
        return serve("/events")

    @http.route(f"{BASE}/messages/<string:identity>", **OPEN)
    def message(self, identity, **_query):
        """What became of something that was sent."""
        return serve("/messages/{id}", id=identity)

    @http.route(f"{BASE}/documents", **OPEN)
    def documents(self, **_query):
        """Documents: upload one."""
        return serve("/documents")

    @http.route(f"{BASE}/documents/<string:identity>", **OPEN)
    def document(self, identity, **_query):
        """What is known of a document."""
        return serve("/documents/{id}", id=identity)

    @http.route(f"{BASE}/documents/<string:identity>/content", **OPEN)
    def document_content(self, identity, **_query):
        """The document itself."""
        return serve("/documents/{id}/content", id=identity)

    @http.route(f"{BASE}/masters/<string:kind>", **OPEN)
    def masters(self, kind, **_query):
        """Codes that documents may name."""
        return serve("/masters/{kind}", kind=kind)

    @http.route(f"{BASE}/masters/validate", **OPEN)
    def masters_validate(self, **_query):
        """Whether codes are known."""
        return serve("/masters/validate")

    @http.route(f"{BASE}/parties", **OPEN)
    def parties(self, **_query):
        """Parties: send them."""
        return serve("/parties")

    @http.route(f"{BASE}/parties/validate", **OPEN)
    def parties_validate(self, **_query):
        """What is wrong with parties."""
        return serve("/parties/validate")

    @http.route(f"{BASE}/charge-codes", **OPEN)
    def charge_codes(self, **_query):
        """Charge codes: send them."""
        return serve("/charge-codes")

    @http.route(f"{BASE}/subscriptions", **OPEN)
    def subscriptions(self, **_query):
        """Subscriptions: list them, make one."""
        return serve("/subscriptions")

    @http.route(f"{BASE}/subscriptions/<string:identity>", **OPEN)
    def subscription(self, identity, **_query):
        """One subscription."""
        return serve("/subscriptions/{id}", id=identity)

    @http.route(f"{BASE}/subscriptions/<string:identity>/deliveries", **OPEN)
    def subscription_deliveries(self, identity, **_query):
        """What was sent for it."""
        return serve("/subscriptions/{id}/deliveries", id=identity)

    @http.route(f"{BASE}/subscriptions/<string:identity>/redeliver", **OPEN)
    def subscription_redeliver(self, identity, **_query):
        """Have messages sent again."""
        return serve("/subscriptions/{id}/redeliver", id=identity)

    @http.route(f"{BASE}/subscriptions/<string:identity>/test", **OPEN)
    def subscription_test(self, identity, **_query):
        """Have a test sent."""
        return serve("/subscriptions/{id}/test", id=identity)

    @http.route(f"{BASE}/subscriptions/<string:identity>/secret", **OPEN)
    def subscription_secret(self, identity, **_query):
        """Get a new secret."""
        return serve("/subscriptions/{id}/secret", id=identity)

    @http.route(f"{BASE}/outbox", **OPEN)
    def outbox(self, **_query):
        """What waits to be fetched."""
        return serve("/outbox")

    @http.route(f"{BASE}/outbox/acknowledgements", **OPEN)
    def outbox_acknowledgements(self, **_query):
        """What was fetched and stored."""
        return serve("/outbox/acknowledgements")

    @http.route(f"{BASE}/outbox/<string:identity>", **OPEN)
    def outbox_message(self, identity, **_query):
        """One message as it is."""
        return serve("/outbox/{id}", id=identity)

    @http.route(f"{BASE}/schemas/<string:event_type>", **OPEN)
    def schema(self, event_type, **_query):
        """What an event says."""
        return serve("/schemas/{type}", type=event_type)

    @http.route(f"{BASE}/openapi.json", **OPEN)
    def openapi(self, **_query):
        """The API for programs."""
        return serve("/openapi.json")

    @http.route(f"{BASE}/docs", **OPEN)
    def docs(self, **_query):
        """The API for people."""
        return serve("/docs")
