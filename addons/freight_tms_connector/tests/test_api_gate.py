from odoo.tests import tagged

from .api_common import ApiCase


@tagged("post_install", "-at_install")
class TestSmoke(ApiCase):
    def test_smoke(self):
        shipment = self.make_shipment()
        for path in ("/shipments", f"/shipments/{shipment.name}", f"/shipments/{shipment.name}/events",
                     f"/shipments/{shipment.name}/trace", f"/shipments/{shipment.name}/documents",
                     "/masters/carriers", "/masters/event-types", "/openapi.json", "/docs", "/nowhere"):
            for token in (self.token, self.carrier_token):
                answer = self.call("GET", path, token=token)
                print(path, answer.status_code, answer.text[:300])
        answer = self.call("POST", "/events", self.event(shipment)); print(answer.status_code, answer.text)
        answer = self.call("GET", answer.headers["Location"].removeprefix("/freight/v1")); print(answer.text)
        self.drain()
        answer = self.call("POST", "/documents", b"%PDF-1.4", headers={"Content-Type": "application/pdf"}, type="pod", reference=shipment.name); print(answer.status_code, answer.text)
        raise AssertionError("look")
