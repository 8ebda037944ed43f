"""What the measures work on: a carrier, its endpoint, shipments, and messages about them."""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import dataclass

from odoo.addons.freight_tms_connector.models.freight_reception import Request
from odoo.addons.freight_tms_connector.signing import sign

SCAC = "BNCH"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SOURCE = "bench"
BODY_BYTES = 3500

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Fixtures:
    """Ids of what was made once; ``profile`` is the signing profile of the endpoint."""

    company_id: int
    carrier_id: int
    system_id: int
    profile: object

    @classmethod
    def make(cls, env):
        """Create carrier, system and endpoint, with the shipped mappings."""
        carrier = env["res.partner"].create(
            {
                "name": "Bench Carrier",
                "is_company": True,
                "freight_is_carrier": True,
                "freight_scac": SCAC,
            }
        )
        system = env["freight.system"].create(
            {"code": SOURCE, "name": "Bench", "kind": "carrier", "partner_id": carrier.id}
        )
        profile = env["freight.auth.profile"].search([("code", "=", "standard_webhooks")])
        env["freight.endpoint"].create(
            {
                "code": SOURCE,
                "name": "Bench",
                "system_id": system.id,
                "auth_profile_id": profile.id,
                "mapping_ids": [(6, 0, env["freight.mapping"].search([]).ids)],
                "credential_ids": [(0, 0, {"secret": SECRET, "use": "inbound"})],
            }
        )
        return cls(env.company.id, carrier.id, system.id, profile._profile())

    def endpoints(self, env, count):
        """Create ``count`` more endpoints of the carrier; return their ids."""
        endpoint = env["freight.endpoint"].search([("code", "=", SOURCE)])
        return [endpoint.copy({"code": f"{SOURCE}-{next(_numbers)}"}).id for _one in range(count)]

    def shipments(self, env, count):
        """Create and release ``count`` shipments of one line and two stops; weights differ."""
        shipments = env["freight.shipment"].create(
            [self._shipment_values(next(_numbers)) for _number in range(count)]
        )
        shipments.action_release()
        return shipments

    def _shipment_values(self, number):
        return {
            "carrier_id": self.carrier_id,
            "planned_pickup": "2026-03-02 14:00:00",
            "planned_delivery": "2026-03-04 18:00:00",
            "stop_ids": [
                (0, 0, {"sequence": 1, "role": "pickup", "city": "Chicago", "state_code": "IL",
                        "zip": "60601", "tz": "America/Chicago"}),
                (0, 0, {"sequence": 2, "role": "delivery", "city": "Dallas", "state_code": "TX",
                        "zip": "75201", "tz": "America/Chicago"}),
            ],
            "line_ids": [(0, 0, {"name": "Pallets", "quantity": 10, "weight": 500 + number})],
        }  # fmt: skip

    def headers(self, body):
        """Return the headers that authenticate ``body``, under a message id of its own."""
        return sign(self.profile, SECRET, body, f"bench-{next(_numbers)}", time.time())

    def receive(self, env, body, media_type="application/edi-x12"):
        """Hand a message to the reception, as the controller does."""
        reception = env["freight.reception"].sudo()
        door = reception._door_or_reject(SOURCE)
        answer = reception._receive(Request(SOURCE, media_type, self.headers(body), {}, body), door)
        if answer.status != 202:
            raise RuntimeError(f"the reception answered {answer.status}: {answer.body}")


#: What happens to a shipment, in order: X12 element 1650, day, hour.
STATUSES = (
    ("X3", "20260302", "0930"),
    ("AF", "20260302", "1015"),
    ("X1", "20260304", "1000"),
    ("D1", "20260304", "1115"),
)


def status_214(shipment, status):
    """Return a 214 with one status of one shipment, under a control number of its own."""
    code, day, hour = status
    body = [
        f"B10*PRO{shipment}*{shipment}*{SCAC}",
        f"L11*{shipment}*BM",
        "N1*SH*NORTH PLANT",
        "N4*CHICAGO*IL*60601*US",
        "LX*1",
        f"AT7*{code}*NS***{day}*{hour}*LT",
        "MS1*CHICAGO*IL*US",
        f"MS2*{SCAC}*TR4711",
        "AT8*G*L*1200*10",
    ]
    return interchange([body], next(_numbers))


def interchange(bodies, control=1):
    """Return the bytes of an interchange with one 214 for each list of segments."""
    segments = [
        f"ISA*00*          *00*          *ZZ*{SCAC:<15}*ZZ*{'OURSIDE':<15}*260302*0930*U*00401*"
        f"{control:09d}*0*P*>",
        f"GS*QM*{SCAC}*OURSIDE*20260302*0930*{control}*X*004010",
    ]
    for number, body in enumerate(bodies, start=1):
        segments += [f"ST*214*{number:04d}", *body, f"SE*{len(body) + 2}*{number:04d}"]
    segments += [f"GE*{len(bodies)}*{control}", f"IEA*1*{control:09d}"]
    return "".join(f"{segment}~\n" for segment in segments).encode()


def cloud_event(shipment):
    """Return a CloudEvent of :data:`BODY_BYTES` bytes: a position of one shipment."""
    number = next(_numbers)
    event = {
        "specversion": "1.0",
        "id": f"event-{number}",
        "source": "/bench",
        "type": "shipment.position.v1",
        "time": "2026-03-03T12:00:00Z",
        "data": {
            "shipment": {"references": [{"type": "shipment", "value": shipment}]},
            "type": "position",
            "classifier": "actual",
            "occurred": f"2026-03-03T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:"
            f"{number % 60:02d}Z",
            "place": {"city": "Springfield", "state": "MO", "country": "US"},
            "telemetry": [],
        },
    }
    reading = {"latitude": "37.208957", "longitude": "-93.292299", "speed_kmh": "88.5"}
    while len(json.dumps(event)) < BODY_BYTES - 100:
        event["data"]["telemetry"].append(reading)
    event["data"]["remark"] = ""
    event["data"]["remark"] = "x" * (BODY_BYTES - len(json.dumps(event)))
    return json.dumps(event).encode()
