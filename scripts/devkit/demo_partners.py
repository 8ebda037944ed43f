"""The partners of the demo: their endpoints in Odoo, and what the simulator must know of them.

Called by `demo_story.py` in an Odoo shell.
"""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64encode
from time import monotonic, sleep
from urllib.request import urlopen

from . import demo_sending, demo_simulator

#: Seconds to wait for the partners to tell their story; what comes later comes on screen.
PATIENCE = 120
#: What befalls stories that would go as planned: kind, how many.
TROUBLES = (("own_code", 2), ("damaged_set", 1), ("broken_event", 1), ("storm", 1))


def connect(env):
    """Make the partners' endpoints and the simulator's configuration, where they are not there."""
    if not (env["freight.endpoint"].search([]) and _simulator_is_configured()):
        write_simulator_config(make_endpoints(env))


def make_endpoints(env):
    """Create or refresh the endpoints with new secrets. Return the secrets by endpoint code."""
    simulator = os.environ["FREIGHT_SIMULATOR_URL"]
    standard, generic, bearer = (
        env["freight.auth.profile"].search([("code", "=", code)])
        for code in ("standard_webhooks", "generic_hmac", "ups_bearer")
    )
    plan = {
        "demo_tms": ("system_tms", standard, ["cloudevents_default", "x12_204"],
                     f"{simulator}/tms/orders", ["shipment.*"]),
        "bluefin": ("system_bluefin", generic, ["x12_214", "x12_210", "x12_990"],
                    f"{simulator}/carrier/BLFN", ["tender.*"]),
        "parcelhawk": ("system_parcelhawk", bearer, ["ups_track_alert"], None, []),
        "parcelhawk_edi": ("system_parcelhawk", generic, ["x12_210"],
                           f"{simulator}/carrier/PHWK", []),
        "parcelhawk_tracking": ("system_parcelhawk", bearer, ["easypost_tracker"], None, []),
        "clearbill": ("system_platform", standard, ["cloudevents_default"],
                      f"{simulator}/platform/settlements", ["invoice.*"]),
        **{
            code: (system, generic, ["x12_990", "x12_214", "x12_210"],
                   f"{simulator}/carrier/{system.partner_id.freight_scac}", ["tender.*"])
            for system in demo_sending.make_carriers(env)
            for code in [system.code]
        },
    }  # fmt: skip
    uses = {"parcelhawk_edi": "bills", "parcelhawk_tracking": "polled"}
    found = {}
    for code, (system, profile, mappings, url, patterns) in plan.items():
        if isinstance(system, str):
            system = env.ref(f"freight_canonical.{system}")
        endpoint = env["freight.endpoint"].search([("code", "=", code)])
        if not endpoint:
            endpoint = endpoint.create({"code": code, "name": code, "system_id": system.id})
        found[code] = {"inbound": _new_secret(profile), "outbound": _new_secret(standard)}
        endpoint.credential_ids.unlink()
        endpoint.subscription_ids.unlink()
        endpoint.write(
            {
                "name": f"{system.name} ({uses[code]})" if code in uses else system.name,
                "team_id": env.ref("freight_canonical.team_exceptions").id,
                "auth_profile_id": profile.id,
                "outbound_profile_id": standard.id if url else False,
                "url": url,
                "mapping_ids": [
                    (6, 0, env["freight.mapping"].search([("code", "in", mappings)]).ids)
                ],
                "credential_ids": [
                    (0, 0, {"label": f"Demo {use}", "use": use, "secret": found[code][use]})
                    for use in ("inbound", "outbound")
                    if use == "inbound" or url
                ],
                "subscription_ids": [(0, 0, {"pattern": pattern}) for pattern in patterns],
            }
        )
    tendered = ("bluefin", *(code for code, *_rest in demo_sending.ASKED))
    demo_sending.take_tenders(env, env["freight.endpoint"].search([("code", "in", tendered)]))
    found["parcelhawk_tracking"]["poll"] = make_poll(env, f"{simulator}/carrier/PHWK/trackers")
    return found


def make_poll(env, url):
    """Let the parcel carrier's tracking API be asked every minute. Return the token for it."""
    endpoint = env["freight.endpoint"].search([("code", "=", "parcelhawk_tracking")])
    token = secrets.token_urlsafe(32)
    endpoint.credential_ids = [(0, 0, {"label": "Demo poll", "use": "poll", "secret": token})]
    values = {
        "name": "Parcel trackers",
        "endpoint_id": endpoint.id,
        "url": url,
        "interval": 1,
        "kind": "cursor",
        "items_path": "trackers",
        "next_path": "cursor",
        "parameter": "after",
    }
    poll = env["freight.poll"].search([("endpoint_id", "=", endpoint.id)])
    poll.write(values) if poll else poll.create(values)
    return token


def write_simulator_config(found):
    """Write what the simulator needs to know to play the other side."""
    config = {
        "odoo": os.environ["FREIGHT_SERVER_URL"],
        "port": int(os.environ["FREIGHT_SIMULATOR_URL"].rsplit(":", 1)[1]),
        "seed": 7,
        "control_numbers": _simulator_config().replace(".json", "-numbers.json"),
        "tms": {
            "source": "demo_tms",
            "secret": found["demo_tms"]["inbound"],
            "outbound_secret": found["demo_tms"]["outbound"],
        },
        "platform": {"source": "clearbill", "secret": found["clearbill"]["outbound"]},
        "carriers": [
            {
                "name": "Bluefin Freight Lines",
                "scac": "BLFN",
                "format": "x12",
                "source": "bluefin",
                "secret": found["bluefin"]["inbound"],
                "outbound_secret": found["bluefin"]["outbound"],
                "control_number": 2101,
                "modes": ["ltl", "ftl"],
                "tariff": {"minimum": "95.00", "per_kg": "0.385", "maximum": "100000",
                           "fuel": "0.185", "lane_spread": "0"},
            },
            {
                "name": "Parcelhawk Express",
                "scac": "PHWK",
                "format": "ups",
                "source": "parcelhawk",
                "bearer": found["parcelhawk"]["inbound"],
                "edi_source": "parcelhawk_edi",
                "edi_secret": found["parcelhawk_edi"]["inbound"],
                "outbound_secret": found["parcelhawk_edi"]["outbound"],
                "control_number": 701,
                "tracker_token": found["parcelhawk_tracking"]["poll"],
                "modes": ["parcel"],
                "tariff": {"minimum": "11.90", "per_kg": "1.35", "maximum": "100000",
                           "fuel": "0.14", "lane_spread": "0"},
            },
            *(
                {
                    "name": name,
                    "scac": scac,
                    "format": "x12",
                    "source": code,
                    "secret": found[code]["inbound"],
                    "outbound_secret": found[code]["outbound"],
                    "control_number": 301,
                    "modes": ["by tender only"],
                    "tenders": answer,
                }
                for code, name, scac, answer in demo_sending.ASKED
            ),
        ],
    }  # fmt: skip
    with private(_simulator_config()) as file:
        json.dump(config, file, indent=2)


def order_troubles():
    """Let the partners make the mistakes that partners make."""
    for kind, count in TROUBLES:
        demo_simulator.control("trouble", kind=kind, count=count)


def wait_for_them(env):
    """Wait until the simulator has said everything and the server has worked it off."""
    end = monotonic() + PATIENCE
    while monotonic() < end:
        with urlopen(f"{os.environ['FREIGHT_SIMULATOR_URL']}/health", timeout=10) as answer:
            telling = json.load(answer)["queued"]
        env.cr.rollback()
        open_work = env["freight.message.in"].search_count([("state", "in", ("received", "retry"))])
        open_work += env["freight.message.out"].search_count(
            [("state", "=", "queued"), ("endpoint_id.code", "!=", "clearbill")]
        )
        if not telling and not open_work:
            return
        sleep(1)


def ask_for_trackers(env):
    """Poll the parcel carrier now rather than in a minute."""
    env["freight.poll"].search([]).action_run_now()
    env.cr.commit()
    sleep(2)


def _simulator_config():
    return os.environ["FREIGHT_SIMULATOR_CONFIG"]


def _simulator_is_configured():
    """Whether the simulator's configuration is there, and not one of before it took tenders."""
    if not os.path.exists(_simulator_config()):
        return False
    with open(_simulator_config()) as file:
        return any("tenders" in carrier for carrier in json.load(file)["carriers"])


def private(path):
    """Open a file to write that only its owner reads."""
    file = open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w")
    os.chmod(path, 0o600)
    return file


def _new_secret(profile):
    if profile.secret_encoding == "whsec":
        return f"whsec_{b64encode(secrets.token_bytes(24)).decode()}"
    return secrets.token_urlsafe(32)
