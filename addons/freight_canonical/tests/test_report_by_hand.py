"""What people hear on the phone: reported by hand, and taken back."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from .common import NOON, CanonicalCase


class TestReportByHand(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.dispatcher = self.make_user("hand_dispatcher", "dispatcher")
        self.shipment = self.make_shipment()
        self.delivery = self.shipment.stop_ids[1]

    def wizard(self, code, user=None, **values):
        kind = self.env.ref(f"freight_canonical.event_type_{code}")
        model = self.env["freight.event.report"].with_user(user or self.dispatcher)
        return model.create(
            {
                "shipment_id": self.shipment.id,
                "type_id": kind.id,
                "occurred": NOON,
                "source": "Night desk",
                **values,
            }
        )

    def tell(self, code, **values):
        self.wizard(code, **values).action_report()
        self.env.invalidate_all()

    def paper(self):
        files = self.env["ir.attachment"].with_user(self.dispatcher)
        return files.create({"name": "pod.pdf", "raw": b"%PDF-1.4"})

    def test_a_delivery_with_its_proof(self):
        paper = self.paper()
        self.tell("delivered", stop_id=self.delivery.id, signer="B. Dock", quantity=9,
                  document_ids=[(6, 0, paper.ids)])  # fmt: skip
        self.assertEqual(self.shipment.transport_state, "delivered")
        self.assertEqual(self.delivery.pod_signer, "B. Dock")
        self.assertEqual(self.shipment.line_ids.under_delivered, 1)
        proof = self.env["freight.proof"].search([("shipment_id", "=", self.shipment.id)])
        self.assertEqual(proof.document_ids, paper)
        self.assertIn("Night desk", self.shipment.message_ids[0].body)
        self.assertEqual(self.shipment.message_ids[0].author_id, self.dispatcher.partner_id)

    def test_estimates_and_appointments_are_what_they_are(self):
        self.tell("estimated_delivery", stop_id=self.delivery.id)
        self.tell("appointment", stop_id=self.delivery.id)
        self.assertEqual(self.shipment.estimated_delivery, NOON)
        self.assertEqual(self.delivery.appointment_end, NOON)
        self.assertEqual(self.shipment.transport_state, "released")

    def test_it_can_be_taken_back_and_reported_again(self):
        self.tell("delivered", stop_id=self.delivery.id)
        event = self.shipment.event_ids.filtered("by_hand")
        event.with_user(self.dispatcher).action_retract()
        self.env.invalidate_all()
        self.assertEqual(self.shipment.transport_state, "released")
        self.assertFalse(event.counts)
        with self.assertRaisesRegex(UserError, "still counts"):
            event.with_user(self.dispatcher).action_retract()

    def test_what_a_message_brought_is_not_ours_to_take_back(self):
        self.report(self.document(self.shipment, "delivered", 1))
        event = self.shipment.event_ids.filtered(lambda one: one.type_code == "delivered")
        with self.assertRaisesRegex(UserError, "test_carrier"):
            event.with_user(self.dispatcher).action_retract()

    def test_it_takes_a_dispatcher(self):
        user = self.make_user("hand_user", "user")
        with self.assertRaises(AccessError):
            self.wizard("delivered", user=user)
        self.tell("delivered")
        with self.assertRaises(AccessError):
            self.shipment.event_ids.filtered("by_hand").with_user(user).action_retract()

    def test_the_form_proposes_the_stop(self):
        model = self.env["freight.event.report"].with_user(self.dispatcher)
        with Form(model.with_context(default_shipment_id=self.shipment.id)) as form:
            form.type_id = self.env.ref("freight_canonical.event_type_delivered")
            form.source = "Night desk"
            self.assertEqual(form.stop_id, self.delivery)
            form.type_id = self.env.ref("freight_canonical.event_type_pickup_arrived")
            self.assertEqual(form.stop_id, self.shipment.stop_ids[0])

    def test_what_the_form_does_not_offer_is_refused(self):
        for code in ("tender_accepted", "released", "closed", "retraction", "unknown"):
            with self.subTest(code), self.assertRaisesRegex(UserError, "not reported by hand"):
                self.tell(code)
        other = self.make_shipment().stop_ids[1]
        with self.assertRaisesRegex(UserError, "Choose a stop of"):
            self.tell("delivered", stop_id=other.id)

    def test_documents_of_others_do_not_come_along(self):
        foreign = self.env["ir.attachment"].create({"name": "payroll", "raw": b"secret"})
        with self.assertRaises(AccessError):
            foreign.with_user(self.dispatcher).read(["raw"])
        with self.assertRaises(AccessError):
            self.tell("delivered", document_ids=[(6, 0, foreign.ids)])
        self.assertFalse(foreign.res_id)

    def test_the_document_of_a_proof_stays(self):
        paper = self.paper()
        self.tell("delivered", stop_id=self.delivery.id, document_ids=[(6, 0, paper.ids)])
        for attempt in (paper.unlink, lambda: paper.write({"raw": b"other"})):
            with self.assertRaisesRegex(AccessError, "proves a delivery"):
                attempt()
        auditor = self.make_user("hand_auditor", "auditor")
        self.assertEqual(paper.with_user(auditor).raw, b"%PDF-1.4")

    def test_who_reports_or_takes_back_is_known(self):
        self.tell("estimated_delivery", stop_id=self.delivery.id)
        self.assertFalse(self.shipment.reporter_ids)
        self.tell("delivered", stop_id=self.delivery.id)
        self.assertEqual(self.shipment.reporter_ids, self.dispatcher)
        second = self.make_user("hand_second", "dispatcher")
        event = self.shipment.event_ids.filtered(lambda one: one.type_code == "delivered")
        event.with_user(second).action_retract()
        self.assertEqual(self.shipment.reporter_ids, self.dispatcher | second)
        with self.assertRaises(AccessError):
            self.shipment.with_user(second).reporter_ids = False
