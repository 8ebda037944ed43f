"""EDI envelopes: answered with 997 and CONTRL, numbers watched for gaps and repeats."""

from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .. import codecs
from ..codecs.acknowledged import ACCEPTED, REJECTED, read_acknowledgement
from .common import SECRET, ConnectorCase
from .edifact_samples import build_iftsta
from .x12_samples import body_214, build_214, interchange

STATUS = ("AF", "2026-11-02", "0930", "CS")


class InterchangeCase(ConnectorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.carrier_endpoint.url = "http://127.0.0.1:9/edi"
        cls.shipment = cls.make_shipment()

    def send(self, body, **options):
        """Post ``body`` and work it off; return the message."""
        message = self.message(self.post(self.carrier_endpoint, body, **options))
        self.drain()
        return message

    def report(self, control=1, **details):
        return build_214(shipment=self.shipment.name, statuses=[STATUS], control=control, **details)

    def answers(self, message):
        """Return our answers to ``message`` as the codec reads them."""
        return [
            item
            for sent in message.interchange_ids.sorted("place").answer_id
            for item in codecs.get(message.codec).decode(sent._body())
        ]

    def cases(self, code):
        return self.env["freight.exception"].search([("code", "=", code), ("state", "=", "open")])


@tagged("post_install", "-at_install")
class TestAnswers(InterchangeCase):
    def test_an_interchange_is_answered_with_a_997(self):
        message = self.send(self.report(control=42))
        [one] = message.interchange_ids
        self.assertEqual((one.sender, one.control, one.number), ("ABCD", "000000042", 42))
        self.assertEqual((one.verdict, one.accepted, one.rejected), ("A", 1, 0))
        sent = one.answer_id
        self.assertEqual((sent.media_type, sent.state), ("application/edi-x12", "queued"))
        self.assertEqual(sent.trace_id, message.trace_id)
        self.assertEqual(sent.display_name, "997 000000042 to test_carrier")
        [answer] = self.answers(message)
        self.assertEqual(answer.kind, "997")
        self.assertEqual(
            (answer.control["sender"], answer.control["receiver"]), ("OURSIDE", "ABCD")
        )
        verdicts = read_acknowledgement(answer.tree)
        self.assertEqual({one.status for one in verdicts}, {ACCEPTED})

    def test_a_damaged_set_is_rejected_alone_and_the_answer_says_so(self):
        other = self.make_shipment()
        raw = interchange(
            ("214", body_214(shipment=self.shipment.name, pro="ONE", statuses=[STATUS])),
            ("214", body_214(shipment=other.name, pro="TWO", statuses=[STATUS])),
        )
        message = self.send(raw.replace(b"SE*5*0001", b"SE*9*0001", 1))
        self.assertEqual(message.state, "quarantined")
        self.assertEqual(self.shipment.transport_state, "released")
        self.assertEqual(other.transport_state, "in_transit", "the sound one has its effect")
        [one] = message.interchange_ids
        self.assertEqual((one.verdict, one.accepted, one.rejected), ("P", 1, 1))
        [answer] = self.answers(message)
        sets = [v for v in read_acknowledgement(answer.tree) if v.level == "set"]
        self.assertIn(("0001", REJECTED), [(v.control, v.status) for v in sets])

    def test_an_edifact_interchange_is_answered_with_a_contrl(self):
        self.carrier_endpoint.mapping_ids = self.env["freight.mapping"].search(
            [("code", "=", "edifact_iftsta")]
        )
        message = self.send(build_iftsta(), media_type="application/edifact")
        [answer] = self.answers(message)
        self.assertEqual(answer.kind, "CONTRL")

    def test_nothing_is_answered_twice(self):
        message = self.send(self.report())
        before = self.env["freight.message.out"].search_count([])
        message.action_replay()
        self.drain()
        self.assertEqual(self.env["freight.message.out"].search_count([]), before)
        self.assertEqual(len(message.interchange_ids), 1)

    def test_a_message_that_waits_for_its_shipment_is_answered_at_once(self):
        message = self.send(build_214(shipment="LATER", statuses=[STATUS]))
        self.assertEqual(message.state, "retry")
        self.assertTrue(message.interchange_ids.answer_id, "its form is right: we have it")

    def test_an_acknowledgement_is_not_acknowledged(self):
        first = self.send(self.report())
        body = first.interchange_ids.answer_id._body()
        message = self.send(body)
        self.assertEqual(message.state, "ignored")
        self.assertFalse(message.interchange_ids.answer_id)
        self.assertFalse(self.cases("edi_rejected"))

    def test_what_a_partner_rejects_is_shown_to_a_person(self):
        damaged = self.send(self.report().replace(b"SE*5*", b"SE*9*"))
        self.send(damaged.interchange_ids.answer_id._body())
        case = self.cases("edi_rejected")
        self.assertIn("214 0001", case.mapped("description")[0])

    def test_without_an_address_nothing_is_sent_and_the_verdict_is_kept(self):
        self.carrier_endpoint.url = False
        message = self.send(self.report())
        self.assertEqual(message.interchange_ids.verdict, "A")
        self.assertFalse(message.interchange_ids.answer_id)

    def test_a_partner_may_want_no_answers(self):
        self.carrier_endpoint.acknowledges = False
        self.assertFalse(self.send(self.report()).interchange_ids.answer_id)

    def test_answers_count_up_for_each_partner(self):
        other = self.make_endpoint(
            self.make_system("other", "carrier"), "generic_hmac", SECRET, ["x12_214"]
        )
        other.url = "http://127.0.0.1:9/edi"
        controls = [
            item.control["interchange"]
            for number in (1, 2, 3)
            for item in self.answers(self.send(self.report(control=number)))
        ]
        self.assertEqual(controls, ["000000001", "000000002", "000000003"])
        message = self.message(self.post(other, self.report(control=9)))
        self.drain()
        self.assertEqual(self.answers(message)[0].control["interchange"], "000000001")

    def test_several_interchanges_of_one_message_are_answered_each(self):
        message = self.send(self.report(control=5) + self.report(control=6, pro="P6"))
        self.assertEqual(message.interchange_ids.mapped("control"), ["000000006", "000000005"])
        self.assertEqual(len(message.interchange_ids.answer_id), 2)


@tagged("post_install", "-at_install")
class TestNumbers(InterchangeCase):
    def watch(self, minutes=61):
        with freeze_time(fields.Datetime.now() + timedelta(minutes=minutes)):
            self.env["freight.interchange"]._watch_numbers()

    def count(self, *numbers):
        for number in numbers:
            self.send(self.report(control=number, pro=f"P{number}"))

    def test_a_missing_number_is_reported_once_it_had_its_time(self):
        self.count(7, 9)
        self.watch(minutes=5)
        self.assertFalse(self.cases("control_gap"))
        self.watch()
        self.watch()
        [case] = self.cases("control_gap")
        self.assertEqual((case.dedup_key, case.occurrences), ("test_carrier:ABCD:8", 1))

    def test_a_number_that_comes_late_closes_its_case(self):
        self.count(7, 12)
        self.watch()
        self.assertEqual(self.cases("control_gap").dedup_key, "test_carrier:ABCD:8 - 11")
        self.count(10)
        self.watch()
        keys = self.cases("control_gap").mapped("dedup_key")
        self.assertEqual(sorted(keys), ["test_carrier:ABCD:11", "test_carrier:ABCD:8 - 9"])
        self.count(8, 9, 11)
        self.watch()
        self.assertFalse(self.cases("control_gap"))

    def test_numbers_that_arrive_in_any_order_leave_no_gap(self):
        self.count(3, 1, 2)
        self.watch()
        self.assertFalse(self.cases("control_gap"))

    def test_a_new_beginning_is_no_gap(self):
        self.count(5, 90000)
        self.watch()
        self.assertFalse(self.cases("control_gap"))

    def test_partners_that_count_across_all_are_not_watched(self):
        self.carrier_endpoint.gap_minutes = 0
        self.count(7, 9)
        self.watch()
        self.assertFalse(self.cases("control_gap"))

    def test_a_repeated_number_with_other_contents_is_reported(self):
        first = self.send(self.report(control=7))
        again = self.send(self.report(control=7, pro="OTHER"))
        self.assertEqual(again.interchange_ids.repeats_id, first.interchange_ids)
        self.assertEqual(self.cases("control_repeat").mapped("occurrences"), [1])
        self.assertIn(again.state, ("applied", "ignored"), "and nothing is lost of it")

    def test_the_same_bytes_again_are_a_repeat_and_no_case(self):
        self.send(self.report(control=7), message_id="one")
        again = self.send(self.report(control=7), message_id="two")
        self.assertTrue(again.interchange_ids.repeats_id)
        self.assertFalse(self.cases("control_repeat"))

    def test_the_same_number_of_another_sender_is_no_repeat(self):
        self.send(self.report(control=7))
        other = self.send(self.report(control=7, sender="ABCD2"))
        self.assertFalse(other.interchange_ids.repeats_id)

    def test_nobody_edits_what_was_sent(self):
        message = self.send(self.report())
        manager = new_test_user(
            self.env, "edi_manager", "freight_tms_connector.group_integration_manager"
        )
        mine = message.interchange_ids.with_user(manager)
        self.assertEqual(mine.control, "000000001")
        with self.assertRaises(AccessError):
            mine.write({"control": "2"})
