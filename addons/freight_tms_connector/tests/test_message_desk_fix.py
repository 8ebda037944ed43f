"""A copy of a dead letter is mended; bills and payments never are."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .. import readable
from .desk_common import DeskCase
from .x12_samples import build_214

SCRIPT = "<script>alert(1)</script>"


@tagged("post_install", "-at_install")
class TestFix(DeskCase):
    def edit(self, message, change, user=None):
        """Return the wizard after ``change`` was applied to the text that it showed."""
        form = Form(
            self.env["freight.message.fix"]
            .with_user(user or self.manager)
            .with_context(default_message_id=message.id)
        )
        form.body = change(form.body)
        form.reason = "the carrier confirmed the number by telephone"
        return form.save()

    def test_a_mended_copy_is_applied_and_the_original_stays(self):
        shipment = self.make_shipment()
        original = self.dead_letter("MISTYPED")
        before = original._body()
        wizard = self.edit(original, lambda text: text.replace("MISTYPED", shipment.name))
        action = wizard.action_fix()
        self.env.invalidate_all()
        copy = self.env["freight.message.in"].browse(action["res_id"])
        self.assertEqual(copy.corrected_from_id, original)
        self.assertEqual(original.correction_ids, copy)
        self.assertEqual((copy.channel, copy.origin), ("copy", self.manager.login))
        self.assertEqual(copy.trace_id, original.trace_id)
        self.assertNotEqual(copy.uuid, original.uuid)
        self.assertEqual(original._body(), before)
        self.assertEqual(original.state, "dismissed")
        self.assertEqual(original.resolution, "the carrier confirmed the number by telephone")
        self.assertEqual(original.dismissed_by_id, self.manager)
        self.assertFalse(self.cases())
        self.drain()
        self.assertEqual((copy.state, shipment.transport_state), ("applied", "delivered"))

    def test_edi_is_shown_a_segment_a_line_and_read_back(self):
        original = self.dead_letter()
        lines = original.with_user(self.manager)._text_to_fix().splitlines()
        self.assertTrue(lines[0].startswith("ISA"))
        self.assertTrue(lines[1].startswith("GS"))

    def test_nothing_changed_is_no_copy(self):
        original = self.dead_letter()
        with self.assertRaises(UserError):
            self.edit(original, lambda text: text.replace("\n", "\n\n")).action_fix()
        self.assertEqual(original.state, "dead")

    def test_a_copy_needs_a_reason(self):
        original = self.dead_letter()
        wizard = self.edit(original, lambda text: text.replace("LATER-1", "LATER-2"))
        wizard.reason = "  "
        with self.assertRaises(UserError):
            wizard.action_fix()

    def test_the_same_copy_twice_is_one(self):
        original = self.dead_letter("MISTYPED")
        wizard = self.edit(original, lambda text: text.replace("MISTYPED", "RIGHT"))
        copies = [wizard.message_id._correct(wizard.body, "why")]
        original.state = "dead"  # as if the dismissal had been lost
        self.env.flush_all()
        copies.append(original.with_user(self.manager)._correct(wizard.body, "why"))
        self.assertEqual(copies[0], copies[1])

    def test_what_was_replaced_is_not_replayed(self):
        original = self.dead_letter("MISTYPED")
        self.edit(original, lambda text: text.replace("MISTYPED", "RIGHT")).action_fix()
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            original.action_replay()

    def test_what_is_no_dead_letter_is_not_mended(self):
        applied = self.take_in(self.status(self.make_shipment()))
        self.drain()
        with self.assertRaises(UserError):
            applied.with_user(self.manager).action_fix()

    def test_what_is_being_edited_lies_sealed(self):
        original = self.dead_letter("MISTYPED")
        wizard = self.edit(original, lambda text: text.replace("MISTYPED", "RIGHT99"))
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT row_to_json(f)::text, encode(sealed, 'escape')"
            " FROM freight_message_fix f WHERE id = %s",
            [wizard.id],
        )
        row, sealed = self.env.cr.fetchone()
        self.assertNotIn("RIGHT99", row)
        self.assertNotIn("RIGHT99", sealed)
        self.env.invalidate_all()
        self.assertIn("RIGHT99", wizard.body)
        with self.assertRaises(AccessError):
            wizard.with_user(self.manager).read(["sealed"])

    def test_a_character_that_they_cannot_send_is_named(self):
        self.carrier_endpoint.encoding = "latin-1"
        original = self.dead_letter("MISTYPED")
        with self.assertRaisesRegex(UserError, "€"):
            self.edit(original, lambda text: text.replace("MISTYPED", "€")).action_fix()

    def test_a_large_message_is_not_edited(self):
        message = self.take_in(self.status("A-1") + b" " * 300_000)
        message._bury("too large")
        with self.assertRaisesRegex(UserError, "resend"):
            message.with_user(self.manager).action_fix()


@tagged("post_install", "-at_install")
class TestFinancial(DeskCase):
    INVOICE = (
        b"ISA*00*          *00*          *02*ABCD           *ZZ*US             *261120*1200*U*00401"
        b"*000000001*0*P*>~GS*IM*ABCD*US*20261120*1200*1*X*004010~ST*210*0001~"
        b"B3**INV-1*SHIP-1*PP**20261120*10000****ABCD~L3*****10000~SE*4*0001~GE*1*1~IEA*1*000000001~"
    )

    def bury(self, body, codec="x12", endpoint=None):
        message = self.take_in(body, codec, endpoint)
        message._bury("broken")
        self.env.flush_all()
        return message.with_user(self.manager)

    def assertAsksForAResend(self, message):
        with self.assertRaisesRegex(UserError, "ask for a resend"):
            message.action_fix()

    def test_a_bill_is_not_edited(self):
        self.assertAsksForAResend(self.bury(self.INVOICE))

    def test_not_even_where_nothing_here_reads_it(self):
        self.carrier_endpoint.mapping_ids = self.env["freight.mapping"].search(
            [("code", "=", "x12_214")]
        )
        self.assertAsksForAResend(self.bury(self.INVOICE))

    def test_nor_what_cannot_be_read_where_bills_come_from(self):
        self.assertAsksForAResend(self.bury(b"ISA nothing of the kind"))

    def test_nor_a_damaged_set_where_bills_come_from(self):
        damaged = build_214(shipment="S-1").replace(b"SE*", b"SX*", 1)
        self.assertAsksForAResend(self.bury(damaged))

    def test_what_cannot_be_read_is_mended_where_no_bills_come_from(self):
        message = self.bury(b'{"specversion": ', "json", self.tms_endpoint)
        self.assertEqual(message.action_fix()["res_model"], "freight.message.fix")

    def test_a_status_cannot_be_edited_into_a_bill(self):
        message = self.bury(self.status("S-1"))
        with self.assertRaisesRegex(UserError, "ask for a resend"):
            message._correct(self.INVOICE.decode(), "why not")
        self.assertEqual(message.state, "dead")

    def test_a_document_that_was_a_bill_before_stays_one(self):
        message = self.bury(self.status("S-1"))
        self.env["freight.message.document"]._record(
            [(message.id, 0, "invoice", "refused", None, None, None)]
        )
        self.assertAsksForAResend(message)

    def test_json_is_judged_by_what_its_mapping_makes_of_it(self):
        event = self.cloud_event(self.make_shipment(), "delivered", "e-1")
        self.bury(event, "json", self.tms_endpoint).action_fix()


@tagged("post_install", "-at_install")
class TestLayout(DeskCase):
    def test_json_is_laid_out_for_the_editor(self):
        message = self.take_in(json.dumps({"a": {"b": SCRIPT}}).encode(), "json", self.tms_endpoint)
        message._bury("x")
        text = message.with_user(self.manager)._text_to_fix()
        self.assertIn(f'    "b": "{SCRIPT}"', text)
        self.assertTrue(readable.same_text(text, text.replace("\n", "\n  ")))
