"""Large messages: memory stays bounded, whatever they are made of."""

import tracemalloc
from unittest.mock import patch

from odoo.tests import BaseCase

from .. import codecs
from ..codecs import base, edifact, x12
from ..codecs.acknowledging import Acknowledger
from ..codecs.edifact_framing import Framing
from .edifact_samples import build_iftsta
from .x12_samples import body_214, interchange

SIZE = 2_000_000
PICKUP = ("X3", "2026-11-02", "0930", "PS")
GOOD = interchange(("214", body_214(statuses=20 * [PICKUP])))
HEAD, SET = GOOD[: GOOD.index(b"ST*")], GOOD[GOOD.index(b"ST*") : GOOD.index(b"GE*")]
TAIL = b"GE*1*1~IEA*1*000000001~"
REPORT = build_iftsta()
UNB, UNH = REPORT[: REPORT.index(b"UNH")], REPORT[REPORT.index(b"UNH") : REPORT.index(b"UNZ")]
UNZ = b"UNZ+1+77'"


def filled(head, unit, tail=b""):
    """Return `unit` as often as it fits into `SIZE`, between `head` and `tail`."""
    return head + unit * ((SIZE - len(head) - len(tail)) // len(unit)) + tail


class TestMemory(BaseCase):
    def peak(self, work):
        """Return how many bytes `work` needed at most, and what it returned."""
        tracemalloc.start()
        try:
            result = work()
            return tracemalloc.get_traced_memory()[1], result
        finally:
            tracemalloc.stop()

    def read(self, codec, raw, times=1, **options):
        """Read `raw` item by item with less memory than `times` its size.

        Return {(kind, error): how often}.
        """
        seen = {}

        def work():
            for decoded in codecs.get(codec).iterate(raw, **options):
                key = (decoded.kind, (decoded.error or "").partition(": ")[2])
                seen[key] = seen.get(key, 0) + 1

        peak, _nothing = self.peak(work)
        self.assertLess(peak, times * len(raw), seen)
        return seen

    def check(self, codec, raw, times=1):
        def work():
            try:
                codecs.get(codec).check(raw)
            except codecs.CodecError as error:
                return error.message
            return None

        peak, message = self.peak(work)
        self.assertLess(peak, times * len(raw))
        return message

    def test_many_sets(self):
        for unit in (
            SET,
            SET.replace(b"PRO001", "PR\u4e16".encode()),
            SET.replace(b"PRO", b"P\xd6"),
        ):
            raw = filled(HEAD, unit, TAIL)
            self.assertEqual(self.read("x12", raw)["214", ""], raw.count(b"ST*214"))
            self.assertIsNone(self.check("x12", raw))

    def test_many_messages(self):
        raw = filled(UNB, UNH, UNZ)
        self.assertEqual(self.read("edifact", raw)["IFTSTA", ""], raw.count(b"UNH"))
        self.assertIsNone(self.check("edifact", raw))

    def test_many_interchanges(self):
        self.assertEqual(self.read("x12", filled(b"", GOOD))["214", ""], SIZE // len(GOOD))
        raw = filled(b"", b"UNA:+.? '" + REPORT)
        self.assertEqual(self.read("edifact", raw)["IFTSTA", ""], raw.count(b"UNA"))

    def test_many_rows(self):
        raw = filled(b"shipment,note\n", b'SHP1,"with, comma"\r\n')
        self.assertEqual(self.read("csv", raw)["csv", ""], raw.count(b"SHP1"))
        self.assertIsNone(self.check("csv", raw))
        wide = filled(b"shipment,note\n", b"SHP1,x\n").decode().encode("utf-16")
        self.assertEqual(self.read("csv", wide, encoding="utf-16")["csv", ""], SIZE // 7 - 2)

    def test_one_set_without_end_of_segments(self):
        segments = filled(HEAD + b"ST*214*0001~B10*P*S*ABCD~", b"AT7*X3*NS~", b"SE*9*0001~" + TAIL)
        with patch.object(x12, "MAX_SEGMENTS", 1000):
            seen = self.read("x12", segments)
        self.assertEqual([kind for kind, _error in seen], ["214"])
        count = segments.count(b"AT7") + 3
        raw = segments.replace(b"SE*9", f"SE*{count}".encode())
        with patch.object(x12, "MAX_SEGMENTS", 1000):
            [(_kind, error)] = self.read("x12", raw)
        self.assertIn("more than 1000 segments", error)
        with patch.object(x12, "MAX_CHARACTERS", 1000):
            [(_kind, error)] = self.read("x12", raw)
        self.assertIn("1000 characters", error)

    def test_one_message_without_end_of_segments(self):
        raw = filled(UNB + b"UNH+1+IFTSTA:D:00B:UN'BGM+1'", b"STS+1+21'")
        raw += f"UNT+{raw.count(b'STS') + 3}+1'".encode() + UNZ
        for limit in ("MAX_SEGMENTS", "MAX_CHARACTERS"):
            with patch.object(edifact, limit, 1000):
                [(_kind, error)] = self.read("edifact", raw)
            self.assertIn("more than ", error)

    def test_a_segment_without_end(self):
        for codec, raw in (
            ("x12", filled(HEAD + b"ST*214*0001~B10*", b"A")),
            ("x12", filled(HEAD + b"ST*214*0001~B10*", b"\n")),
            ("edifact", filled(UNB + b"UNH+1+IFTSTA:D:00B:UN'BGM+1", b"A")),
            ("edifact", filled(UNB + b"UNH+1+IFTSTA:D:00B:UN'BGM+1", b"?")),
        ):
            seen = self.read(codec, raw, times=5)
            self.assertIn(("lost", "A segment is longer than 64000 characters."), seen)
            self.assertIn("segment is longer", self.check(codec, raw, times=5))

    def test_the_sets_before_a_segment_without_end_are_kept(self):
        seen = self.read("x12", filled(HEAD + SET + b"ST*214*0002~B10*", b"A"))
        self.assertEqual(seen["214", ""], 1)
        seen = self.read("edifact", filled(UNB + UNH + b"UNH+2+IFTSTA:D:00B:UN'BGM+", b"A"))
        self.assertEqual(seen["IFTSTA", ""], 1)

    def test_csv_without_line_ends(self):
        for unit in (b'"', b"a,", b"x"):
            self.assertIn(
                "longer than 250000 characters", self.check("csv", filled(b"a,b\n", unit))
            )

    def test_acknowledging(self):
        raw = filled(HEAD, b"ST*214*0001~B10*P*S*ABCD~SE*3*0001~", TAIL)
        acknowledger = Acknowledger()

        def work():
            for decoded in codecs.x12.iterate(raw):
                acknowledger.note(decoded)

        peak, _nothing = self.peak(work)
        self.assertLess(peak, 2 * len(raw))


class TestChunks(BaseCase):
    """The same is read wherever the chunks end."""

    def assert_same_in_chunks(self, codec, raw, sizes=(1, 2, 3, 7, 64, 400)):
        codec = codecs.get(codec)
        whole = codec.decode(raw)
        self.assertTrue(whole)
        for size in sizes:
            with patch.object(base, "CHUNK", size):
                self.assertEqual(codec.decode(raw), whole, size)
                codec.check(raw)

    def test_x12(self):
        two = GOOD + GOOD.replace(b"*", b"|").replace(b"~\n", b"\n")
        for raw in (
            GOOD,
            two,
            GOOD.replace(b"~\n", b"\r\n"),
            GOOD.replace(b"\n", b"").replace(b"AT7", b"A\r\nT7").replace(b"IEA", b"I\nEA"),
            GOOD.replace(b"PRO001", "PR\u4e16\U0001f69a".encode()),
            GOOD.replace(b"PRO001", b"PR\xd6"),
        ):
            self.assert_same_in_chunks("x12", raw)

    def test_edifact(self):
        other = REPORT.replace(b"it?'s", b"its").replace(b"+", b"|").replace(b"\n", b"")
        for raw in (
            REPORT,
            REPORT.replace(b"\n", b"\r\n").replace(b"it?'s", b"it?\r\n's??"),
            REPORT + b"UNA:|.? '" + other + REPORT,
        ):
            self.assert_same_in_chunks("edifact", raw)

    def test_csv(self):
        for raw in (
            b"a,b\r\n1,2\r\n\r\n3,4\r5,6\n",
            b'a,b\n"x\r\ny",2\n',
            "a,b\n\xe4,\u4e16".encode(),
        ):
            self.assert_same_in_chunks("csv", raw)

    def test_utf_16(self):
        for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
            raw = "\ufeff" * (encoding != "utf-16") + "a,b\n\xe4,\U0001f69a\n"
            with patch.object(base, "CHUNK", 3):
                [decoded] = codecs.csv_codec.decode(raw.encode(encoding))
            self.assertEqual(decoded.tree["row"], {"a": "\xe4", "b": "\U0001f69a"})

    def test_a_wrong_byte_far_behind_is_told_first(self):
        raw = GOOD + b"\xff"
        with patch.object(base, "CHUNK", 16), self.assertRaises(codecs.CodecError):
            next(x12.iterate(raw, encoding="utf-8"))

    def test_separators_follow_each_interchange(self):
        other = REPORT.replace(b"it?'s", b"its").replace(b"+", b"|").replace(b"+77", b"+78")
        for first, second in ((REPORT, b"UNA:|.? '\n" + other), (b"UNA:|.? '" + other, REPORT)):
            trees = [item.tree for item in edifact.decode(first + b"\n \n" + second)]
            self.assertEqual([tree["set"]["id"] for tree in trees], ["IFTSTA", "IFTSTA"])
        framing = Framing([(REPORT + b"UNA:::::: '").decode()])
        self.assertEqual(len(list(framing.segments())), REPORT.count(b"\n") + 1)
