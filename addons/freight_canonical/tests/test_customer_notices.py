from datetime import timedelta

from freezegun import freeze_time
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import NOON, CanonicalCase


@tagged("post_install", "-at_install")
class TestCustomerNotices(CanonicalCase):
    """Customers hear of a milestone once, while it is news, in their language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consumer = cls.env.ref("freight_canonical.consumer_customer_notices")
        cls.consumer.active = True
        cls.company.freight_notify_customers = True
        cls.customer = cls.env["res.partner"].create(
            {"name": "Customer", "email": "customer@example.com"}
        )

    def setUp(self):
        super().setUp()
        clock = freeze_time(NOON + timedelta(hours=10))
        clock.start()
        self.addCleanup(clock.stop)
        self.shipment = self.make_shipment(consignee_id=self.customer.id)

    def hear(self, *documents):
        """Report, and let the consumer work. Return the notices of the shipment."""
        self.report(*documents)
        self.work_off()
        return self.shipment.notice_ids.sorted("id")

    def work_off(self):
        """Let the consumer work; nothing fails and waits for another attempt."""
        self.drain()
        left = self.env["freight.event.work"].search([("consumer_id", "=", self.consumer.id)])
        self.assertFalse(left, left.mapped("error"))

    def test_a_milestone_is_told_once_through_the_queue(self):
        notice = self.hear(self.document(self.shipment, "delivered", 3))
        self.assertEqual((notice.milestone, notice.partner_id), ("delivered", self.customer))
        self.assertEqual((notice.state, notice.mail_id.state), ("queued", "outgoing"))
        self.assertEqual(notice.mail_id.recipient_ids, self.customer)
        self.assertIn(self.shipment.name, notice.mail_id.subject)
        self.assertIn("Dallas", notice.mail_id.body_html)
        self.assertIn("9:00", notice.mail_id.body_html, "15:00 UTC is 9:00 in Dallas")
        self.consumer._enlist("e.shipment_id = %s", [self.shipment.id])
        self.work_off()
        self.assertEqual(self.shipment.notice_ids, notice)

    def test_a_second_report_and_a_correction_are_no_news(self):
        first = self.document(self.shipment, "delivered", 3, id="d1")
        notice = self.hear(first)
        notice.mail_id.unlink()
        again = self.hear(
            self.document(self.shipment, "delivered", 4, system=self.tms),
            self.document(self.shipment, "delivered", 5, id="d2", corrects="d1"),
        )
        self.assertEqual(again, notice)
        self.assertEqual(notice.state, "sent")

    def test_each_stop_has_its_delivery(self):
        self.shipment = self.make_shipment(consignee_id=self.customer.id, deliveries=2)
        notices = self.hear(
            self.document(self.shipment, "delivered", 3, stop={"sequence": 2}),
            self.document(self.shipment, "delivered", 4, stop={"sequence": 3}),
            self.document(self.shipment, "delivered", 5, system=self.tms),
        )
        self.assertEqual(notices.stop_id.mapped("city"), ["Dallas", "Tulsa"])

    def test_the_customer_reads_their_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        template = self.env.ref("freight_canonical.mail_template_notice_delivered")
        template.with_context(lang="fr_FR").subject = "Livré : {{ object.shipment_id.name }}"
        notice = self.hear(self.document(self.shipment, "delivered", 3))
        self.assertEqual(notice.mail_id.subject, f"Livré : {self.shipment.name}")

    def test_numbers_that_help_the_customer_are_in_the_mail(self):
        self.env["freight.reference"].create(
            [
                {"shipment_id": self.shipment.id, "type": kind, "value": value}
                for kind, value in (("tracking", "1Z999"), ("po", "PO-77"))
            ]
        )
        body = self.hear(self.document(self.shipment, "dispatched", 3)).mail_id.body_html
        self.assertIn("1Z999", body)
        self.assertIn("PO-77", body)

    def test_who_opted_out_hears_nothing(self):
        self.customer.freight_notices_off = True
        self.assertFalse(self.hear(self.document(self.shipment, "delivered", 3)))

    def test_the_opt_out_of_a_company_is_one_of_its_people(self):
        firm = self.env["res.partner"].create(
            {"name": "Firm", "is_company": True, "freight_notices_off": True}
        )
        self.customer.parent_id = firm
        self.assertFalse(self.hear(self.document(self.shipment, "delivered", 3)))

    def test_the_policy_says_what_is_told(self):
        self.company.freight_notice_dispatched = False
        notices = self.hear(
            self.document(self.shipment, "dispatched", 1),
            self.document(self.shipment, "delayed", 2),
            self.document(self.shipment, "damaged", 2),
        )
        self.assertEqual(notices.mapped("milestone"), ["delayed"])
        self.company.freight_notify_customers = False
        self.assertEqual(self.hear(self.document(self.shipment, "delivered", 3)), notices)

    def test_what_is_old_is_no_news(self):
        self.assertFalse(self.hear(self.document(self.shipment, "delivered", -63)))

    def test_what_is_taken_back_before_the_mail_left_is_not_sent(self):
        notice = self.hear(self.document(self.shipment, "delivered", 3, id="d1"))
        mail = notice.mail_id
        self.assertFalse(
            self.hear(self.document(self.shipment, "retraction", 4, id="r1", retracts="d1"))
        )
        self.assertEqual(mail.state, "cancel")
        self.assertTrue(self.hear(self.document(self.shipment, "delivered", 5, id="d2")))

    def test_what_another_source_still_says_is_sent(self):
        notice = self.hear(
            self.document(self.shipment, "delivered", 3, id="d1"),
            self.document(self.shipment, "delivered", 3, system=self.tms),
        )
        still = self.hear(self.document(self.shipment, "retraction", 4, id="r1", retracts="d1"))
        self.assertEqual(still, notice)

    def test_of_a_returned_shipment_nothing_waits(self):
        notice = self.hear(self.document(self.shipment, "dispatched", 1))
        self.assertTrue(notice)
        self.assertFalse(self.hear(self.document(self.shipment, "returned", 3)))

    def test_the_database_itself_says_once(self):
        notice = self.hear(self.document(self.shipment, "dispatched", 1))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            notice.copy()

    def test_each_shipment_of_a_batch_has_its_mail(self):
        shipments = [self.make_shipment(consignee_id=self.customer.id) for _one in range(3)]
        self.report(*(self.document(shipment, "dispatched", 1) for shipment in shipments))
        self.drain()
        notices = self.env["freight.customer.notice"].search(
            [("shipment_id", "in", [shipment.id for shipment in shipments])]
        )
        self.assertEqual(len(notices.mail_id), 3)
