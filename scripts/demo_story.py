"""The demo's story, run in an Odoo shell (`env` is there): see `demo.py` for the two phases.

A month of orders of a shop-fitter is released to the simulated TMS. Everything after that, from
the tender to the bill, comes back over HTTP from the simulator; nothing is written by this script.
"""

import json
import os
import sys
from datetime import datetime, time, timedelta

from freezegun import freeze_time

sys.path.insert(0, "scripts")
from devkit import demo_api, demo_partners, demo_sending  # noqa: E402

DAYS = 30
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
    "Settlement > Carrier invoices: one bill is short-paid, one is a duplicate, some wait for an "
    "approver (log in as approver), some are for shipments that nobody knows.",
    "Settlement > Accruals: what is earned and not billed, entry by entry.",
    "Freight > Integration > Messages in: what arrived, sealed; open one and read its payload.",
    "Freight > Integration > Unmapped codes: a carrier says DV, which nobody explained; map it to "
    "Delivered, and two shipments are.",
    "Freight > Tendering > Tenders: two shipments that no TMS plans; the first carrier said "
    "nothing, the second declined, Bluefin accepted: X12 204 out, 997 and 990 in.",
    "Freight > Integration > Messages out: the settlement platform was down while the month went "
    "by; nothing was lost, open one and read its attempts.",
    "Freight > Integration > Dead letters: one set of an interchange came damaged, one event says "
    "nothing usable; EDI interchanges tells how we answered (997).",
)


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
    demo_partners.connect(env)
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


def play(env):
    """Release a month of orders, once, and write the card that is printed at the end."""
    if not env["sale.order"].search([("client_order_ref", "=like", "HSF-%")], limit=1):
        demo_partners.order_troubles()
        demo_sending.take_platform_down()
        release_month(env)
        demo_partners.ask_for_trackers(env)
        demo_partners.wait_for_them(env)
        demo_partners.ask_for_trackers(env)
        demo_partners.wait_for_them(env)
        demo_sending.tender_in_sequence(env)
        demo_sending.bring_platform_back(env)
        short_pay_one(env)
        demo_sending.replay(env)
        # What waits for a person is looked for every 15 minutes; here it is shown at once.
        env.ref("freight_tms_connector.ir_cron_watch_messages")._trigger()
        env.cr.commit()
    card = {
        "logins": [{"role": "Administrator", "login": "admin", "password": "admin"}]
        + [{"role": role, "login": login, "password": login} for role, login, _groups in LOGINS],
        "try": TRY,
        "api": demo_api.describe(env),
    }
    with demo_partners.private(os.environ["FREIGHT_DEMO_CARD"]) as file:
        json.dump(card, file)


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


{"prepare": prepare, "play": play}[os.environ["FREIGHT_DEMO_PHASE"]](env)  # noqa: F821
