"""What a hold covers, that it wins over a job that runs, and who releases it."""

import datetime

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_retention import RetentionCase


@tagged("post_install", "-at_install")
class TestLegalHold(RetentionCase):
    def setUp(self):
        super().setUp()
        self.policy("operational")

    def hold(self, **values):
        holds = self.env["freight.legal.hold"].with_user(self.manager)
        return holds.create({"name": "Claim 1", "reason": "A pallet is missing.", **values})

    def foreign_hold(self, **values):
        holds = self.env["freight.legal.hold"].with_user(self.manager).sudo()
        return holds.create({"name": "Claim 2", "reason": "Elsewhere.", **values})

    def test_a_held_message_stays_until_it_is_released(self):
        message, other = self.received(), self.received()
        shipment = self.make_shipment()
        self.note(other, "event", "applied", shipment)
        hold = self.hold(shipment_ids=[(6, 0, self.shipment.ids)])
        self.run_job()
        self.assertErased(message, False)
        self.assertErased(other)
        self.assertEqual(other.erasure_id.message_count, 1)
        hold.release_reason = "Settled."
        hold.with_user(self.colleague).action_release()
        self.run_job()
        self.assertErased(message)

    def test_what_each_criterion_covers(self):
        day = fields.Date.today() - datetime.timedelta(days=365)
        other = self.make_carrier("WXYZ", "Another Carrier")
        yes, no = True, False
        for values, held in (
            ({}, yes),
            ({"company_id": False}, yes),
            ({"company_id": self.sister.id}, no),
            ({"date_from": day, "date_to": day}, yes),
            ({"date_from": day + datetime.timedelta(days=1)}, no),
            ({"date_to": day - datetime.timedelta(days=1)}, no),
            ({"endpoint_ids": [(6, 0, self.carrier_endpoint.ids)]}, yes),
            ({"endpoint_ids": [(6, 0, self.tms_endpoint.ids)]}, no),
            ({"partner_id": self.carrier.id}, yes),
            ({"partner_id": other.id}, no),
            ({"shipment_ids": [(6, 0, self.shipment.ids)]}, yes),
            (
                {
                    "shipment_ids": [(6, 0, self.shipment.ids)],
                    "endpoint_ids": [(6, 0, self.tms_endpoint.ids)],
                },
                no,
            ),
        ):
            with self.subTest(values):
                hold = self.hold(**values) if held else self.foreign_hold(**values)
                came, went = self.received(), self.sent()
                self.run_job()
                self.assertErased(came, not held)
                self.assertErased(went, not held)
                hold.sudo().release_reason = "Settled."
                hold.with_user(self.colleague).sudo().action_release()
                self.run_job()
                self.assertErased(came)

    def test_a_partner_is_found_by_the_shipments_that_name_it(self):
        consignee = self.env["res.partner"].create({"name": "Consignee"})
        contact = self.env["res.partner"].create({"name": "Dock", "parent_id": consignee.id})
        self.shipment.sudo().consignee_id = contact
        self.env.flush_all()
        self.hold(partner_id=consignee.id)
        message = self.received(endpoint=self.tms_endpoint)
        self.run_job()
        self.assertErased(message, False)

    def test_a_second_person_releases_it_for_a_reason(self):
        hold = self.hold()
        with self.assertRaisesRegex(UserError, "second person"):
            hold.action_release()
        with self.assertRaisesRegex(UserError, "Say why"):
            hold.with_user(self.colleague).action_release()
        for user in (self.auditor, self.clerk):
            with self.assertRaises(AccessError):
                hold.with_user(user).action_release()

    def test_it_is_neither_narrowed_nor_deleted_nor_forged(self):
        hold = self.hold(date_to="2026-01-01")
        for values in ({"date_to": "2020-01-01"}, {"company_id": self.sister.id}):
            with self.assertRaisesRegex(UserError, "set another hold"):
                hold.write(values)
        with self.assertRaises(AccessError):
            hold.write({"released": "2026-01-01 00:00:00"})
        with self.assertRaises(UserError):
            hold.sudo().unlink()
        with self.assertRaises(AccessError):
            self.hold(user_id=self.colleague.id)
        self.assertFalse(hold.with_user(self.stranger).search([]))

    def test_the_preview_says_what_goes_and_what_is_held(self):
        self.hold(endpoint_ids=[(6, 0, self.carrier_endpoint.ids)])
        self.received()
        self.received(endpoint=self.tms_endpoint)
        self.received(days=10)
        draft = self.draft("financial", 100)
        self.received("invoice")
        preview = self.env["freight.retention.preview"].with_user(self.auditor)
        preview = preview.browse(preview.action_open()["res_id"])
        self.assertTrue(preview.complete)
        self.assertEqual((preview.going, preview.held), (1, 2))
        lines = preview.line_ids
        going = lines.filtered(lambda line: not line.hold_id)
        self.assertEqual(going.endpoint_id, self.tms_endpoint)
        self.assertEqual(lines.hold_id.name, "Claim 1")
        only = preview.browse(draft.with_user(self.manager).action_preview()["res_id"])
        self.assertEqual(only.sudo().line_ids.class_id, self.classes["financial"])
        self.assertFalse(self.env["freight.retention.run"].search([]))
        with self.assertRaises(AccessError):
            self.env["freight.retention.preview"].with_user(self.clerk).action_open()
        foreign = self.env["freight.retention.preview"].with_user(self.stranger)
        self.assertFalse(foreign.browse(foreign.action_open()["res_id"]).line_ids)
