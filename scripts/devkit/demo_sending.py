"""What the demo shows of sending: a tender sequence, a partner that is down for a while, a replay.

Called by `demo_story.py` in an Odoo shell, when simulator and server answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic, sleep

from freezegun import freeze_time

from . import demo_simulator

#: Who is asked, in this order, besides Bluefin: code, name, SCAC, what it answers.
ASKED = (
    ("old_mill", "Old Mill Trucking", "OLDM", "silent"),
    ("ridgeline", "Ridgeline Transport", "RDGL", "decline"),
)
SETTLEMENTS = "/platform/settlements"
#: Seconds to wait for something that partner and server do among themselves.
PATIENCE = 90
ORDERS = ("Trade fair stand, by hand", "Spare shelving, by hand")


def make_carriers(env):
    """Create the carriers that are asked before Bluefin, and their systems. Return the systems."""
    systems = env["freight.system"]
    for code, name, scac, _answer in ASKED:
        system = systems.search([("code", "=", code)])
        if not system:
            carrier = env["res.partner"].create(
                {
                    "name": name,
                    "is_company": True,
                    "freight_is_carrier": True,
                    "freight_scac": scac,
                    "country_id": env.ref("base.us").id,
                }
            )
            system = system.create(
                {"code": code, "name": f"{name} EDI", "kind": "carrier", "partner_id": carrier.id}
            )
        systems |= system
    return systems


def take_tenders(env, endpoints):
    """Let the carriers behind ``endpoints`` have their tenders as X12 204."""
    mapping = env["freight.mapping"].search([("code", "=", "x12_204_out")])
    for endpoint in endpoints:
        endpoint.form_ids.unlink()
        endpoint.write(
            {
                "edi_sender": "HARBORLINE",
                "edi_sender_qualifier": "ZZ",
                "edi_receiver": endpoint.system_id.partner_id.freight_scac,
                "edi_receiver_qualifier": "02",
                "form_ids": [(0, 0, {"pattern": "tender.*", "mapping_id": mapping.id})],
            }
        )


def tender_in_sequence(env):
    """Tender two shipments of our own to three carriers: one is silent, one declines, one takes it.

    The first was asked an hour and a half ago and had an hour.
    """
    bluefin = env.ref("freight_canonical.carrier_bluefin")
    asked = [
        env["freight.system"].search([("code", "=", code)]).partner_id
        for code, _name, _scac, _answer in ASKED
    ]
    plan = env["freight.tender.plan"].create(
        {
            "name": "Columbus, less than truckload",
            "line_ids": [
                (0, 0, {"carrier_id": carrier.id, "hours": 1.0, "sequence": place})
                for place, carrier in enumerate([*asked, bluefin])
            ],
        }
    )
    with freeze_time(datetime.utcnow() - timedelta(minutes=90)):
        shipments = make_shipments(env)
        shipments.action_release()
        env["freight.tender.start"].create(
            {"shipment_ids": [(6, 0, shipments.ids)], "plan_id": plan.id}
        ).action_start()
    env.cr.commit()
    env.ref("freight_canonical.cron_tenders")._trigger()
    env.cr.commit()
    _wait(env, lambda: all(one.transport_state == "accepted" for one in shipments))


def make_shipments(env):
    """Create the shipments that no order asked for and no TMS plans."""
    company = env.ref("base.main_company")
    customers = env["res.partner"].search([("tz", "!=", False), ("freight_scac", "=", False)])
    consignees = customers.filtered(lambda one: one.is_company and one.state_id and one.street)
    pickup = datetime.utcnow().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    return env["freight.shipment"].create(
        [
            {
                "company_id": company.id,
                "tms_id": False,
                "mode": "ltl",
                "origin": what,
                "shipper_id": company.partner_id.id,
                "consignee_id": consignee.id,
                "bill_to_id": company.partner_id.id,
                "planned_pickup": pickup,
                "planned_delivery": pickup + timedelta(days=2),
                "stop_ids": [
                    (0, 0, _stop(1, "pickup", company.partner_id, pickup)),
                    (0, 0, _stop(2, "delivery", consignee, pickup + timedelta(days=2))),
                ],
                "line_ids": [(0, 0, {"name": what, "quantity": 4, "weight": 640.0})],
            }
            for what, consignee in zip(ORDERS, consignees, strict=False)
        ]
    )


def take_platform_down():
    """Let the settlement platform answer 503 from now on."""
    demo_simulator.control("outage", path=SETTLEMENTS)


def bring_platform_back(env):
    """Let the platform answer again, and what waited for it go out at once."""
    demo_simulator.control("recover", path=SETTLEMENTS)
    env.cr.rollback()
    platform = env["freight.endpoint"].search([("code", "=", "clearbill")])
    platform.action_try_now()
    env.cr.commit()
    _wait(env, lambda: not _waiting(env, platform))


def replay(env):
    """Work the last messages of a carrier off again: nothing changes by it."""
    endpoint = env["freight.endpoint"].search([("code", "=", "bluefin")])
    messages = env["freight.message.in"].search(
        [("endpoint_id", "=", endpoint.id), ("state", "=", "applied")], limit=20
    )
    messages.action_replay("Shown in the demo: the same messages once more change nothing.")
    platform = env["freight.endpoint"].search([("code", "=", "clearbill")])
    env["freight.message.out"].search(
        [("endpoint_id", "=", platform.id), ("state", "=", "delivered")], limit=3
    ).action_resend()
    env.cr.commit()
    _wait(env, lambda: not _waiting(env, platform))


def _waiting(env, endpoint):
    return env["freight.message.out"].search_count(
        [("endpoint_id", "=", endpoint.id), ("state", "in", ("queued", "retry"))]
    )


def _wait(env, is_so):
    end = monotonic() + PATIENCE
    while monotonic() < end:
        env.cr.rollback()
        env.invalidate_all()
        if is_so():
            return
        sleep(1)


def _stop(sequence, role, partner, moment):
    return {
        "sequence": sequence,
        "role": role,
        "partner_id": partner.id,
        "name": partner.name,
        "city": partner.city,
        "zip": partner.zip,
        "state_code": partner.state_id.code,
        "country_id": partner.country_id.id,
        "window_start": moment,
        "window_end": moment + timedelta(hours=4),
    }
