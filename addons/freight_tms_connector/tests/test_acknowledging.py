from datetime import datetime, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import codecs
from ..codecs import acknowledged, edifact_writer
from ..codecs.acknowledged import Verdict, read_acknowledgement
from ..codecs.acknowledging import Acknowledger, Fault
from .edifact_samples import body_iftsta, interchange, message
from .x12_samples import body_210, body_214
from .x12_samples import interchange as x12_interchange

MOMENT = datetime(2026, 11, 2, 10, 0, tzinfo=timezone.utc)
PICKUP = ("X3", "2026-11-02", "0930", "PS")
QM = {"functional": "QM", "group": "1"}


class AcknowledgingCase(BaseCase):
    def setUp(self):
        super().setUp()
        self.asked = []

    def numbers(self, *asked):
        self.asked.append(asked)
        return 500 + len(self.asked), 70

    def answers(self, codec, raw, **notes):
        """Return the answers to `raw`.

        :param notes: {control number of a set: keyword arguments of `note`}.
        """
        acknowledger = Acknowledger()
        for decoded in codecs.get(codec).iterate(raw):
            acknowledger.note(decoded, **notes.get(f"n{decoded.control.get('set')}", {}))
        return acknowledger.answers(self.numbers, MOMENT)

    def verdicts(self, codec, answer):
        """Return what the one document in an answer says, which must be sound and unanswered."""
        [decoded] = codecs.get(codec).decode(answer.body)
        self.assertIsNone(decoded.error)
        self.assertEqual(self.answers(codec, answer.body), [])
        return read_acknowledgement(decoded.tree)


class TestAcknowledgingX12(AcknowledgingCase):
    def setUp(self):
        super().setUp()
        bodies = [body_214(shipment=name, statuses=[PICKUP]) for name in "ABC"]
        self.raw = x12_interchange(*(("214", body) for body in bodies), control=42)

    def segments(self, answer):
        return ["*".join(segment) for segment in codecs.x12.segments(answer.body)]

    def test_all_accepted(self):
        [answer] = self.answers("x12", self.raw)
        self.assertEqual(
            self.segments(answer)[1:],
            [
                "GS*FA*OURSIDE*ABCD*20261102*1000*70*X*004010", "ST*997*0001", "AK1*QM*42",
                "AK2*214*0001", "AK5*A", "AK2*214*0002", "AK5*A", "AK2*214*0003", "AK5*A",
                "AK9*A*3*3*3", "SE*10*0001", "GE*1*70", "IEA*1*000000501",
            ],
        )  # fmt: skip
        self.assertEqual((answer.kind, answer.code, answer.control), ("997", "A", 501))
        self.assertEqual((answer.accepted, answer.with_errors, answer.rejected), (3, 0, 0))
        self.assertEqual(
            (answer.sender, answer.receiver, answer.interchange), ("ABCD", "OURSIDE", "000000042")
        )
        self.assertEqual(self.asked, [("x12", "OURSIDE", "ABCD", 1)])

    def test_one_damaged_set_is_rejected_with_its_position(self):
        raw = self.raw.replace(b"B10*PRO001*B*", b"b10*PRO001*B*")
        [answer] = self.answers("x12", raw)
        self.assertEqual((answer.code, answer.accepted, answer.rejected), ("P", 2, 1))
        group, first, second, third = self.verdicts("x12", answer)
        self.assertEqual(group, Verdict("group", acknowledged.PARTLY, functional="QM", group="42"))
        self.assertEqual([first.status, third.status], [acknowledged.ACCEPTED] * 2)
        self.assertEqual(
            (second.status, second.kind, second.control, second.codes, second.faults),
            (acknowledged.REJECTED, "214", "0002", ("5",), (Fault(2, "b10", "1"),)),
        )

    def test_codes_of_a_rejected_set(self):
        for good, bad, code, faults in (
            (b"SE*5*0002~\n", b"SE*6*0002~\n", "4", ()),
            (b"SE*5*0002~\n", b"SE*5*0009~\n", "3", ()),
            (b"SE*5*0002~\n", b"", "2", ()),
            (b"B10*PRO001*B*", b"K1*PRO001*B*", "5", (Fault(2, "B10", "3"),)),
            (b"*B*ABCD", b"*B*ABCD" + 100 * b"*", "5", (Fault(2, "B10", "8", 100, None, "3"),)),
        ):
            [answer] = self.answers("x12", self.raw.replace(good, bad))
            verdict = self.verdicts("x12", answer)[2]
            self.assertEqual((verdict.status, verdict.codes), (acknowledged.REJECTED, (code,)), bad)
            self.assertEqual(verdict.faults, faults)

    def test_all_rejected(self):
        [answer] = self.answers("x12", self.raw.replace(b"SE*5", b"SE*6"))
        self.assertEqual((answer.code, answer.accepted, answer.rejected), ("R", 0, 3))
        self.assertIn("AK9*R*3*3*0", self.segments(answer))

    def test_content_that_cannot_be_used(self):
        fault = Fault(4, "AT7", "8", 5, None, "8")
        [answer] = self.answers("x12", self.raw, n0002={"error": "no date", "fault": fault})
        self.assertEqual((answer.code, answer.accepted, answer.with_errors), ("E", 3, 1))
        group, _first, second, _third = self.verdicts("x12", answer)
        self.assertEqual(group.status, acknowledged.WITH_ERRORS)
        self.assertEqual(
            (second.status, second.codes, second.faults),
            (acknowledged.WITH_ERRORS, ("5",), (fault,)),
        )
        [answer] = self.answers("x12", self.raw, n0002={"error": "no date", "rejects": True})
        self.assertEqual((answer.code, answer.accepted, answer.rejected), ("P", 2, 1))

    def test_counts_and_numbers_of_the_group(self):
        for good, bad, code, sent in (
            (b"GE*3*42", b"GE*4*42", "5", "4"),
            (b"GE*3*42", b"GE*3*43", "4", "3"),
            (b"GE*3*42~\n", b"", "3", "3"),
        ):
            [answer] = self.answers("x12", self.raw.replace(good, bad))
            self.assertEqual((answer.code, answer.rejected), ("E", 0), bad)
            self.assertIn(f"AK9*E*{sent}*3*3*{code}", self.segments(answer))

    def test_a_damaged_interchange_gets_a_ta1(self):
        for good, bad, note in (
            (b"IEA*1*000000042", b"IEA*1*000000043", "001"),
            (b"IEA*1*", b"IEA*2*", "021"),
            (b"IEA*1*000000042~\n", b"", "023"),
        ):
            [answer] = self.answers("x12", self.raw.replace(good, bad))
            self.assertIn(f"TA1*000000042*261102*0930*E*{note}", self.segments(answer), bad)
            self.assertEqual((answer.kind, answer.code), ("997", "E"))

    def test_a_ta1_that_was_asked_for(self):
        [answer] = self.answers("x12", self.raw.replace(b"*0*P*>", b"*1*P*>"))
        self.assertIn("TA1*000000042*261102*0930*A*000", self.segments(answer))

    def test_nothing_but_an_envelope(self):
        head = self.raw.split(b"\n")[0]
        self.assertEqual(self.answers("x12", head + b"IEA*0*000000042~"), [])
        [answer] = self.answers("x12", head)
        self.assertEqual((answer.kind, answer.code), ("TA1", "E"))
        self.assertEqual([part[:3] for part in self.segments(answer)], ["ISA", "TA1", "IEA"])
        codecs.x12.check(answer.body)

    def test_parties_turned_round_and_test_indicator_kept(self):
        raw = self.raw.replace(b"*ZZ*ABCD ", b"*02*ABCD ").replace(b"*0*P*>", b"*0*T*>")
        raw = raw.replace(b"GS*QM*ABCD*OURSIDE", b"GS*QM*ABCDAPP*OURAPP").replace(
            b"00401*", b"00501*"
        )
        [answer] = self.answers("x12", raw.replace(b"X*004010", b"X*005010"))
        header, group = self.segments(answer)[:2]
        self.assertEqual(len(answer.body.split(b"~")[0]) + 1, 106)
        self.assertTrue(header.endswith("*00501*000000501*0*T*>"), header)
        self.assertIn("*ZZ*OURSIDE*02*ABCD*", header)
        self.assertEqual(group, "GS*FA*OURAPP*ABCDAPP*20261102*1000*70*X*005010")

    def test_several_groups_and_interchanges(self):
        raw = x12_interchange(("210", body_210()), control=43)
        group = raw.split(b"~\n", 1)[1].rsplit(b"IEA", 1)[0].replace(b"SE*", b"SE*9")
        head, tail = self.raw.rsplit(b"IEA*1", 1)
        both = head + group + b"IEA*2" + tail
        first, second = self.answers("x12", both + raw)
        self.assertEqual((first.code, first.accepted, first.rejected), ("P", 3, 1))
        self.assertEqual((second.code, second.interchange), ("A", "000000043"))
        decoded = codecs.x12.decode(first.body)
        self.assertEqual(
            [read_acknowledgement(item.tree)[0].functional for item in decoded], ["QM", "IM"]
        )
        self.assertEqual(self.asked[0], ("x12", "OURSIDE", "ABCD", 2))

    def test_the_same_interchange_twice_is_answered_twice(self):
        answers = self.answers("x12", self.raw + self.raw)
        self.assertEqual([answer.accepted for answer in answers], [3, 3])

    def test_acknowledgements_are_not_answered(self):
        raw = x12_interchange(("997", ["AK1*SM*1", "AK9*A*1*1*1"]))
        for good, bad in (
            (b"", b""),
            (b"SE*4", b"SE*9"),
            (b"IEA*1*", b"IEA*9*"),
            (b"GE*1", b"GE*9"),
        ):
            self.assertEqual(self.answers("x12", raw.replace(good, bad)), [])
        for codec, other in (("json", b"[1]"), ("csv", b"a\n1")):
            self.assertEqual(self.answers(codec, other), [])

    def test_names_that_do_not_fit(self):
        raw = self.raw.replace(b"*ZZ*ABCD           *", b"*ZZ*ABCD-WITH-A-LONG-NAME*")
        [answer] = self.answers(
            "x12", raw.replace(b"*", b"|").replace(b"ST|214|0001", b"ST|214|0*1")
        )
        self.assertEqual(len(answer.body.split(b"~")[0]) + 1, 106)
        self.verdicts("x12", answer)

    @settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def test_whatever_comes_the_answers_are_sound(self, data):
        raw = data.draw(st.sampled_from([self.raw, self.raw + self.raw.replace(b"42", b"43")]))
        for _damage in range(data.draw(st.integers(0, 4))):
            at = data.draw(st.integers(0, len(raw)))
            noise = data.draw(
                st.sampled_from([b"", b"~", b"*", b"~ST*", b"~GE*9~", b"\xff", b"ISA*"])
            )
            raw = raw[:at] + noise + raw[at + data.draw(st.integers(0, 9)) :]
        try:
            answers = self.answers("x12", raw)
        except codecs.CodecError:
            return
        for answer in answers:
            decoded = codecs.x12.decode(answer.body)
            self.assertEqual([item.error for item in decoded], [None] * len(decoded))
            counted = [
                verdict.status != acknowledged.REJECTED
                for item in decoded
                for verdict in read_acknowledgement(item.tree)
                if verdict.level == "set"
            ]
            self.assertEqual(
                (counted.count(True), counted.count(False)), (answer.accepted, answer.rejected)
            )


class TestAcknowledgingEdifact(AcknowledgingCase):
    def setUp(self):
        super().setUp()
        self.raw = interchange(
            *(message("IFTSTA", body_iftsta(bol=f"B{n}"), control=str(n)) for n in (1, 2, 3))
        )

    def test_all_accepted(self):
        [answer] = self.answers("edifact", self.raw)
        self.assertEqual(
            answer.body.decode().split("'")[:-1],
            [
                "UNB+UNOC:3+OURSIDE:ZZZ+RAILCO:ZZZ+261102:1000+501", "UNH+1+CONTRL:D:3:UN",
                "UCI+77+RAILCO:ZZZ+OURSIDE:ZZZ+7", "UCM+1+IFTSTA:D:00B:UN+7",
                "UCM+2+IFTSTA:D:00B:UN+7", "UCM+3+IFTSTA:D:00B:UN+7", "UNT+6+1", "UNZ+1+501",
            ],
        )  # fmt: skip
        self.assertEqual((answer.kind, answer.code, answer.accepted), ("CONTRL", "A", 3))
        self.assertEqual((answer.sender, answer.interchange), ("RAILCO", "77"))
        self.assertEqual(self.asked, [("edifact", "OURSIDE", "RAILCO", 0)])

    def test_one_damaged_message_is_rejected_with_its_position(self):
        for good, bad, code, faults in (
            (b"UNT+22+2", b"UNT+21+2", "29", ()),
            (b"UNT+22+2", b"UNT+22+9", "28", ()),
            (b"UNT+22+2'\n", b"", "13", (Fault(22, "", "13"),)),
        ):
            [answer] = self.answers("edifact", self.raw.replace(good, bad))
            interchange_, first, second, third = self.verdicts("edifact", answer)
            self.assertEqual(interchange_, Verdict("interchange", acknowledged.ACCEPTED, "77"))
            self.assertEqual([first.status, third.status], [acknowledged.ACCEPTED] * 2)
            self.assertEqual(
                (second.status, second.kind, second.control, second.codes, second.faults),
                (acknowledged.REJECTED, "IFTSTA", "2", (code,), faults),
            )
            self.assertEqual((answer.code, answer.accepted, answer.rejected), ("P", 2, 1))

    def test_a_segment_that_is_none(self):
        [answer] = self.answers("edifact", self.raw.replace(b"CNI+1", b"cni+1", 1))
        verdict = self.verdicts("edifact", answer)[1]
        self.assertEqual((verdict.codes, verdict.faults), (("12",), (Fault(7, "", "12"),)))

    def test_content_that_cannot_be_used(self):
        [answer] = self.answers("edifact", self.raw, n2={"error": "no date"})
        self.assertEqual((answer.code, answer.accepted, answer.with_errors), ("E", 3, 1))
        fault = Fault(5, "RFF", "12", 1, 2, "12")
        notes = {"error": "no such thing", "rejects": True, "fault": fault}
        [answer] = self.answers("edifact", self.raw, n2=notes)
        verdict = self.verdicts("edifact", answer)[2]
        self.assertEqual(verdict.faults, (Fault(5, "", "12", 1, 2, "12"),))
        self.assertEqual(answer.code, "P")

    def test_damaged_envelopes(self):
        for bad, code in ((b"UNZ+3+78", "28"), (b"UNZ+4+77", "29"), (b"", "13")):
            [answer] = self.answers("edifact", self.raw.replace(b"UNZ+3+77'\n", bad))
            verdict = self.verdicts("edifact", answer)[0]
            self.assertEqual((verdict.status, verdict.codes), (acknowledged.ACCEPTED, (code,)))
            self.assertEqual((answer.code, answer.accepted), ("E", 3))
        [answer] = self.answers(
            "edifact", self.raw.replace(b"UNT+22", b"UNT+9").replace(b"UNZ+3", b"UNZ+4")
        )
        self.assertEqual(self.verdicts("edifact", answer)[0].status, acknowledged.REJECTED)

    def test_test_indicator_and_syntax_are_kept(self):
        head = b"UNB+UNOC:3+RAILCO:ZZZ+OURSIDE:ZZZ+261102:0930+77"
        raw = self.raw.replace(head, head.replace(b"UNOC:3", b"UNOW:4") + b"++++++1")
        [answer] = self.answers("edifact", raw)
        self.assertIn(b"UNB+UNOW:4+OURSIDE:ZZZ+RAILCO:ZZZ+20261102:1000+501++++++1'", answer.body)
        self.assertIn(b"UNH+1+CONTRL:4:1:UN'", answer.body)

    def test_several_interchanges_and_acknowledgements(self):
        answers = self.answers("edifact", self.raw + self.raw.replace(b"+77", b"+78"))
        self.assertEqual([answer.interchange for answer in answers], ["77", "78"])
        report = interchange(message("CONTRL", ["UCI+77+A+B+4"], version="D:3:UN"))
        self.assertEqual(self.answers("edifact", report), [])
        self.assertEqual(self.answers("edifact", report.replace(b"UNZ+1", b"UNZ+2")), [])

    def test_control_characters_in_names(self):
        raw = self.raw.replace(b"UNH+2", b"UNH+a\x07?'very long reference")
        [answer] = self.answers("edifact", raw)
        self.assertEqual(self.verdicts("edifact", answer)[2].control, "a 'very long r")

    def test_pydifact_reads_it(self):
        from pydifact.parser import Parser

        [answer] = self.answers("edifact", self.raw.replace(b"UNT+22+2", b"UNT+21+2"))
        tags = [segment.tag for segment in Parser().parse(answer.body.decode())]
        self.assertEqual(tags, ["UNB", "UNH", "UCI", "UCM", "UCM", "UCM", "UNT", "UNZ"])


class TestAcknowledged(BaseCase):
    def verdicts_997(self, *segments):
        [decoded] = codecs.x12.decode(x12_interchange(("997", list(segments))))
        return read_acknowledgement(decoded.tree)

    def test_codes_and_places(self):
        group, one, two, three = self.verdicts_997(
            "AK1*SM*12", "AK2*204*0001", "AK5*A", "AK2*204*0002", "AK3*L11*5*0300*8",
            "AK4*2>1*127*7*XXX", "AK4*3**1", "AK3*S5*9**3", "AK5*R*5*4", "AK2*204*0003",
            "AK9*P*3*3*1*5*4",
        )  # fmt: skip
        self.assertEqual((group.status, group.codes), (acknowledged.PARTLY, ("5", "4")))
        self.assertEqual((group.functional, group.group), ("SM", "12"))
        self.assertEqual(one.status, acknowledged.ACCEPTED)
        self.assertEqual((two.status, two.codes), (acknowledged.REJECTED, ("5", "4")))
        self.assertEqual(
            two.faults,
            (
                Fault(5, "L11", "8", 2, 1, "7"),
                Fault(5, "L11", "8", 3, None, "1"),
                Fault(9, "S5", "3"),
            ),
        )
        self.assertEqual(three.status, acknowledged.UNKNOWN)

    def test_every_status(self):
        for code, status in (
            ("A", "accepted"), ("E", "accepted_with_errors"), ("P", "partly_accepted"),
            ("R", "rejected"), ("M", "rejected"), ("W", "rejected"), ("X", "rejected"),
            ("?", "unknown"),
        ):  # fmt: skip
            [verdict] = self.verdicts_997("AK1*SM*12", f"AK9*{code}*1*1*1")
            self.assertEqual(verdict.status, status)

    def test_groups_of_contrl(self):
        tree = {
            "set": {"id": "CONTRL"},
            "UCI": [{"UCI0101": "77", "UCI0401": "8"}],
            "UCF": [
                {
                    "UCF0101": "5", "UCF0401": "4", "UCF0501": "18",
                    "UCM": [{"UCM0101": "1", "UCM0201": "IFTMIN", "UCM0301": "4", "UCM0401": "12"}],
                }
            ],
        }  # fmt: skip
        self.assertEqual(
            read_acknowledgement(tree),
            [
                Verdict("interchange", acknowledged.RECEIVED, "77"),
                Verdict("group", acknowledged.REJECTED, "77", group="5", codes=("18",)),
                Verdict("set", acknowledged.REJECTED, "77", "", "5", "IFTMIN", "1", codes=("12",)),
            ],
        )
        envelope = edifact_writer.Envelope(sender="A", receiver="B", control="1", moment=MOMENT)
        [decoded] = codecs.edifact.decode(edifact_writer.encode([tree], envelope))
        self.assertEqual(read_acknowledgement(decoded.tree), read_acknowledgement(tree))

    def test_what_is_none_and_what_is_odd(self):
        for tree in ({}, {"set": {"id": "214"}}, {"set": {"id": "997"}}, {"set": {"id": "CONTRL"}}):
            with self.assertRaises(codecs.CodecError):
                read_acknowledgement(tree)
        huge = 5000 * "9"
        _group, verdict = self.verdicts_997(
            "AK1", "AK2", f"AK3*L11*{huge}", "AK4*x>y>z", "AK5", "AK9"
        )
        self.assertEqual(verdict.faults, (Fault(0, "L11"),))
