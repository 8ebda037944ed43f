"""How a shipment ends: closed by people or by time, or cancelled with the vehicle on its way."""

from datetime import timedelta

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError

from .common import NOON, CanonicalCase


class TestClosing(CanonicalCase):
    def delivered(self, hours=10):
        shipment = self.make_shipment()
        self.report(self.document(shipment, "delivered", hours))
        return shipment

    def test_what_is_finished_can_be_closed_and_opened_again(self):
        shipment = self.delivered()
        for _again in range(2):
            with freeze_time(NOON + timedelta(days=1 + _again)):
                shipment.action_close()
                self.env.invalidate_all()
                self.assertEqual(shipment.transport_state, "closed")
                shipment.action_reopen()
                self.env.invalidate_all()
                self.assertEqual(shipment.transport_state, "delivered")

    def test_what_moves_cannot(self):
        shipment = self.make_shipment()
        with self.assertRaisesRegex(UserError, "not finished"):
            shipment.action_close()
        with self.assertRaisesRegex(UserError, "not closed here"):
            shipment.action_reopen()

    def test_it_takes_a_dispatcher(self):
        shipment = self.delivered()
        user = self.make_user("closing_user", "user")
        for action in ("action_close", "action_reopen"):
            with self.assertRaises(AccessError):
                getattr(shipment.with_user(user), action)()

    def test_time_closes_what_nobody_needs_to_look_at(self):
        quiet, recent, troubled = self.delivered(1), self.delivered(24 * 29), self.delivered(1)
        moving = self.make_shipment()
        self.env["freight.exception"].search([]).unlink()
        self.env["freight.exception"]._raise_case("no_rate", "x", "No rate.", shipment=troubled)
        with freeze_time(NOON + timedelta(days=31)):
            self.env["freight.shipment"]._cron_close()
            self.env.invalidate_all()
        self.assertEqual(
            [one.transport_state for one in (quiet, recent, troubled, moving)],
            ["closed", "delivered", "delivered", "released"],
        )

    def test_a_company_may_leave_it_to_people(self):
        self.env["res.company"].search([]).freight_close_after = 0
        shipment = self.delivered(1)
        with freeze_time(NOON + timedelta(days=400)):
            self.env["freight.shipment"]._cron_close()
            self.env.invalidate_all()
        self.assertEqual(shipment.transport_state, "delivered")


class TestVehicleNotUsed(CanonicalCase):
    def dispatched(self):
        shipment = self.make_shipment()
        self.report(self.document(shipment, "dispatched", 1))
        return shipment

    def test_what_was_cancelled_and_opened_again_can_be_cancelled_again(self):
        shipment = self.dispatched()
        states = []
        for hours, action in enumerate(("action_cancel", "action_reopen", "action_cancel"), 2):
            with freeze_time(NOON + timedelta(hours=hours)):
                getattr(shipment, action)()
            self.env.invalidate_all()
            states.append(shipment.transport_state)
        self.assertEqual(states, ["closed", "dispatched", "closed"])

    def charge(self, shipment):
        return shipment.charge_ids.filtered("vehicle_not_used")

    def test_a_carriers_cancellation_after_dispatch_is_charged_for(self):
        shipment = self.dispatched()
        self.report(self.document(shipment, "cancelled", 3))
        self.assertEqual(shipment.transport_state, "closed")
        charge = self.charge(shipment)
        self.assertEqual((charge.code_id.code, charge.stage), ("VOR", "estimated"))
        self.assertTrue(charge.authorised)

    def test_we_may_cancel_until_it_leaves(self):
        shipment = self.dispatched()
        shipment.action_cancel()
        self.env.invalidate_all()
        self.assertEqual(shipment.transport_state, "closed")
        self.assertTrue(self.charge(shipment))
        left = self.dispatched()
        self.report(self.document(left, "departed_pickup", 2))
        with self.assertRaisesRegex(UserError, "left its pickup"):
            left.action_cancel()

    def test_the_charge_goes_with_the_cancellation(self):
        shipment = self.dispatched()
        self.report(self.document(shipment, "cancelled", 3, id="wrong"))
        self.charge(shipment).amount = 150
        self.report(self.document(shipment, "en_route", 4))
        self.assertEqual(self.charge(shipment).amount, 150, "what a person entered stays")
        self.report(self.document(shipment, "retraction", 5, id="no", retracts="wrong"))
        self.assertEqual(shipment.transport_state, "in_transit")
        self.assertFalse(self.charge(shipment))

    def test_a_dispatch_that_is_heard_of_late_makes_it_one(self):
        shipment = self.make_shipment()
        self.report(self.document(shipment, "cancelled", 3))
        self.assertEqual(shipment.transport_state, "cancelled")
        self.report(self.document(shipment, "dispatched", 1))
        self.assertEqual(shipment.transport_state, "closed")
        self.assertTrue(self.charge(shipment))

    def test_our_own_can_be_taken_back_and_a_carriers_cannot(self):
        ours, theirs = self.dispatched(), self.dispatched()
        ours.action_cancel()
        self.report(self.document(theirs, "cancelled", 3))
        ours.action_reopen()
        self.env.invalidate_all()
        self.assertEqual(ours.transport_state, "dispatched")
        self.assertFalse(self.charge(ours))
        with self.assertRaisesRegex(UserError, "not closed here"):
            theirs.action_reopen()
