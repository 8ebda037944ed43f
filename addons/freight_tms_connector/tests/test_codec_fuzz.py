"""Damaged, spliced and hostile bytes: every codec answers with documents or a CodecError."""

import json
from decimal import Decimal
from itertools import islice

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import codecs
from ..codecs.outline import outline
from .edifact_samples import build_iftsta, interchange, message
from .test_samples_pure import SAMPLES
from .x12_samples import body_210, body_214, build_204, build_210
from .x12_samples import interchange as x12_interchange

PICKUP = ("X3", "2026-11-02", "0930", "PS")

VALID = {
    "x12": [
        x12_interchange(("214", body_214(statuses=[PICKUP])), ("210", body_210())),
        build_204(),
        build_210(currency="USD").replace(b"~\n", b"\r\n"),
        x12_interchange(("997", ["AK1*SM*1", "AK2*204*1", "AK5*R*5", "AK9*R*1*1*0"])),
    ],
    "edifact": [
        build_iftsta(),
        b"UNA:+.? '" + interchange(message("CONTRL", ["UCI+77+A+B+4"], version="D:3:UN")),
    ],
    "csv": [
        b'shipment;status;amount\r\nS1;"a;b";1.234,50\r\nS2;x;\r\n',
        "Sendung,Empf\xe4nger\nS1,M\xfcller\n".encode("cp1252"),
        "a,b\n1,2\n".encode("utf-16"),
    ],
    "json": [
        b'[{"a": 1, "b": [1.5, null, true]}, {"a": "\\u00e4\\ud83d\\ude9a"}]',
        b'\xef\xbb\xbf{"events": [{"code": "X3", "at": "2026-11-02T09:30:00Z"}]}',
    ],
}
if SAMPLES.is_dir():
    for path in sorted(SAMPLES.iterdir()):
        codec_name = {"x12": "x12", "edifact": "edifact", "ups": "json"}.get(
            path.name.split("_")[0]
        )
        if codec_name:
            VALID[codec_name].append(path.read_bytes())

OPTIONS = {
    "x12": [{}, {"encoding": "cp1252"}, {"encoding": "utf-16"}],
    "edifact": [{}, {"encoding": "ascii"}],
    "csv": [{}, {"decimal_comma": True, "encoding": "utf-16"}, {"quote": "'", "delimiter": ";"}],
    "json": [{}],
}
ODD = [
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", "\ue000".encode(), b"\x1a"
]  # fmt: skip
PIECES = [
    b"ISA*", b"~", b"*", b"~ST*", b"~SE*9*", b"~IEA*", b"UNA:+.? '", b"UNB+", b"'", b"?", b"+",
    b"UNH+", b"UNT+", b"UNZ+", b'"', b",", b"\n", b"\r", b"[", b"{", b"}", b"]", b"\\u",
]  # fmt: skip
fuzzing = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def damaged(draw, codec):
    """Draw bytes that were a valid message once."""
    raw = draw(st.sampled_from(VALID[codec]))
    for _damage in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = draw(st.integers(start, len(raw)))
        raw = draw(
            st.sampled_from(
                [
                    raw[:start],  # truncated
                    raw[:end] + raw[start:],  # repeated
                    raw[:start] + raw[end:],  # cut out
                    raw[:start] + draw(st.sampled_from(VALID[codec]))[end:],  # spliced
                    raw[:start] + draw(st.sampled_from(ODD + PIECES)) + raw[start:],
                    raw[:start]
                    + bytes(byte ^ (1 << (end % 8)) for byte in raw[start:][:1])
                    + raw[start + 1 :],
                    raw[:start] + draw(st.binary(max_size=8)) + raw[end:],
                ]
            )
        )
    return raw


class FuzzCase(BaseCase):
    def read(self, codec, raw, **options):
        """Read `raw` twice: the outcome is the same, and nothing but a CodecError is raised."""
        outcome = self.outcome(codec, raw, options)
        self.assertEqual(self.outcome(codec, raw, options), outcome)
        return outcome

    def outcome(self, codec, raw, options):
        module = codecs.get(codec)
        # Whatever the bytes say, there cannot be more documents than bytes.
        most = len(raw) + 10
        try:
            module.check(raw, **options)
            checked = None
        except codecs.CodecError as error:
            checked = str(error)
        try:
            decoded = list(islice(module.iterate(raw, **options), most + 1))
        except codecs.CodecError as error:
            self.assertTrue(error.message)
            self.assertTrue(checked, "what cannot be read is refused at the door")
            return str(error)
        self.assertLessEqual(len(decoded), most)
        for item in decoded:
            self.assertTrue(item.error is None or item.error and item.tree is None)
            if item.error is None:
                self.store(item.tree)
        return [(item.kind, repr(item.tree), item.error, item.control) for item in decoded], checked

    def store(self, tree):
        """Check that PostgreSQL could take it."""
        text = json.dumps(tree, default=str, ensure_ascii=False)
        self.assertNotIn("\\u0000", text.replace("\\\\", ""))
        text.encode()


class TestFuzz(FuzzCase):
    @fuzzing
    @given(damaged("x12"), st.sampled_from(OPTIONS["x12"]))
    def test_x12(self, raw, options):
        self.read("x12", raw, **options)
        self.show("x12", raw)

    @fuzzing
    @given(damaged("edifact"), st.sampled_from(OPTIONS["edifact"]))
    def test_edifact(self, raw, options):
        self.read("edifact", raw, **options)
        self.show("edifact", raw)

    @fuzzing
    @given(damaged("csv"), st.sampled_from(OPTIONS["csv"]))
    def test_csv(self, raw, options):
        self.read("csv", raw, **options)

    @fuzzing
    @given(damaged("json"))
    def test_json(self, raw):
        self.read("json", raw)

    @fuzzing
    @given(st.binary(max_size=300), st.sampled_from(sorted(VALID)))
    def test_random_bytes(self, noise, codec):
        for raw in (noise, *(good + noise for good in VALID[codec][:2])):
            self.read(codec, raw)

    @fuzzing
    @given(st.lists(st.sampled_from(PIECES + ODD), max_size=40), st.sampled_from(sorted(VALID)))
    def test_pieces_in_any_order(self, pieces, codec):
        self.read(codec, b"".join(pieces))
        head = {"x12": VALID["x12"][0][:107], "edifact": b"UNB+UNOC:3+A+B+261102:0930+77'"}
        self.read(codec, head.get(codec, b"") + b"".join(pieces))

    def show(self, codec, raw):
        try:
            rows = outline(codec, raw, limit=20)
        except codecs.CodecError as error:
            self.assertTrue(error.message)
        else:
            self.assertLessEqual(len(rows), 22)
            json.dumps(rows, ensure_ascii=False).encode()


class TestHostile(FuzzCase):
    """Inputs that are made to cost memory or time; each is read at once or refused."""

    def refused(self, codec, raw, **options):
        outcome = self.outcome(codec, raw, options)
        self.assertIsInstance(outcome, str, raw[:40])
        return outcome

    def test_separators_only(self):
        isa = VALID["x12"][0][:106]
        for mark in (b"~", b"*", b">", b"\n", b" "):
            self.read("x12", isa + 200_000 * mark)
            self.refused("x12", 200_000 * mark)
        for mark in (b"'", b"+", b":", b"?", b"\n", b" "):
            self.read("edifact", b"UNB+UNOC:3+A+B'" + 200_000 * mark)
            self.refused("edifact", 200_000 * mark)
        for mark in (b",", b";", b'"', b"\n", b"\r", b"a\n"):
            self.outcome("csv", b"a,b\n" + 200_000 * mark, {})

    def test_headers_only(self):
        isa = VALID["x12"][0][:106]
        self.assertEqual(len(self.outcome("x12", 3000 * isa, {})[0]), 3000)
        self.outcome("x12", 3000 * (isa + b"IEA*0*1~"), {})
        self.outcome("x12", isa + 20_000 * b"GS*QM~", {})
        self.outcome("x12", isa + 20_000 * b"ST*214*1~", {})
        self.outcome("x12", isa + b"IEA*0*1~" + 20_000 * b"ISA*", {})
        for piece in (b"UNB+'", b"UNH+1'", b"UNT'", b"UNZ'", b"UNA:+.? '", b"UNA"):
            self.outcome("edifact", b"UNB+UNOC:3+A+B'" + 20_000 * piece, {})

    def test_una_with_odd_characters(self):
        rest = build_iftsta()
        for una in (b"AAAAAA", b"::::::", b"      ", b"123456", b":+.?\n'", b"\0+.? '", b":+.? \n"):
            self.outcome("edifact", b"UNA" + una + rest, {})
        for length in range(12):
            self.outcome("edifact", b"UNA:+.? 'UNB"[:length], {})

    def test_giant_numbers(self):
        huge = 50_000 * b"9"
        for good, bad in ((b"SE*4", b"SE*"), (b"GE*2", b"GE*"), (b"IEA*1", b"IEA*")):
            raw = VALID["x12"][0].replace(good, bad + huge)
            self.read("x12", raw)
        for good, bad in ((b"UNT+22", b"UNT+"), (b"UNZ+1", b"UNZ+")):
            [*_documents, (_kind, _tree, error, _control)] = self.read(
                "edifact", build_iftsta().replace(good, bad + huge)
            )[0]
            self.assertIn("counts", error)
        for digits in (b"\xc2\xb2", b"\xd9\xa3", b"-1", b"1.0", b"0x1"):
            self.read("edifact", build_iftsta().replace(b"UNT+22", b"UNT+" + digits))
            self.read("x12", VALID["x12"][0].replace(b"SE*4", b"SE*" + digits))

    def test_json_bombs(self):
        for raw in (
            200_000 * b"[",
            200_000 * b'{"a":',
            100_000 * b"[" + 100_000 * b"]",
            b'{"a": ' + b"1" + 100_000 * b"0" + b"}",
            b'{"a": -' + 100_000 * b"9" + b"}",
            b"[" + b"9" * 4301 + b"]",
            b'{"a": 1e99999999999999999999}',
            b'"\\ud800"',
            b'{"\\udc00": 1}',
            b'{"a": "\\u0000"}',
            b'{"\\u0000": 1}',
            b"[1",
            "[1]".encode("utf-16"),
            b"[1]\0",
            b"\xef\xbb\xbf\xef\xbb\xbf[1]",
        ):
            self.refused("json", raw)

    def test_json_that_is_odd_but_sound(self):
        [(_kind, tree, _error, _control)] = self.read("json", b'{"a": 1, "a": {"b": 2}}')[0]
        self.assertEqual(tree, "{'a': {'b': 2}}")
        [item] = codecs.json_codec.decode(b'{"a": 1e999999999}')
        self.assertEqual(item.tree, {"a": Decimal("1E+999999999")})
        self.assertEqual(codecs.json_codec.decode(b"[]"), [])
        self.assertEqual(
            [item.tree for item in codecs.json_codec.decode(b"[[1], 2, null]")], [[1], 2, None]
        )
        self.read("json", b"[" + 50_000 * b"[]," + b"1]")

    def test_byte_order_marks(self):
        for encoding in ("utf-8-sig", "utf-16"):
            for codec, raw in (("x12", VALID["x12"][0]), ("edifact", build_iftsta())):
                read = codecs.get(codec).decode(raw.decode().encode(encoding))
                self.assertEqual(read, codecs.get(codec).decode(raw))
        self.refused("x12", b"\xff\xfe")
        self.refused("csv", b"\xff\xfea")
        self.refused("edifact", b"\xef\xbb\xbf")

    def test_useless_encodings(self):
        for encoding in ("zlib", "rot13", "hex", "no such", "", "utf-16"):
            if encoding:
                self.refused("csv", b"a,b\n1,2,", encoding=encoding)
