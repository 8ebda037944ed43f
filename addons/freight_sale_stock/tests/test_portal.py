from datetime import timedelta

from odoo import fields
from odoo.addons.freight_canonical.documents import Document
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestPortal(HttpCase):
    """A customer sees the shipments of their own orders, and nobody else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.tms = cls.env["freight.system"].create(
            {"code": "portal_tms", "name": "TMS", "kind": "tms"}
        )
        cls.company.write({"freight_tms_id": cls.tms.id, "freight_release_policy": "confirm"})
        cls.goods = cls.env["product.product"].create({"name": "Crate", "detailed_type": "consu"})
        cls.mine = new_test_user(cls.env, "portal_mine", groups="base.group_portal")
        cls.other = new_test_user(cls.env, "portal_other", groups="base.group_portal")
        cls.order, cls.shipment = cls.ordered(cls.mine.partner_id)

    @classmethod
    def ordered(cls, partner):
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [(0, 0, {"product_id": cls.goods.id, "product_uom_qty": 3})],
            }
        )
        order.action_confirm()
        return order, order.freight_shipment_ids

    def report(self, kind, **data):
        document = Document(
            data={
                "kind": "event",
                "id": None,
                "shipment": {"references": [{"type": "shipment", "value": self.shipment.name}]},
                "type": kind,
                "raw_code": kind,
                "classifier": "actual",
                "occurred": f"{fields.Datetime.now().isoformat()}Z",
                **data,
            },
            system=self.tms,
            company=self.company,
            received=fields.Datetime.now(),
            trace_id="0" * 31 + "1",
        )
        [outcome] = self.env["freight.event"]._apply_freight_documents([document])
        self.assertEqual(outcome.status, "applied", outcome.detail)

    def page(self, user):
        self.authenticate(user.login, user.login)
        return self.url_open(f"/my/orders/{self.order.id}")

    def test_the_customer_sees_state_milestones_and_tracking(self):
        self.env["freight.reference"].create(
            {"shipment_id": self.shipment.id, "type": "tracking", "value": "1Z999PORTAL"}
        )
        self.report("departed_pickup")
        page = self.page(self.mine).text
        for word in (self.shipment.name, "In transit", "1Z999PORTAL", "Departed pickup",
                     "Expected delivery"):  # fmt: skip
            self.assertIn(word, page)
        self.assertNotIn("Tender sent", page)

    def test_another_customer_sees_nothing(self):
        page = self.page(self.other)
        self.assertNotIn(self.shipment.name, page.text)
        self.assertFalse(page.url.endswith(f"/my/orders/{self.order.id}"))

    def test_of_a_shared_shipment_each_sees_their_own_stop(self):
        theirs, _shipment = self.ordered(self.other.partner_id)
        self.shipment.write(
            {
                "sale_order_ids": [(4, theirs.id)],
                "stop_ids": [
                    (0, 0, {"sequence": 3, "role": "delivery", "city": "Elsewhere",
                            "partner_id": self.other.partner_id.id})
                ],
            }
        )  # fmt: skip
        self.report("delivered", stop={"sequence": 3})
        mine = self.order._freight_portal_shipments()[0]["milestones"]
        others = theirs._freight_portal_shipments()
        shared = next(one for one in others if one["name"] == self.shipment.name)
        labels = [one["label"] for one in mine if one["status"] == "done"]
        self.assertNotIn("Delivered", labels)
        self.assertIn(
            "Delivered", [one["label"] for one in shared["milestones"] if one["status"] == "done"]
        )

    def test_the_customer_of_the_order_is_told_if_the_company_says_so(self):
        consignee = self.env["res.partner"].create({"name": "Consignee"})
        self.shipment.consignee_id = consignee
        self.assertEqual(self.shipment._notice_partner(), consignee)
        self.company.freight_notice_to = "customer"
        self.assertEqual(self.shipment._notice_partner(), self.mine.partner_id)

    def test_the_expected_delivery_is_the_newest_estimate(self):
        moment = fields.Datetime.now() + timedelta(days=40)
        self.report("estimated_delivery", classifier="estimated", occurred=f"{moment.isoformat()}Z")
        [shipment] = self.order._freight_portal_shipments()
        zone = self.shipment.stop_ids[-1].tz
        self.assertEqual(shipment["expected"], self.order._freight_local(moment, zone))
