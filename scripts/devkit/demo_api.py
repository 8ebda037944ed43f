"""The demo's API client and its token, and an example call for the card.

Called by `demo_story.py` in an Odoo shell.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from urllib.parse import quote

API_CLIENT = "Demo reader"
API_SCOPES = ("shipments:read", "events:read", "events:write", "masters:read", "messages:read")


def describe(env):
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
