"""What partners are told of costs, accruals, bills and payments."""

import json

from odoo.tests import tagged

from .common import SettlementCommon


@tagged("post_install", "-at_install")
class TestAnnouncements(SettlementCommon):
    @classmethod
    def setUpClass(cls, chart_template_ref=None):
        super().setUpClass(chart_template_ref)
        cls.platform = cls._endpoint("announced_platform", "platform")

    @classmethod
    def _endpoint(cls, code, kind, partner=None, pattern="*"):
        system = cls.env["freight.system"].create(
            {"code": code, "name": code, "kind": kind, "partner_id": partner and partner.id}
        )
        return cls.env["freight.endpoint"].create(
            {
                "code": code,
                "name": code,
                "company_id": cls.company.id,
                "system_id": system.id,
                "url": "http://127.0.0.1:9/",
                "subscription_ids": [(0, 0, {"pattern": pattern})],
            }
        )

    def told(self, endpoint, *names):
        """Return what an endpoint was told, each checked by its schema."""
        messages = self.env["freight.message.out"].search(
            [("endpoint_id", "=", endpoint.id)], order="id"
        )
        known = self.env["freight.announcement.type"]._known()
        for message in messages:
            definition = known[message.event_type][0]
            data = json.loads(message._body())["data"]
            with self.subTest(message.event_type):
                self.env["freight.api"]._check({"$ref": f"#/definitions/{definition}"}, data)
        return [one for one in messages.mapped("event_type") if one.split(".")[0] in names]

    def test_costs_and_accruals_are_told_to_who_pays_and_not_to_carriers(self):
        carrier = self._endpoint("announced_carrier", "carrier", self.carrier)
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        self.assertEqual(
            self.told(self.platform, "cost", "accrual"),
            ["cost.estimated", "cost.changed", "accrual.posted"],
        )
        self.assertFalse(self.told(carrier, "cost", "accrual"))

    def test_a_bill_is_told_to_its_own_carrier(self):
        other = self.carrier.copy({"name": "Another Carrier", "freight_scac": "OTHR"})
        mine = self._endpoint("announced_carrier", "carrier", self.carrier)
        theirs = self._endpoint("announced_other", "carrier", other)
        shipment = self.make_shipments(performing_carrier_id=other.id)
        self.report(shipment, "delivered")
        self.bill(shipment)
        wanted = ["invoice.received", "invoice.matched", "invoice.approved", "settlement.completed"]
        self.assertEqual(self.told(mine, "invoice", "settlement"), wanted)
        self.assertEqual(self.told(self.platform, "invoice", "settlement"), wanted)
        self.assertFalse(self.told(theirs, "invoice", "settlement"))

    def test_a_payment_is_confirmed_and_voided(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        bill = self.bill(shipment)
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=bill.move_id.ids)
            .create({})
            ._create_payments()
        )
        payment.action_draft()
        self.assertEqual(
            self.told(self.platform, "payment"), ["payment.confirmed", "payment.voided"]
        )

    def test_accruing_asks_nothing_more_where_nobody_listens(self):
        self.platform.subscription_ids.unlink()
        shipments = self.make_shipments(3)
        self.report(shipments, "delivered", consume=False)
        written = self.env["freight.message.out"].search_count([])
        self.consume()
        self.assertEqual(self.env["freight.message.out"].search_count([]), written)
        self.assertFalse(self.env["freight.emitter"]._is_wanted("accrual.posted", self.company))
