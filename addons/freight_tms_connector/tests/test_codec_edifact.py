from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import codecs
from .edifact_samples import body_iftsta, build_iftsta, interchange, message

EDIFACT = codecs.get("edifact")


def documents(raw):
    """Return the decoded messages, envelope reports apart."""
    return [decoded for decoded in EDIFACT.decode(raw) if not decoded.is_envelope]


class TestEdifactTrees(BaseCase):
    def test_status_report(self):
        decoded = documents(build_iftsta())[0]
        self.assertEqual((decoded.kind, decoded.error), ("IFTSTA", None))
        tree = decoded.tree
        self.assertEqual(tree["interchange"]["sender"], "RAILCO")
        self.assertEqual(tree["set"], {"id": "IFTSTA", "control": "1", "version": "D:00B"})
        self.assertEqual([item["RFF0101"] for item in tree["RFF"]], ["BM", "4F"])
        status = tree["CNI"][0]["STS"][0]
        self.assertEqual(status["STS0201"], "P")
        self.assertEqual(status["STS0204"], "Left the ramp, it's moving")
        self.assertEqual([item["RFF0101"] for item in status["RFF"]], ["BM", "EQ"])
        self.assertEqual(status["LOC"][0]["LOC0201"], "USDAY")
        legs = status["TDT"][0]["LOC"]
        self.assertEqual([leg["LOC0101"] for leg in legs], ["9", "11", "7"])
        self.assertEqual([item["DTM0101"] for item in legs[1]["DTM"]], ["178", "133"])
        self.assertEqual(status["EQD"][0]["EQD0301"], "45G1")

    def test_several_statuses_and_consignments(self):
        body = [
            "BGM+23",
            "CNI+1",
            "STS+1+21",
            "DTM+334:20261102:102",
            "STS+1+24",
            "CNI+2",
            "STS+1+1",
        ]
        tree = documents(interchange(message("IFTSTA", body)))[0].tree
        self.assertEqual([len(consignment["STS"]) for consignment in tree["CNI"]], [2, 1])

    def test_invoice_summary_stands_at_the_level_of_the_message(self):
        body = [
            "BGM+380+INV1+9", "NAD+SE+ABCD", "RFF+VA:1", "LIN+1", "MOA+203:100", "UNS+S",
            "MOA+86:119", "TAX+7+VAT", "MOA+124:19",
        ]  # fmt: skip
        tree = documents(interchange(message("INVOIC", body)))[0].tree
        self.assertEqual(tree["LIN"][0]["MOA"][0]["MOA0102"], "100")
        self.assertEqual(tree["MOA"][0]["MOA0101"], "86")
        self.assertEqual(tree["TAX"][0]["MOA"][0]["MOA0102"], "19")
        self.assertEqual(tree["NAD"][0]["RFF"][0]["RFF0101"], "VA")

    def test_instruction_and_acknowledgement(self):
        body = [
            "BGM+610+B1",
            "TDT+20+V1",
            "LOC+9+USOAK",
            "NAD+CZ+A",
            "GID+1+5:PX",
            "DGS+IMD+9",
            "FTX+AAA",
        ]
        tree = documents(interchange(message("IFTMIN", body)))[0].tree
        self.assertEqual(tree["GID"][0]["DGS"][0]["FTX"][0]["FTX0101"], "AAA")
        body = ["UCI+77+RAILCO+OURSIDE+4", "UCM+1+IFTSTA+4", "UCS+3+12", "UCD+12+1"]
        tree = documents(interchange(message("CONTRL", body)))[0].tree
        self.assertEqual(tree["UCM"][0]["UCS"][0]["UCD"][0]["UCD0101"], "12")

    def test_separators_are_those_of_una(self):
        plain = documents(build_iftsta())[0].tree
        text = build_iftsta().decode().replace("?'", "\0")
        swaps = (("+", "|"), (":", "/"), ("'", "~"))
        for old, new in swaps:
            text = text.replace(old, new)
        text = "UNA/|.! ~" + text.replace("\0", "'").replace("it'", "it!'")
        self.assertEqual(documents(text.encode())[0].tree, plain)
        self.assertEqual(documents(b"UNA:+.? '" + build_iftsta())[0].tree, plain)

    def test_release_character(self):
        for sent, meant in (("a?+b", "a+b"), ("a?:b", "a:b"), ("a??", "a?"), ("a???'b", "a?'b")):
            body = ["BGM+23", f"FTX+AAA+++{sent}:next"]
            segment = documents(interchange(message("IFTSTA", body)))[0].tree["FTX"][0]
            self.assertEqual((segment["FTX0401"], segment["FTX0402"]), (meant, "next"))

    def test_wrapped_and_with_byte_order_mark(self):
        plain = build_iftsta()
        text = plain.replace(b"\n", b"")
        lines = b"\r\n".join(text[at : at + 70] for at in range(0, len(text), 70))
        self.assertEqual(documents(b"\xef\xbb\xbf" + lines)[0].tree, documents(plain)[0].tree)

    def test_several_interchanges(self):
        self.assertEqual(len(EDIFACT.decode(build_iftsta() + build_iftsta())), 2)
        self.assertEqual(len(EDIFACT.decode(build_iftsta() + b"UNA:+.? '" + build_iftsta())), 2)


class TestEdifactDamage(BaseCase):
    def setUp(self):
        super().setUp()
        self.raw = interchange(
            *(message("IFTSTA", body_iftsta(bol=f"B{n}"), control=str(n)) for n in (1, 2, 3))
        )

    def assert_only_the_second_is_rejected(self, raw, syntax):
        EDIFACT.check(raw)
        first, second, third = documents(raw)
        self.assertEqual(first.tree["RFF"][0]["RFF0102"], "B1")
        self.assertEqual(third.tree["RFF"][0]["RFF0102"], "B3")
        self.assertIsNone(second.tree)
        self.assertEqual(second.control["syntax"], syntax)
        self.assertRegex(second.error, r"^IFTSTA 2 at segment \d+, segment \d+: .+\.$")

    def test_wrong_count(self):
        self.assert_only_the_second_is_rejected(self.raw.replace(b"UNT+22+2", b"UNT+21+2"), "29")

    def test_wrong_reference(self):
        self.assert_only_the_second_is_rejected(self.raw.replace(b"UNT+22+2", b"UNT+22+9"), "28")

    def test_missing_trailer(self):
        self.assert_only_the_second_is_rejected(self.raw.replace(b"UNT+22+2'\n", b""), "13")

    def test_no_segment(self):
        start = self.raw.index(b"UNH+2")
        raw = self.raw[:start] + self.raw[start:].replace(b"CNI+1", b"cni+1", 1)
        self.assert_only_the_second_is_rejected(raw, "12")

    def test_envelope_damage_rejects_no_message(self):
        for bad, kind in ((b"UNZ+3+78", "interchange"), (b"UNZ+4+77", "lost")):
            *sound, remark = EDIFACT.decode(self.raw.replace(b"UNZ+3+77", bad))
            self.assertEqual([d.error for d in sound], [None, None, None])
            self.assertEqual(remark.kind, kind)

    def test_truncated(self):
        end = self.raw.index(b"UNZ") + len(b"UNZ+")
        for length in range(end):
            with self.assertRaises(codecs.CodecError):
                EDIFACT.check(self.raw[:length])
        cut = self.raw[: self.raw.index(b"UNT+22+3")]
        self.assertEqual([d.error is None for d in documents(cut)], [True, True, False, False])

    def test_what_cannot_be_read(self):
        for raw in (b"", b"UNA", b"UNA:+.? '", b"UNA:::::::UNB+", b"hello", b"ISA*00", b"UNBX"):
            with self.assertRaises(codecs.CodecError):
                EDIFACT.decode(raw)


class TestEdifactFuzz(BaseCase):
    GOOD = build_iftsta()

    def read(self, raw):
        try:
            decoded = EDIFACT.decode(raw)
        except codecs.CodecError as error:
            self.assertTrue(error.message)
            return
        for document in decoded:
            self.assertNotEqual(document.tree is None, document.error is None)

    @settings(deadline=None, max_examples=200)
    @given(st.binary(max_size=300))
    def test_random_bytes(self, noise):
        self.read(noise)
        self.read(b"UNA" + noise)
        self.read(b"UNB+" + noise)
        self.read(self.GOOD + noise)

    @settings(deadline=None, max_examples=200)
    @given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.binary(max_size=20))
    def test_spliced(self, start, end, noise):
        self.read(self.GOOD[:start] + noise + self.GOOD[end:])

    @settings(deadline=None, max_examples=100)
    @given(st.lists(st.sampled_from(GOOD.split(b"\n")), max_size=40))
    def test_segments_in_any_order(self, segments):
        self.read(b"\n".join([b"UNB+UNOC:3+A+B+261102:0930+77'", *segments]))

    def test_repeated_bytes(self):
        for piece in (b"'", b"+", b":", b"?", b"?'", b"\n", b" ", b"UNB+'", b"UNH+'", b"UNT'"):
            self.read(b"UNB+" + 20_000 * piece)
            self.read(self.GOOD[:-20] + 20_000 * piece)
