"""Fixtures of the connector's tests: a carrier, a TMS, their endpoints and a shipment."""

import json
import time

from odoo import fields
from odoo.tests import TransactionCase

from ..signing import sign

SECRET = "a test secret of decent length"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Fixtures:
    """Makes what the tests speak of, in ``cls.env``."""

    @classmethod
    def make_fixtures(cls):
        cls.company = cls.env.company
        cls.carrier = cls.make_carrier("ABCD", "Test Carrier")
        cls.tms = cls.make_system("test_tms", "tms")
        cls.carrier_system = cls.make_system("test_carrier", "carrier", cls.carrier)
        cls.tms_endpoint = cls.make_endpoint(
            cls.tms, "standard_webhooks", WHSEC, ["cloudevents_default"]
        )
        cls.carrier_endpoint = cls.make_endpoint(
            cls.carrier_system, "generic_hmac", SECRET, ["x12_214", "x12_210", "x12_204"]
        )

    @classmethod
    def make_carrier(cls, scac, name):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, "freight_is_carrier": True, "freight_scac": scac}
        )

    @classmethod
    def make_system(cls, code, kind, partner=None):
        return cls.env["freight.system"].create(
            {
                "code": code,
                "name": code,
                "kind": kind,
                "partner_id": partner.id if partner else False,
            }
        )

    @classmethod
    def make_endpoint(cls, system, profile, secret, mappings, **values):
        return cls.env["freight.endpoint"].create(
            {
                "code": system.code,
                "name": system.name,
                "system_id": system.id,
                "auth_profile_id": cls.env["freight.auth.profile"]
                .search([("code", "=", profile)])
                .id,
                "mapping_ids": [
                    (6, 0, cls.env["freight.mapping"].search([("code", "in", mappings)]).ids)
                ],
                "credential_ids": [(0, 0, {"secret": secret, "use": "inbound"})],
                **values,
            }
        )

    @classmethod
    def make_shipment(cls, **values):
        """Return a released shipment from Chicago to Dallas."""
        shipment = cls.env["freight.shipment"].create(
            {
                "carrier_id": cls.carrier.id,
                "tms_id": cls.tms.id,
                "planned_pickup": "2026-11-02 14:00:00",
                "planned_delivery": "2026-11-04 18:00:00",
                "stop_ids": [
                    (0, 0, {"sequence": 1, "role": "pickup", "city": "Chicago",
                            "state_code": "IL", "zip": "60601", "tz": "America/Chicago"}),
                    (0, 0, {"sequence": 2, "role": "delivery", "city": "Dallas",
                            "state_code": "TX", "zip": "75201", "tz": "America/Chicago"}),
                ],
                "line_ids": [(0, 0, {"name": "Pallets", "quantity": 10, "weight": 520})],
                **values,
            }
        )  # fmt: skip
        shipment.action_release()
        return shipment

    @classmethod
    def signed(cls, endpoint, body, secret=None, message_id=None, timestamp=None):
        """Return the headers that authenticate ``body`` at ``endpoint``."""
        profile = endpoint.auth_profile_id._profile()
        secret = secret or (WHSEC if profile.secret_encoding == "whsec" else SECRET)
        return sign(
            profile,
            secret,
            body,
            message_id or f"msg-{time.monotonic_ns()}",
            time.time() if timestamp is None else timestamp,
        )

    @classmethod
    def cloud_event(cls, shipment, event_type, identity, **data):
        """Return the bytes of a CloudEvent of the TMS."""
        return json.dumps(
            {
                "specversion": "1.0",
                "id": identity,
                "source": "/tms",
                "type": f"shipment.{event_type}.v1",
                "time": f"{fields.Datetime.now().isoformat()}Z",
                "data": {
                    "shipment": {"references": [{"type": "shipment", "value": shipment.name}]},
                    "type": event_type,
                    "classifier": "actual",
                    "occurred": "2026-11-02T12:00:00Z",
                    **data,
                },
            }
        ).encode()


class ConnectorCase(Fixtures, TransactionCase):
    """Own cursors see the fixtures; nothing is committed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry.enter_test_mode(cls.cr)
        cls.addClassCleanup(cls.registry.leave_test_mode)
        cls.make_fixtures()

    @classmethod
    def post(cls, endpoint, body, secret=None, media_type=None, **options):
        """Hand a signed request to the reception, as the controller does. Return the Answer."""
        from ..models.freight_reception import Request

        reception = cls.env["freight.reception"].sudo()
        headers = cls.signed(endpoint, body, secret, **options)
        door = reception._door_or_reject(endpoint.code)
        media_type = media_type or (
            "application/edi-x12" if body.startswith(b"ISA") else "application/json"
        )
        return reception._receive(
            Request(endpoint.code, media_type, _Headers(headers), {}, body), door
        )

    @classmethod
    def drain(cls, queue="inbox"):
        """Work a queue off and forget what the cache knew."""
        done = cls.env["freight.queue.lane"]._drain(queue)
        cls.env.invalidate_all()
        return done

    @classmethod
    def message(cls, answer):
        """Return the stored message that ``answer`` speaks of."""
        return cls.env["freight.message.in"].search([("uuid", "=", answer.body["id"])])


class _Headers(dict):
    """Case-insensitive look-up, as werkzeug's."""

    def __init__(self, headers):
        super().__init__({name.lower(): value for name, value in headers.items()})

    def get(self, name, default=None):
        return super().get(name.lower(), default)

    def __getitem__(self, name):
        return super().__getitem__(name.lower())
