"""Content that goes on request: what may go, what stays and why, and who decides."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_retention import RetentionCase


@tagged("post_install", "-at_install")
class TestErasureRequest(RetentionCase):
    def ask(self, **values):
        requests = self.env["freight.erasure.request"].with_user(self.manager)
        shipments = [(6, 0, self.shipment.ids)]
        return requests.create(
            {"name": "R-1", "reason": "Article 17.", "shipment_ids": shipments, **values}
        )

    def erase(self, request):
        self.env.flush_all()
        request.with_user(self.colleague).action_erase()
        self.env.invalidate_all()

    def test_operational_messages_go_and_the_rest_says_why_it_stays(self):
        status, bill, waiting = (
            self.received(days=1),
            self.received("invoice", days=1),
            self.received(days=1, state="dead"),
        )
        told, elsewhere = self.sent(days=1), self.received(days=1)
        self.note(elsewhere, "event", "applied", self.make_shipment())
        request = self.ask()
        self.erase(request)
        self.assertErased(status)
        self.assertErased(told)
        for message in (bill, waiting, elsewhere):
            self.assertErased(message, False)
        self.assertRegex(request.outcome, "Erased: 2 messages")
        self.assertRegex(request.outcome, "Stays: 1 messages, because of: Financial")
        self.assertRegex(request.outcome, "not settled yet")
        self.assertRegex(status.erased_text, "on request: R-1: Article 17")
        self.assertEqual(request.run_id.approver_id, self.colleague)

    def test_a_hold_wins(self):
        self.env["freight.legal.hold"].create({"name": "Claim", "reason": "Missing pallet."})
        message = self.received(days=1)
        self.proof(message)
        request = self.ask()
        self.erase(request)
        self.assertErased(message, False)
        self.assertIn("a legal hold", request.outcome)
        self.assertEqual(self.signer(), "R. Roe")
        self.assertFalse(request.run_id)

    def test_who_signed_goes_too(self):
        self.proof(self.received(days=1))
        self.erase(self.ask())
        self.assertFalse(self.signer())

    def proof(self, message):
        event = self.env["freight.event"].search([("shipment_id", "=", self.shipment.id)], limit=1)
        self.env["freight.proof"]._append(
            [(event.id, self.shipment.id, self.company.id, "R. Roe", "2026-11-02 12:00:00", None)]
        )

    def signer(self):
        return self.env["freight.proof"].search([("shipment_id", "=", self.shipment.id)]).signer

    def test_a_second_person_erases_once(self):
        request = self.ask()
        with self.assertRaisesRegex(UserError, "second person"):
            request.action_erase()
        for user in (self.auditor, self.clerk, self.stranger):
            with self.assertRaises(AccessError):
                request.with_user(user).action_erase()
        with self.assertRaises(AccessError):
            self.ask(user_id=self.colleague.id)
        self.erase(request)
        with self.assertRaises(UserError):
            request.with_user(self.colleague).action_erase()
        with self.assertRaises(UserError):
            request.write({"reason": "another"})
        with self.assertRaises(UserError):
            request.unlink()
