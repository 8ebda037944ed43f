import json
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from simulator import signing
from simulator.server import Simulator

TMS_SECRET = "whsec_dG1zLXNlY3JldC10bXMtc2VjcmV0"
OUTBOUND_SECRET = "whsec_b3V0Ym91bmQtc2VjcmV0LW91dGJvdW5k"
PLATFORM_SECRET = "whsec_cGxhdGZvcm0tc2VjcmV0LXBsYXRmb3Jt"
NOW = datetime(2024, 3, 20, 12, tzinfo=timezone.utc)

STOPS = [
    {
        "sequence": 1,
        "role": "pickup",
        "name": "Main*Warehouse~",
        "city": "Dallas",
        "state": "TX",
        "zip": "75201",
        "country": "US",
    },
    {
        "sequence": 2,
        "role": "delivery",
        "name": "Café du Nord",
        "city": "Tacoma",
        "state": "WA",
        "zip": "98402",
        "country": "US",
    },
]


def make_config(odoo="http://127.0.0.1:9"):
    return {
        "odoo": odoo,
        "port": 0,
        "seed": 2,  # the shipment with number 1 takes the plain course
        "tms": {"source": "demo_tms", "secret": TMS_SECRET, "outbound_secret": OUTBOUND_SECRET},
        "platform": {"source": "demo_platform", "secret": PLATFORM_SECRET},
        "carriers": [
            {
                "name": "Blue Ridge Freight",
                "scac": "BRFT",
                "format": "x12",
                "source": "brft",
                "secret": "plain-secret",
                "modes": ["ltl"],
                "control_number": 101,
            },
            {
                "name": "Parcel Express",
                "scac": "PCLX",
                "format": "ups",
                "source": "pclx",
                "bearer": "a-token",
                "edi_source": "pclx_edi",
                "edi_secret": TMS_SECRET,
                "modes": ["parcel"],
                "control_number": 501,
            },
        ],
    }


def release(number="SHP/2024/00001", pickup=NOW - timedelta(days=9), **values):
    shipment = {
        "number": number,
        "mode": "ltl",
        "freight_terms": "PP",
        "planned_pickup": pickup.isoformat(),
        "planned_delivery": (pickup + timedelta(days=2)).isoformat(),
        "weight_kg": "520",
        "pieces": 12,
        "currency": "USD",
        "stops": STOPS,
        **values,
    }
    return {
        "specversion": "1.0",
        "id": f"release-{number}",
        "type": "com.freight.shipment.released.v1",
        "subject": number,
        "data": {"shipment": shipment},
    }


def call(url, body=None, headers=None):
    """Send GET or POST; return (status, headers, document or text)."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, body, headers or {})
    try:
        answer = opener.open(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        text = answer.read().decode()
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status, answer.headers, json.loads(text) if is_json else text


def deliver(simulator, document, secret=OUTBOUND_SECRET, path="/tms/orders", **headers):
    """Post a document to the simulator as Odoo does."""
    body = json.dumps(document).encode()
    signed = signing.standard_webhooks(secret, body, time.time())
    return call(simulator.url + path, body, {**signed, **headers})


def control(simulator, action, **order):
    return call(f"{simulator.url}/_control/{action}", json.dumps(order).encode())


class FakeOdoo:
    """Takes what the partners send; answers with ``statuses`` first, then 202."""

    def __init__(self):
        self.requests = []
        self.statuses = []
        odoo = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                odoo.requests.append((self.path, headers, body))
                self.send_response(odoo.statuses.pop(0) if odoo.statuses else 202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def odoo():
    server = FakeOdoo()
    yield server
    server.stop()


@pytest.fixture
def simulator(odoo):
    running = Simulator(make_config(odoo.url), speed=1000)
    running.start()
    yield running
    running.stop()
