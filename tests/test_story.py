"""The whole story on real messages: from a quotation to a reconciled journal entry.

The partners are played by the simulator over real HTTP with real signatures; the lanes are worked
off by the test, since no cron runs in it.
"""

import json
from base64 import b64encode
from datetime import datetime, timedelta

from odoo.tests import HttpCase, tagged

from simulator.server import Simulator

TMS_SECRET = f"whsec_{b64encode(b'the tms signs with this').decode()}"
TO_TMS_SECRET = f"whsec_{b64encode(b'we sign to the tms').decode()}"
CARRIER_SECRET = "the carrier signs with this"
TO_CARRIER_SECRET = f"whsec_{b64encode(b'we sign to the carrier').decode()}"
BEARER = "the token that the parcel carrier sends"
PLATFORM_SECRET = f"whsec_{b64encode(b'we sign to the platform').decode()}"
PATIENCE = 30


@tagged("post_install", "-at_install")
class TestStory(HttpCase):
    """Order, tender, statuses, accrual, bill, match, entry, trace."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.truck = cls.make_carrier("TRUK", "Story Trucking")
        cls.parcel = cls.make_carrier("PRCL", "Story Parcels")
        cls.tms = cls.make_system("story_tms", "tms")
        truck_system = cls.make_system("story_truck", "carrier", cls.truck)
        parcel_system = cls.make_system("story_parcel", "carrier", cls.parcel)
        platform = cls.make_system("story_platform", "platform")
        cls.tms_endpoint = cls.make_endpoint(
            cls.tms,
            "standard_webhooks",
            TMS_SECRET,
            ["cloudevents_default"],
            secret_out=TO_TMS_SECRET,
            patterns=["shipment.*"],
        )
        cls.truck_endpoint = cls.make_endpoint(
            truck_system,
            "generic_hmac",
            CARRIER_SECRET,
            ["x12_214", "x12_210"],
            secret_out=TO_CARRIER_SECRET,
        )
        cls.make_endpoint(parcel_system, "ups_bearer", BEARER, ["ups_track_alert"])
        cls.make_endpoint(
            parcel_system, "generic_hmac", CARRIER_SECRET, ["x12_210"], code="story_parcel_edi"
        )
        cls.platform_endpoint = cls.make_endpoint(
            platform,
            "standard_webhooks",
            TMS_SECRET,
            ["cloudevents_default"],
            secret_out=PLATFORM_SECRET,
            patterns=["invoice.*"],
        )
        cls.company.write(
            {
                "freight_tms_id": cls.tms.id,
                "freight_release_policy": "confirm",
                "freight_parcel_weight": 30.0,
                "freight_auto_approval_limit": 5000.0,
            }
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Story Customer", "city": "Dallas", "zip": "75201",
             "state_id": cls.env.ref("base.state_us_44").id,
             "country_id": cls.env.ref("base.us").id}
        )  # fmt: skip
        cls.goods = cls.env["product.product"].create(
            {"name": "Story crate", "detailed_type": "consu", "weight": 40.0, "list_price": 90.0}
        )

    def setUp(self):
        super().setUp()
        self.simulator = Simulator(self.simulator_config(), speed=1000)
        self.simulator.start()
        self.addCleanup(self.simulator.stop)
        self.tms_endpoint.url = f"{self.simulator.url}/tms/orders"
        self.truck_endpoint.url = f"{self.simulator.url}/carrier/TRUK"
        self.platform_endpoint.url = f"{self.simulator.url}/platform/settlements"

    @classmethod
    def simulator_config(cls):
        tariff = {"minimum": "20", "per_kg": "0.5", "maximum": "9999", "fuel": "0.2",
                  "lane_spread": "0"}  # fmt: skip
        return {
            "odoo": cls.base_url(),
            "port": 0,
            "seed": 0,
            "tms": {
                "source": "story_tms",
                "secret": TMS_SECRET,
                "outbound_secret": TO_TMS_SECRET,
            },
            "platform": {"source": "story_platform", "secret": PLATFORM_SECRET},
            "carriers": [
                {"name": "Story Trucking", "scac": "TRUK", "format": "x12",
                 "source": "story_truck", "secret": CARRIER_SECRET, "modes": ["ltl"],
                 "outbound_secret": TO_CARRIER_SECRET, "control_number": 301,
                 "tariff": tariff},
                {"name": "Story Parcels", "scac": "PRCL", "format": "ups",
                 "source": "story_parcel", "bearer": BEARER, "edi_source": "story_parcel_edi",
                 "edi_secret": CARRIER_SECRET, "modes": ["parcel"], "tariff": tariff},
            ],
        }  # fmt: skip

    @classmethod
    def make_carrier(cls, scac, name):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, "freight_is_carrier": True, "freight_scac": scac}
        )

    @classmethod
    def make_system(cls, code, kind, partner=None):
        return cls.env["freight.system"].create(
            {"code": code, "name": code, "kind": kind, "partner_id": partner and partner.id}
        )

    @classmethod
    def make_endpoint(
        cls, system, profile, secret, mappings, code=None, secret_out=None, patterns=()
    ):
        profiles = cls.env["freight.auth.profile"]
        credentials = [{"use": "inbound", "secret": secret}]
        if secret_out:
            credentials.append({"use": "outbound", "secret": secret_out})
        return cls.env["freight.endpoint"].create(
            {
                "code": code or system.code,
                "name": code or system.name,
                "system_id": system.id,
                "auth_profile_id": profiles.search([("code", "=", profile)]).id,
                "outbound_profile_id": profiles.search([("code", "=", "standard_webhooks")]).id,
                "mapping_ids": [
                    (6, 0, cls.env["freight.mapping"].search([("code", "in", mappings)]).ids)
                ],
                "credential_ids": [(0, 0, values) for values in credentials],
                "subscription_ids": [(0, 0, {"pattern": pattern}) for pattern in patterns],
            }
        )

    def quotation(self, quantity):
        """Return a quotation whose goods were due days ago, so that its story can be told."""
        return self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "commitment_date": datetime.now() - timedelta(days=2),
                "date_order": datetime.now() - timedelta(days=6),
                "order_line": [(0, 0, {"product_id": self.goods.id, "product_uom_qty": quantity})],
            }
        )

    def next_number_for(self, scenario):
        """Let the next shipment get a number for which the simulator plays ``scenario``."""
        from simulator.scenarios import choose

        sequence = self.env["ir.sequence"].search([("code", "=", "freight.shipment")], limit=1)
        number = next(
            number
            for number in range(max(sequence.number_next_actual, 9000), 9999)
            if choose(f"SHP/2026/{number:05d}", 0).name == scenario
        )
        sequence.number_next_actual = number

    def tell(self):
        """Let messages go back and forth until nobody has anything left to say."""
        lanes = self.env["freight.queue.lane"]
        for _round in range(20):
            done = lanes._drain("outbox")
            self.simulator.wait_until_idle(timeout=PATIENCE)
            done += lanes._drain("inbox") + lanes._drain("consumers")
            if not done:
                break
        self.env.invalidate_all()

    def accrued_lines(self, shipment):
        return self.env["account.move.line"].search(
            [
                ("freight_shipment_id", "in", shipment.ids),
                ("account_id", "=", self.company.freight_accrued_account_id.id),
                ("parent_state", "=", "posted"),
            ]
        )

    def test_from_quotation_to_entry_on_screen(self):
        self.next_number_for("as planned, billed as tendered")
        order = self.quotation(10)
        url = f"/web#id={order.id}&model=sale.order&view_type=form"
        self.start_tour(url, "freight_story_release", login="admin")
        shipment = order.freight_shipment_ids
        self.assertEqual(shipment.transport_state, "released")
        self.tell()
        self.assertEqual(shipment.carrier_id, self.truck)
        self.assertEqual(shipment.transport_state, "delivered")
        bill = shipment.carrier_invoice_ids
        self.assertEqual((bill.state, bill.verdict), ("posted", "matched"))
        lines = self.accrued_lines(shipment)
        self.assertEqual(len(lines), 4, "two charges accrued and cleared")
        self.assertEqual(sum(lines.mapped("balance")), 0.0)
        self.assertEqual(lines.mapped("reconciled"), [True] * 4)
        self.assertEqual(shipment.finance_state, "approved")
        self.start_tour(url, "freight_story_trace", login="admin")

    def test_parcel_by_json_pushes(self):
        self.next_number_for("as planned, billed as tendered")
        order = self.quotation(0.5)
        order.action_confirm()
        shipment = order.freight_shipment_ids
        self.tell()
        self.assertEqual(shipment.carrier_id, self.parcel)
        self.assertEqual(shipment.transport_state, "delivered")
        self.assertTrue(shipment.stop_ids.filtered("pod_signer"), "the signer is kept")
        self.assertEqual(shipment.carrier_invoice_ids.state, "posted")

    def test_messages_backwards_and_twice(self):
        self.next_number_for("messages in the wrong order and twice")
        order = self.quotation(10)
        order.action_confirm()
        shipment = order.freight_shipment_ids
        self.tell()
        self.assertEqual(shipment.transport_state, "delivered")
        self.assertEqual(sum(self.accrued_lines(shipment).mapped("balance")), 0.0)

    def test_the_second_copy_of_a_bill_is_blocked(self):
        self.next_number_for("the same bill twice")
        order = self.quotation(10)
        order.action_confirm()
        shipment = order.freight_shipment_ids
        self.tell()
        bills = self.env["freight.carrier.invoice"].search([("carrier_id", "=", self.truck.id)])
        self.assertEqual(sorted(bills.mapped("state")), ["duplicate", "posted"])
        self.assertEqual(len(bills.move_id), 1)
        self.assertEqual(sum(self.accrued_lines(shipment).mapped("balance")), 0.0)

    def order_trouble(self, kind, count=1):
        order = json.dumps({"kind": kind, "count": count}).encode()
        self.assertEqual(self.simulator.post("/_control/trouble", {}, order).status, 200)

    def test_every_interchange_is_acknowledged_to_the_carrier(self):
        self.next_number_for("messages in the wrong order and twice")
        self.quotation(10).action_confirm()
        self.tell()
        self.assertEqual(self.simulator.interchanges, {"TRUK": {"accepted": 4}})
        interchanges = self.env["freight.interchange"]
        numbers = interchanges.search([("endpoint_id", "=", self.truck_endpoint.id)])
        self.assertEqual(sorted(numbers.mapped("number")), [301, 302, 303, 304])
        self.assertFalse(interchanges._gaps(datetime.now() + timedelta(hours=2)))

    def test_a_damaged_set_is_rejected_alone(self):
        self.order_trouble("damaged_set")
        self.next_number_for("as planned, billed as tendered")
        order = self.quotation(10)
        order.action_confirm()
        self.tell()
        self.assertEqual(order.freight_shipment_ids.transport_state, "delivered")
        self.assertEqual(
            self.simulator.interchanges, {"TRUK": {"partly accepted": 1, "accepted": 1}}
        )
        answers = [entry for entry in self.simulator.received if entry["type"] == "997"]
        self.assertIn(
            "000000301 partly accepted without set 0002", [one["subject"] for one in answers]
        )
        messages = self.env["freight.message.in"].search(
            [("endpoint_id", "=", self.truck_endpoint.id)]
        )
        self.assertEqual(sorted(messages.mapped("state")), ["applied", "quarantined"])

    def test_explaining_a_code_once_delivers_all_who_waited(self):
        self.order_trouble("own_code", 2)
        shipments = self.env["freight.shipment"]
        for _turn in range(2):
            self.next_number_for("as planned, billed as tendered")
            order = self.quotation(10)
            order.action_confirm()
            shipments += order.freight_shipment_ids
            self.tell()
        self.assertEqual(shipments.mapped("transport_state"), ["arrived"] * 2)
        self.assertFalse(self.accrued_lines(shipments))
        unmapped = self.env["freight.unmapped.code"].search(
            [("system_id", "=", self.truck_endpoint.system_id.id)]
        )
        self.assertEqual((unmapped.source_code, unmapped.message_count), ("DV", 2))
        unmapped._map("delivered", False)
        self.tell()
        self.assertEqual(shipments.mapped("transport_state"), ["delivered"] * 2)
        self.assertEqual(len(self.accrued_lines(shipments)), 4)

    def test_the_platform_hears_of_the_verdict(self):
        self.next_number_for("as planned, billed as tendered")
        self.quotation(10).action_confirm()
        self.tell()
        heard = [
            entry["type"]
            for entry in self.simulator.received
            if entry["path"] == "/platform/settlements" and entry["status"] < 300
        ]
        self.assertIn("invoice.approved.v1", heard)
