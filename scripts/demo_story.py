"""The demo's story, run in an Odoo shell (`env` is there): see `demo.py` for the two phases.

A month of orders of a shop-fitter is released to the simulated TMS. Everything after that, from
the tender to the bill, comes back over HTTP from the simulator; nothing is written by this script.
"""

import json
import os
import secrets
from base64 import b64encode
from datetime import datetime, time, timedelta
from time import monotonic, sleep
from urllib.parse import quote
from urllib.request import Request, urlopen

from freezegun import freeze_time

DAYS = 30
#: Seconds to wait for the partners to tell their story; what comes later comes on screen.
PATIENCE = 120
#: name, weight in kg, volume in m³, price, how many go into an order (from, to)
GOODS = (
    ("Gondola shelving, pallet", 320.0, 1.9, 1180.0, (1, 6)),
    ("Checkout counter", 145.0, 1.2, 2350.0, (1, 4)),
    ("Cold display cabinet", 210.0, 1.7, 3890.0, (1, 3)),
    ("Acrylic shelf labels, box", 2.4, 0.02, 64.0, (2, 9)),
    ("LED strip kit", 0.9, 0.01, 89.0, (3, 12)),
)
#: name, street, city, state, ZIP, time zone
CUSTOMERS = (
    ("Cardinal Grocers", "2200 Commerce St", "Dallas", "TX", "75201", "Chicago"),
    ("Lakeshore Pharmacies", "640 N Dearborn St", "Chicago", "IL", "60654", "Chicago"),
    ("Bayou Home Centers", "1500 Poydras St", "New Orleans", "LA", "70112", "Chicago"),
    ("Piedmont Books", "210 Trade St", "Charlotte", "NC", "28202", "New_York"),
    ("Front Range Outfitters", "1600 Glenarm Pl", "Denver", "CO", "80202", "Denver"),
    ("Cascade Coffee Bars", "720 Olive Way", "Seattle", "WA", "98101", "Los_Angeles"),
)
#: role, login, groups by XML id
LOGINS = (
    ("Freight user", "freight", ["freight_canonical.group_freight_user"]),
    (
        "Dispatcher",
        "dispatcher",
        ["freight_canonical.group_freight_dispatcher", "sales_team.group_sale_salesman_all_leads"],
    ),
    ("Integration manager", "integration", ["freight_tms_connector.group_integration_manager"]),
    (
        "Settlement clerk",
        "clerk",
        ["freight_settlement.group_settlement_clerk", "account.group_account_invoice"],
    ),
    (
        "Settlement approver",
        "approver",
        ["freight_settlement.group_settlement_approver", "account.group_account_invoice"],
    ),
    (
        "Settlement manager",
        "settlement",
        ["freight_settlement.group_settlement_manager", "account.group_account_manager"],
    ),
    ("Auditor", "auditor", ["freight_canonical.group_freight_auditor"]),
)
TRY = (
    "Freight > Shipments: watch the states move as carriers report; open one and press Trace.",
    "Freight > Exceptions: what came late, short or damaged, or was refused, until it is resolved.",
    "Sales > Orders: confirm a quotation of your own, and follow its shipment.",
    "Settlement > Carrier invoices: one bill is short-paid, one is a duplicate, one waits for an "
    "approver (log in as approver), one is for a shipment that nobody knows.",
    "Settlement > Accruals: what is earned and not billed, entry by entry.",
    "Freight > Integration > Messages in: what arrived, sealed; open one and read its payload.",
    "Freight > Integration > Unmapped codes: a carrier says DV, which nobody explained; map it to "
    "Delivered, and two shipments are.",
    "Freight > Integration > Dead letters: one set of an interchange came damaged, one event says "
    "nothing usable; EDI interchanges tells how we answered (997).",
)
#: What befalls stories that would go as planned: kind, how many.
TROUBLES = (("own_code", 2), ("damaged_set", 1), ("broken_event", 1), ("storm", 1))
API_CLIENT = "Demo reader"
API_SCOPES = ("shipments:read", "events:read", "events:write", "masters:read", "messages:read")


def prepare(env):
    """Make the company and its partners' endpoints, and write what the simulator must know."""
    company = env.ref("base.main_company")
    company.write(
        {
            "name": "Harborline Store Fixtures",
            "freight_tms_id": env.ref("freight_canonical.system_tms").id,
            "freight_release_policy": "confirm",
            "freight_parcel_weight": 30.0,
            "freight_mode": "ltl",
        }
    )
    company.partner_id.write(
        {"street": "480 Harbor Blvd", "city": "Columbus", "zip": "43215", "tz": "America/New_York",
         "state_id": _state(env, "OH").id, "country_id": env.ref("base.us").id}
    )  # fmt: skip
    make_logins(env, company)
    make_team(env)
    if not (env["freight.endpoint"].search([]) and _simulator_is_configured()):
        write_simulator_config(make_endpoints(env))
    env.cr.commit()


def make_logins(env, company):
    """Create a user per role; the password is the login, as in any Odoo demo."""
    for role, login, groups in LOGINS:
        if env["res.users"].search([("login", "=", login)]):
            continue
        env["res.users"].with_context(no_reset_password=True).create(
            {
                "name": role,
                "login": login,
                "password": login,
                "company_id": company.id,
                "company_ids": [(6, 0, company.ids)],
                "groups_id": [(6, 0, [env.ref(group).id for group in groups])],
            }
        )


def make_team(env):
    """Let the dispatcher answer for the exceptions, and the freight user work on them."""
    people = {user.login: user for user in env["res.users"].search([])}
    env.ref("freight_canonical.team_exceptions").write(
        {
            "leader_id": people["dispatcher"].id,
            "member_ids": [(6, 0, [people["dispatcher"].id, people["freight"].id])],
        }
    )


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
        "bluefin": ("system_bluefin", generic, ["x12_214", "x12_210"],
                    f"{simulator}/carrier/BLFN", []),
        "parcelhawk": ("system_parcelhawk", bearer, ["ups_track_alert"], None, []),
        "parcelhawk_edi": ("system_parcelhawk", generic, ["x12_210"],
                           f"{simulator}/carrier/PHWK", []),
        "clearbill": ("system_platform", standard, ["cloudevents_default"],
                      f"{simulator}/platform/settlements", ["invoice.*"]),
    }  # fmt: skip
    found = {}
    for code, (system, profile, mappings, url, patterns) in plan.items():
        system = env.ref(f"freight_canonical.{system}")
        endpoint = env["freight.endpoint"].search([("code", "=", code)])
        if not endpoint:
            endpoint = endpoint.create({"code": code, "name": code, "system_id": system.id})
        found[code] = {"inbound": _new_secret(profile), "outbound": _new_secret(standard)}
        endpoint.credential_ids.unlink()
        endpoint.subscription_ids.unlink()
        endpoint.write(
            {
                "name": f"{system.name} (bills)" if code.endswith("_edi") else system.name,
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
    return found


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
                "modes": ["parcel"],
                "tariff": {"minimum": "11.90", "per_kg": "1.35", "maximum": "100000",
                           "fuel": "0.14", "lane_spread": "0"},
            },
        ],
    }  # fmt: skip
    with _private(_simulator_config()) as file:
        json.dump(config, file, indent=2)


def play(env):
    """Release a month of orders, once, and write the card that is printed at the end."""
    if not env["sale.order"].search([("client_order_ref", "=like", "HSF-%")], limit=1):
        order_troubles()
        release_month(env)
        wait_for_partners(env)
        short_pay_one(env)
    card = {
        "logins": [{"role": "Administrator", "login": "admin", "password": "admin"}]
        + [{"role": role, "login": login, "password": login} for role, login, _groups in LOGINS],
        "try": TRY,
        "api": describe_api(env),
    }
    with _private(os.environ["FREIGHT_DEMO_CARD"]) as file:
        json.dump(card, file)


def order_troubles():
    """Let the partners make the mistakes that partners make."""
    for kind, count in TROUBLES:
        order = json.dumps({"kind": kind, "count": count}).encode()
        address = f"{os.environ['FREIGHT_SIMULATOR_URL']}/_control/trouble"
        with urlopen(Request(address, order, method="POST"), timeout=10) as answer:
            answer.read()


def describe_api(env):
    """Return where the API is, its token, and the shipment and event for an example."""
    moving = env["freight.shipment"].search(
        [("transport_state", "=", "in_transit")], order="id desc", limit=1
    ) or env["freight.shipment"].search([], order="id desc", limit=1)
    now = datetime.utcnow()
    event = {
        "kind": "event",
        "id": f"demo-{now:%Y%m%d%H%M%S}",
        "type": "arrived_terminal",
        "raw_code": "arrived_terminal",
        "classifier": "actual",
        "occurred": now.isoformat(timespec="seconds") + "Z",
        "place": {"city": "Indianapolis", "state": "IN", "country": "US"},
        "shipment": {"references": [{"type": "shipment", "value": moving.name}]},
    }
    return {
        "url": f"{os.environ['FREIGHT_SERVER_URL']}/freight/v1",
        "token": api_token(env),
        "shipment": quote(moving.name, safe=""),
        "event": json.dumps(event),
    }


def api_token(env):
    """Return the long-lived token of the demo's API client, made once and kept on the card."""
    client = env["freight.api.client"].search([("name", "=", API_CLIENT)])
    if not client:
        endpoint = env["freight.endpoint"].search([("code", "=", "demo_tms")])
        scopes = env["freight.api.scope"].search([("code", "in", API_SCOPES)])
        client = client.create(
            {
                "name": API_CLIENT,
                "endpoint_id": endpoint.id,
                "scope_ids": [(6, 0, scopes.ids)],
                "owner_id": env["res.users"].search([("login", "=", "integration")]).id,
            }
        )
    token = client.token_ids.filtered(lambda one: one.state == "live")
    kept = _kept_token()
    if kept and kept[-4:] in token.mapped("hint"):
        return kept
    token.action_revoke()  # Its text is lost: it is stored nowhere.
    _token, text = env["freight.api.token"]._issue(
        client, "long", API_SCOPES, datetime.utcnow() + timedelta(days=365), name="Demo"
    )
    env.cr.commit()
    return text


def _kept_token():
    if not os.path.exists(os.environ["FREIGHT_DEMO_CARD"]):
        return None
    with open(os.environ["FREIGHT_DEMO_CARD"]) as file:
        return json.load(file).get("api", {}).get("token")


def release_month(env):
    """Confirm orders day by day, as if each day had been lived through."""
    products, customers = make_products(env), make_customers(env)
    today = datetime.combine(datetime.utcnow().date(), time(14, 0))
    for number in range(48):
        day = today - timedelta(days=DAYS - number * DAYS // 46)
        if day.weekday() >= 5:
            day -= timedelta(days=2)
        with freeze_time(min(day, datetime.utcnow())):
            make_order(env, number, day, products, customers).action_confirm()
        env.cr.commit()
    make_order(env, 48, today, products, customers)
    env.cr.commit()


def wait_for_partners(env):
    """Wait until the simulator has said everything and the server has worked it off."""
    end = monotonic() + PATIENCE
    while monotonic() < end:
        with urlopen(f"{os.environ['FREIGHT_SIMULATOR_URL']}/health", timeout=10) as answer:
            telling = json.load(answer)["queued"]
        env.cr.rollback()
        open_work = env["freight.message.in"].search_count([("state", "in", ("received", "retry"))])
        open_work += env["freight.message.out"].search_count([("state", "=", "queued")])
        if not telling and not open_work:
            return
        sleep(1)


def short_pay_one(env):
    """Let the approver pay what is expected of one bill that asks for more."""
    bill = env["freight.carrier.invoice"].search(
        [("state", "=", "exception"), ("failure_codes", "=", "over")], limit=1
    )
    approver = env["res.users"].search([("login", "=", "approver")])
    bill.with_user(approver).action_approve()
    env.cr.commit()


def make_order(env, number, day, products, customers):
    """Return a quotation; what is in it follows from its number."""
    product = products[number % len(products)]
    fewest, most = GOODS[number % len(GOODS)][4]
    quantity = fewest + (number * 7) % (most - fewest + 1)
    return env["sale.order"].create(
        {
            "partner_id": customers[number % len(customers)].id,
            "client_order_ref": f"HSF-{4100 + number}",
            "commitment_date": day + timedelta(days=3 + number % 2),
            "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": quantity})],
        }
    )


def make_products(env):
    """Create the goods of the story."""
    pounds = env["product.template"]._get_weight_uom_id_from_ir_config_parameter()
    kilogram = env.ref("uom.product_uom_kgm")
    return env["product.product"].create(
        [
            {
                "name": name,
                "detailed_type": "consu",
                "list_price": price,
                "weight": kilogram._compute_quantity(weight, pounds, round=False),
                "volume": volume,
            }
            for name, weight, volume, price, _quantities in GOODS
        ]
    )


def make_customers(env):
    """Create the customers of the story."""
    return env["res.partner"].create(
        [
            {
                "name": name,
                "is_company": True,
                "street": street,
                "city": city,
                "zip": code,
                "state_id": _state(env, state).id,
                "country_id": env.ref("base.us").id,
                "tz": f"America/{zone}",
            }
            for name, street, city, state, code, zone in CUSTOMERS
        ]
    )


def _state(env, code):
    return env["res.country.state"].search(
        [("code", "=", code), ("country_id", "=", env.ref("base.us").id)]
    )


def _simulator_config():
    return os.environ["FREIGHT_SIMULATOR_CONFIG"]


def _simulator_is_configured():
    """Whether the simulator's configuration is there, and not one of before it counted."""
    if not os.path.exists(_simulator_config()):
        return False
    with open(_simulator_config()) as file:
        return "control_numbers" in json.load(file)


def _private(path):
    """Open a file to write that only its owner reads."""
    file = open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w")
    os.chmod(path, 0o600)
    return file


def _new_secret(profile):
    if profile.secret_encoding == "whsec":
        return f"whsec_{b64encode(secrets.token_bytes(24)).decode()}"
    return secrets.token_urlsafe(32)


{"prepare": prepare, "play": play}[os.environ["FREIGHT_DEMO_PHASE"]](env)  # noqa: F821
