"""What partners do to files on the way, each case with the place of the fault."""

from odoo.tests import BaseCase

from .. import codecs, mapping
from .edifact_samples import body_iftsta, build_iftsta, interchange, message
from .test_shipped_mappings import SHIPPED
from .x12_samples import body_214, build_204, build_210, wrapped
from .x12_samples import interchange as x12_interchange

X12, EDIFACT, CSV, JSON = (codecs.get(name) for name in ("x12", "edifact", "csv", "json"))
PICKUP = ("X3", "2026-11-02", "0930", "PS")


class TestX12Corners(BaseCase):
    def setUp(self):
        super().setUp()
        self.raw = x12_interchange(
            *(("214", body_214(shipment=name, statuses=[PICKUP])) for name in "ABC")
        )

    def names(self, raw, **options):
        decoded = X12.decode(raw, **options)
        return [item.tree["B10"][0]["B1002"] if item.tree else item.position for item in decoded]

    def test_encodings_and_byte_order_marks(self):
        text = self.raw.decode().replace("PRO001", "M\xfc\u20ac")
        for encoding, given in (
            ("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("utf-16-le", "utf-16-le"),
            ("cp1252", "cp1252"),
        ):  # fmt: skip
            raw = text.encode(encoding)
            X12.check(raw, encoding=given)
            first = X12.decode(raw, encoding=given)[0]
            self.assertEqual(first.tree["B10"][0]["B1001"], "M\xfc\u20ac", encoding)

    def test_odd_terminators(self):
        text = self.raw.decode().replace("~\n", "~")
        for terminator in (
            "'",
            "\x1c",
            "\x85",
            "\u2028",
            "|",
            "!",
            "\n",
            "\r\n",
            "~\r\n",
            "~\n\n ",
            "'\n",
        ):
            with self.subTest(terminator=terminator):
                self.assertEqual(self.names(text.replace("~", terminator).encode()), list("ABC"))

    def test_wrapped_in_the_middle_of_everything(self):
        for width in (3, 5, 11, 79, 80, 81, 106, 107):
            for line_end in (b"\n", b"\r\n"):
                raw = wrapped(self.raw, width).replace(b"\n", line_end)
                self.assertEqual(self.names(raw), list("ABC"), width)
                self.assertEqual(self.names(raw + line_end + raw), 2 * list("ABC"), width)

    def test_each_interchange_has_its_own_delimiters_and_wrapping(self):
        plain = self.raw.replace(b"~\n", b"\n")
        other = self.raw.replace(b"*", b"|").replace(b"~", b"\x1c").replace(b"\n", b"")
        for files in ((plain, other), (other, plain), (wrapped(self.raw), plain, other, self.raw)):
            raw = b"\r\n".join(files)
            self.assertEqual(self.names(raw), len(files) * list("ABC"))
            X12.check(raw)

    def test_several_groups_interchanges_and_one_damaged_set(self):
        group = build_210(control=9).split(b"~\n", 1)[1].rsplit(b"IEA", 1)[0]
        head, tail = self.raw.rsplit(b"IEA*1", 1)
        raw = head + group + b"IEA*2" + tail + build_204()
        decoded = X12.decode(raw.replace(b"SE*5*0002", b"SE*7*0002"))
        self.assertEqual([item.kind for item in decoded], ["214", "214", "214", "210", "204"])
        self.assertEqual([item.error is None for item in decoded], [True, False, True, True, True])
        self.assertEqual(
            decoded[1].error,
            "ST 214 0002 at segment 8, segment 12: SE01 counts 7 segments, there are 5.",
        )
        self.assertEqual(
            [item.control["place"] for item in decoded], [(1, 1), (1, 1), (1, 1), (1, 2), (2, 1)]
        )

    def test_what_follows_an_interchange(self):
        decoded = X12.decode(self.raw + b"END OF FILE\n" + self.raw)
        self.assertEqual([item.kind for item in decoded], 3 * ["214"] + ["lost"] + 3 * ["214"])
        self.assertEqual(
            decoded[3].error, "After interchange 1 stands what is none: 'END OF FILE\\nISA*00* '."
        )
        with self.assertRaises(codecs.CodecError):
            X12.check(self.raw + b"END OF FILE\n")
        self.assertEqual(self.names(self.raw + b"\0\0\x1a \r\n"), list("ABC"))

    def test_implied_decimals_of_the_partner(self):
        definition = (SHIPPED / "x12_210.json").read_bytes()
        compiled = mapping.compile(JSON.load(definition))
        for raw_amount, decimals, amount in (
            ("124517", None, "1245.17"), ("124517", 2, "1245.17"), ("124517", 3, "124.517"),
            ("1245", 0, "1245"), ("1245.17", 2, "1245.17"), ("-4500", None, "-45.00"),
        ):  # fmt: skip
            body = [f"B3**I1*S1*PP**20261104*{raw_amount}", "LX*1", f"L1*1***{raw_amount}"]
            [decoded] = X12.decode(x12_interchange(("210", body)))
            [invoice] = mapping.translate(
                compiled, decoded.tree, implied_decimals=decimals
            ).documents
            self.assertEqual((invoice["total"], invoice["lines"][0]["amount"]), (amount, amount))

    def test_a_payment_is_read(self):
        body = [
            "BPR*C*1000.50*C*ACH*CTX*01*999*DA*1*9512012345**01*999*DA*2*20261110", "TRN*1*T77",
            "N1*PR*PAYER", "ENT*1", "RMR*IV*INV1**600.25*610.25*10", "ADX*-10*01",
            "RMR*IV*INV2**400.25",
        ]  # fmt: skip
        [decoded] = X12.decode(x12_interchange(("820", body)))
        self.assertEqual(decoded.tree["BPR"][0]["BPR16"], "20261110")
        first, second = decoded.tree["ENT"][0]["RMR"]
        self.assertEqual((first["RMR02"], first["ADX"][0]["ADX01"]), ("INV1", "-10"))
        self.assertEqual(second["RMR04"], "400.25")


class TestEdifactCorners(BaseCase):
    def test_encodings(self):
        text = build_iftsta().decode().replace("OAKLAND RAMP", "K\xf6ln")
        for encoding in ("utf-8-sig", "utf-16", "latin-1"):
            [decoded] = EDIFACT.decode(text.encode(encoding))
            places = decoded.tree["CNI"][0]["STS"][0]["TDT"][0]["LOC"]
            self.assertEqual(places[0]["LOC0204"], "K\xf6ln", encoding)

    def test_a_blank_at_the_end_of_a_segment_is_data(self):
        raw = interchange(message("IFTSTA", ["BGM+23", "FTX+AAA+++two "]))
        self.assertEqual(EDIFACT.decode(raw)[0].tree["FTX"][0]["FTX0401"], "two ")

    def test_odd_terminators(self):
        plain = [item.tree for item in EDIFACT.decode(build_iftsta())]
        for terminator in ("~", "\x1c", "|", "\n"):
            text = build_iftsta().decode().replace("?'", "\0").replace("'\n", terminator)
            una = f"UNA:+.? {terminator}"
            read = EDIFACT.decode((una + text.replace("\0", "'")).encode())
            self.assertEqual([item.tree for item in read], plain, terminator)

    def test_too_many_components_lose_nothing(self):
        raw = interchange(message("IFTSTA", ["BGM+23", "FTX+AAA+++" + 100 * "x:"]))
        [decoded] = EDIFACT.decode(raw)
        self.assertIn("more than 99 elements or components", decoded.error)
        self.assertEqual(decoded.control["segment"], 3)

    def test_one_damaged_message_among_interchanges(self):
        raw = interchange(*(message("IFTSTA", body_iftsta(), str(n)) for n in (1, 2)))
        decoded = EDIFACT.decode(raw.replace(b"UNT+22+2", b"UNT+20+2") + raw)
        self.assertEqual([item.error is None for item in decoded], [True, False, True, True])
        self.assertEqual(
            decoded[1].error,
            "IFTSTA 2 at segment 24, segment 45: UNT counts 20 segments, there are 22.",
        )
        self.assertEqual([item.control["place"] for item in decoded], [(1, 0)] * 2 + [(2, 0)] * 2)


class TestCsvCorners(BaseCase):
    def test_dialect_encoding_decimal_comma_and_columns_together(self):
        text = "\ufeffSendung Nr.;Betrag (\u20ac);Empf\xe4nger\r\nS1;1.234,50;'M\xfc;ller'\r\n"
        columns = {"sendung_nr": "shipment", "betrag": "amount", "empf\xe4nger": "signer"}
        options = {"delimiter": ";", "quote": "'", "decimal_comma": True, "columns": columns}
        for encoding in ("utf-8", "utf-16-le", "utf-8-sig"):
            raw = text.removeprefix("\ufeff" if encoding == "utf-8-sig" else "").encode(encoding)
            [decoded] = CSV.decode(raw, encoding=encoding, **options)
            self.assertEqual(
                decoded.tree["row"], {"shipment": "S1", "amount": "1234.50", "signer": "M\xfc;ller"}
            )
        raw = text.removeprefix("\ufeff").encode("cp1252")
        self.assertEqual(
            CSV.decode(raw, encoding="cp1252", **options)[0].tree["row"]["shipment"], "S1"
        )

    def test_utf_16_by_its_mark(self):
        raw = "shipment\tcity\nS1\tK\xf6ln\n".encode("utf-16")
        self.assertEqual(CSV.decode(raw)[0].tree["row"], {"shipment": "S1", "city": "K\xf6ln"})

    def test_line_ends(self):
        for line_end in ("\n", "\r\n", "\r", "\n\n"):
            rows = CSV.decode(f"a,b{line_end}1,2{line_end}3,4".encode())
            self.assertEqual([item.tree["row"]["b"] for item in rows], ["2", "4"])
        [row] = CSV.decode(b'a,b\r\n"one\r\ntwo",2\r\n')
        self.assertEqual(row.tree["row"]["a"], "one\r\ntwo")

    def test_the_line_of_a_fault(self):
        rows = CSV.decode(b'a,b\n"x\ny",2\n1,2,3\n')
        self.assertEqual([item.position for item in rows], ["line 3", "line 4"])
        self.assertEqual(rows[1].error, "line 4: 3 cells, but the header has 2.")


class TestJsonCorners(BaseCase):
    def test_arrays_at_the_root(self):
        decoded = JSON.decode(b'[{"id": 1}, "text", [2], null]')
        self.assertEqual([item.tree for item in decoded], [{"id": 1}, "text", [2], None])
        self.assertEqual([item.position for item in decoded], ["/0", "/1", "/2", "/3"])
        self.assertEqual(list(JSON.iterate(b"[]")), [])
