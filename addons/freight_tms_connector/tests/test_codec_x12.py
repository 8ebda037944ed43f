from hypothesis import example, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import codecs
from .x12_samples import body_210, body_214, build_204, build_210, build_214, interchange, wrapped

X12 = codecs.get("x12")
PICKUP = ("X3", "2026-11-02", "0930", "PS")
DELIVERY = ("D1", "2026-11-03", "1400", "ES")


def documents(raw):
    """Return the decoded transaction sets, envelope reports apart."""
    return [decoded for decoded in X12.decode(raw) if not decoded.is_envelope]


class TestX12Framing(BaseCase):
    def setUp(self):
        super().setUp()
        self.raw = build_214(statuses=[PICKUP, DELIVERY], references=[("DO", "88001")])
        self.tree = documents(self.raw)[0].tree

    def assert_same_tree(self, raw):
        X12.check(raw)
        self.assertEqual([decoded.tree for decoded in X12.decode(raw)], [self.tree])

    def test_byte_order_mark_and_padding(self):
        self.assert_same_tree(b"\xef\xbb\xbf" + self.raw + b"\r\n\x1a\0")

    def test_wrapped_through_the_isa(self):
        self.assert_same_tree(wrapped(self.raw))
        self.assert_same_tree(wrapped(self.raw).replace(b"\n", b"\r\n"))

    def test_wrapped_at_every_width(self):
        for width in range(20, 140):
            self.assert_same_tree(wrapped(self.raw, width))

    def test_delimiters_are_those_of_the_isa(self):
        for element, component, terminator in ("|^\x1c", "\x1d\x1f\x1e", "+:'", "*>!"):
            text = self.raw.decode().replace("\n", "")
            text = text.replace("*", element).replace(">", component).replace("~", terminator)
            self.assert_same_tree(text.encode())

    def test_line_breaks_as_terminators(self):
        for line_end in ("\n", "\r\n", "\r", "\n\n"):
            self.assert_same_tree(self.raw.decode().replace("~\n", line_end).encode())

    def test_latin_1(self):
        raw = interchange(("214", ["B10*P\xd61*SHP001*ABCD"])).decode().encode("latin-1")
        self.assertEqual(documents(raw)[0].tree["B10"][0]["B1001"], "P\xd61")

    def test_an_encoding_that_does_not_fit(self):
        with self.assertRaises(codecs.CodecError):
            X12.decode("ISA\xd6".encode("latin-1"), encoding="ascii")
        with self.assertRaises(codecs.CodecError):
            X12.decode(self.raw, encoding="no such encoding")

    def test_several_interchanges_with_their_own_delimiters(self):
        other = self.raw.replace(b"*", b"|").replace(b">", b"^")
        self.assertEqual(
            [d.tree["B10"] for d in X12.decode(self.raw + other)], 2 * [self.tree["B10"]]
        )

    def test_several_groups(self):
        first, second = (interchange(("214", body_214(shipment=name))) for name in ("A", "B"))
        group = second.split(b"~\n", 1)[1].rsplit(b"IEA", 1)[0]
        head, tail = first.rsplit(b"IEA", 1)
        raw = head + group + b"IEA" + tail.replace(b"*1*", b"*2*", 1)
        decoded = X12.decode(raw)
        self.assertEqual([d.tree["B10"][0]["B1002"] for d in decoded], ["A", "B"])

    def test_segments_as_they_stand(self):
        segments = list(X12.segments(wrapped(self.raw)))
        self.assertEqual([segment[0] for segment in segments[:4]], ["ISA", "GS", "ST", "B10"])
        self.assertEqual(len(segments[0]), 17)
        self.assertEqual(segments[-1], ["IEA", "1", "000000001"])
        self.assertEqual(len(segments), self.raw.count(b"~"))

    def test_large_interchange(self):
        sets = [("214", body_214(shipment=f"S{n}", statuses=20 * [PICKUP])) for n in range(4000)]
        raw = interchange(*sets)
        self.assertGreater(len(raw), 2 << 20)
        seen = [decoded.tree["B10"][0]["B1002"] for decoded in X12.iterate(raw)]
        self.assertEqual(seen, [f"S{n}" for n in range(4000)])


class TestX12Trees(BaseCase):
    def test_envelope_and_control(self):
        decoded = documents(build_214(shipment="SHP7", control=12))[0]
        self.assertEqual(decoded.kind, "214")
        self.assertIsNone(decoded.error)
        self.assertEqual(decoded.tree["interchange"]["sender"], "ABCD")
        self.assertEqual(decoded.tree["interchange"]["usage"], "P")
        self.assertEqual(decoded.tree["group"]["control"], "12")
        self.assertEqual(decoded.tree["set"], {"id": "214", "control": "0001"})
        self.assertEqual(decoded.control["interchange"], "000000012")
        self.assertEqual(decoded.control["set"], "0001")

    def test_status_loops(self):
        body = [
            "B10*PRO1*SHP1*ABCD", "LX*1", "AT7*X3*NS***20261102*0930*LT", "MS1*DAYTON*OH*US",
            "AT7*D1*NS***20261103*1400*LT", "L11*7*QN", "LX*2", "L11*8*QN",
        ]  # fmt: skip
        tree = documents(interchange(("214", body)))[0].tree
        first, second = tree["LX"]
        self.assertEqual([item["AT701"] for item in first["AT7"]], ["X3", "D1"])
        self.assertEqual(first["AT7"][0]["MS1"][0]["MS101"], "DAYTON")
        self.assertNotIn("MS1", first["AT7"][1])
        self.assertEqual(first["L11"], [{"L1101": "7", "L1102": "QN"}])
        self.assertEqual(second["L11"][0]["L1101"], "8")

    def test_tender_loops(self):
        tree = documents(build_204())[0].tree
        self.assertEqual([stop["S502"] for stop in tree["S5"]], ["LD", "UL"])
        self.assertEqual(tree["S5"][1]["N1"][0]["N4"][0]["N401"], "ERIE")
        self.assertEqual(tree["N1"][0]["N101"], "SH")
        self.assertEqual(tree["L3"][0]["L301"], "42000")

    def test_invoice_loops(self):
        tree = documents(build_210())[0].tree
        self.assertEqual([loop["L1"][0]["L104"] for loop in tree["LX"]], ["120000", "9600"])
        self.assertEqual(tree["L3"][0]["L305"], "129600")

    def test_components_only_where_the_standard_has_them(self):
        body = ["AK1*QM*1", "AK2*214*0001", "AK3*AT7*5", "AK4*1>2*1650*7", "AK5*R*5", "AK9*R*1*1*0"]
        tree = documents(interchange(("997", body)))[0].tree
        self.assertEqual(tree["AK2"][0]["AK3"][0]["AK4"][0]["AK401"], ["1", "2"])
        body = ["B3**I*S", "LX*1", "L5*1*A > B"]
        tree = documents(interchange(("210", body)))[0].tree
        self.assertEqual(tree["LX"][0]["L5"][0]["L502"], "A > B")

    def test_unknown_segments_and_sets_are_kept(self):
        tree = documents(interchange(("214", ["B10*P*S*ABCD", "LX*1", "ZZ9*X"])))[0].tree
        self.assertEqual(tree["LX"][0]["ZZ9"], [{"ZZ901": "X"}])
        tree = documents(interchange(("322", ["ZC1**X", "Q5*A"])))[0].tree
        self.assertEqual(tree["Q5"], [{"Q501": "A"}])

    def test_payment_and_response(self):
        body = ["BPR*I*100*C*ACH", "ENT*1", "RMR*IV*INV1**100", "DTM*003*20261101"]
        tree = documents(interchange(("820", body)))[0].tree
        self.assertEqual(tree["ENT"][0]["RMR"][0]["DTM"][0]["DTM01"], "003")
        tree = documents(interchange(("990", ["B1*ABCD*SHP1*20261101*A", "N9*CN*1"])))[0].tree
        self.assertEqual(tree["B1"][0]["B104"], "A")


class TestX12Damage(BaseCase):
    def setUp(self):
        super().setUp()
        bodies = [body_214(shipment=name, statuses=[PICKUP]) for name in "ABC"]
        self.raw = interchange(*(("214", body) for body in bodies))

    def assert_only_the_second_is_rejected(self, raw, syntax):
        X12.check(raw)
        first, second, third = documents(raw)
        self.assertEqual(first.tree["B10"][0]["B1002"], "A")
        self.assertEqual(third.tree["B10"][0]["B1002"], "C")
        self.assertIsNone(second.tree)
        self.assertEqual(second.control["syntax"], syntax)
        self.assertRegex(second.error, r"^ST 214 0002 at segment \d+, segment \d+: .+\.$")
        return second

    def test_wrong_count(self):
        raw = self.raw.replace(b"SE*5*0002", b"SE*6*0002")
        self.assertIn("counts 6", self.assert_only_the_second_is_rejected(raw, "4").error)

    def test_wrong_control_number(self):
        raw = self.raw.replace(b"SE*5*0002", b"SE*5*0009")
        self.assert_only_the_second_is_rejected(raw, "3")

    def test_missing_trailer(self):
        raw = self.raw.replace(b"SE*5*0002~\n", b"")
        self.assert_only_the_second_is_rejected(raw, "2")

    def test_no_segment(self):
        raw = self.raw.replace(b"B10*PRO001*B*", b"b10*PRO001*B*")
        decoded = self.assert_only_the_second_is_rejected(raw, "5")
        self.assertEqual(decoded.control["segment"], 2)
        self.assertIn("segment 9", decoded.error)

    def test_required_segment(self):
        raw = self.raw.replace(b"B10*PRO001*B*", b"K1*PRO001*B*")
        self.assertIn("B10", self.assert_only_the_second_is_rejected(raw, "5").error)

    def test_too_many_elements(self):
        raw = self.raw.replace(b"*B*ABCD", b"*B*ABCD" + 100 * b"*")
        self.assert_only_the_second_is_rejected(raw, "5")

    def assert_remark(self, good, bad, kind):
        """Check that all three sets are read and that there is one remark beside them."""
        raw = self.raw.replace(good, bad)
        X12.check(raw)
        decoded = X12.decode(raw)
        self.assertEqual(sum(item.tree is not None for item in decoded), 3, bad)
        [remark] = [item for item in decoded if item.tree is None]
        self.assertEqual(remark.kind, kind, bad)
        self.assertRegex(remark.error, r"^segment \d+: ")
        return remark

    def test_wrong_envelope_numbers_take_nothing_away(self):
        remark = self.assert_remark(b"IEA*1*000000001", b"IEA*1*000000002", "interchange")
        self.assertTrue(remark.is_envelope)
        self.assert_remark(b"GE*3*1", b"GE*3*7", "group")
        self.assert_remark(b"GE*3*1~\n", b"", "group")

    def test_what_is_lost_is_no_mere_remark(self):
        remark = self.assert_remark(b"GE*3*1", b"GE*4*1", "lost")
        self.assertFalse(remark.is_envelope)
        self.assert_remark(b"IEA*1*", b"IEA*2*", "lost")
        strays = self.assert_remark(b"SE*5*0003~\n", b"SE*5*0003~\nAT7*X3~\nAT7*X4~\n", "lost")
        self.assertEqual(strays.position, "segment 18")

    def test_truncated_interchange(self):
        end = self.raw.index(b"IEA") + len(b"IEA*")
        for length in range(len(self.raw)):
            cut = self.raw[:length]
            if length < end:
                with self.assertRaises(codecs.CodecError):
                    X12.check(cut)
            else:
                X12.check(cut)

    def test_truncated_interchange_keeps_its_whole_sets(self):
        cut = self.raw[: self.raw.index(b"SE*5*0003")]
        decoded = documents(cut)
        self.assertEqual([d.error is None for d in decoded], [True, True, False, False])
        self.assertIn("IEA is missing", decoded[-1].error)

    def test_lost_trailer_before_the_next_interchange(self):
        cut = self.raw[: self.raw.index(b"GE*3")]
        decoded = X12.decode(cut + self.raw)
        self.assertEqual(sum(d.tree is not None for d in decoded), 6)
        self.assertTrue(any(d.is_envelope for d in decoded))

    def test_position_of_what_cannot_be_read(self):
        for raw in (b"", b"   ", b"hello", b"ISA*00*", b"{}", b"ISA" + 200 * b"A"):
            with self.assertRaises(codecs.CodecError):
                X12.decode(raw)
            with self.assertRaises(codecs.CodecError):
                X12.check(raw)


class TestX12Fuzz(BaseCase):
    GOOD = interchange(("214", body_214(statuses=[PICKUP])), ("210", body_210()))

    def read(self, raw):
        """Decode and check: either works, or both say why in a CodecError."""
        try:
            decoded = X12.decode(raw)
        except codecs.CodecError as error:
            self.assertTrue(error.message)
            with self.assertRaises(codecs.CodecError):
                X12.check(raw)
            return
        for document in decoded:
            self.assertNotEqual(document.tree is None, document.error is None)

    @settings(deadline=None, max_examples=200)
    @given(st.binary(max_size=400))
    @example(b"ISA\n\n\n")
    def test_random_bytes(self, noise):
        self.read(noise)
        self.read(b"ISA" + noise)
        self.read(self.GOOD + noise)

    @settings(deadline=None, max_examples=200)
    @given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.binary(max_size=20))
    def test_spliced(self, start, end, noise):
        self.read(self.GOOD[:start] + noise + self.GOOD[end:])

    @settings(deadline=None, max_examples=100)
    @given(st.lists(st.sampled_from(GOOD.split(b"\n")), max_size=40))
    def test_segments_in_any_order(self, segments):
        self.read(b"\n".join(segments))
        self.read(b"\n".join([self.GOOD.split(b"\n")[0], *segments]))

    def test_repeated_bytes(self):
        head = self.GOOD.split(b"\n")[0]
        for piece in (b"~", b"*", b"\n", b" ", b"ISA*", b"~ISA*", b"IEA*", b"~ ", b"\n "):
            self.read(head + 100_000 * piece)
            self.read(100_000 * piece)
        self.read(2_000 * head)
        newline_head = head.replace(b"~", b"\n")
        for piece in (b"\n", b" \n", b"\r", b"\nIE"):
            self.read(newline_head + b"GS*" + 100_000 * piece)
