import io
import unittest
import warnings
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import codecs
from ..codecs import csv_codec, edifact_messages, edifact_writer, json_codec, x12_sets, x12_writer
from ..codecs.edifact_framing import Separators
from ..codecs.structure import flatten
from ..codecs.x12_framing import Delimiters
from .edi_trees import bodies, edifact_elements, text, x12_elements
from .edifact_samples import body_iftsta, build_iftsta, interchange, message
from .test_samples_pure import SAMPLES
from .x12_samples import build_204, build_210, build_214

X12 = codecs.get("x12")
EDIFACT = codecs.get("edifact")
MOMENT = datetime(2026, 11, 2, 9, 30, tzinfo=timezone(timedelta(hours=1)))
STATUS = {"set": {"id": "214"}, "B10": [{"B1001": "PRO1", "B1002": "SHP1", "B1003": "ABCD"}]}
REPORT = {"set": {"id": "IFTSTA"}, "BGM": [{"BGM0101": "23", "BGM0201": "R7"}]}

thorough = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def x12(*trees, **changes):
    envelope = {
        "sender": "OURSIDE", "receiver": "ABCD", "control": 12, "group_control": 7,
        "moment": MOMENT,
    }  # fmt: skip
    return x12_writer.encode(trees, x12_writer.Envelope(**{**envelope, **changes}))


def edifact(*trees, **changes):
    envelope = {"sender": "OURSIDE", "receiver": "RAILCO", "control": "77", "moment": MOMENT}
    return edifact_writer.encode(trees, edifact_writer.Envelope(**{**envelope, **changes}))


def body(tree):
    """Return a tree without what its envelopes say."""
    return {key: value for key, value in tree.items() if key not in ("interchange", "group", "set")}


class TestX12Writer(BaseCase):
    def read_again(self, raw):
        X12.check(raw)
        decoded = X12.decode(raw)
        self.assertEqual([item.error for item in decoded], [None] * len(decoded))
        return [item.tree for item in decoded]

    def test_whole_interchange(self):
        raw = x12(STATUS, STATUS, line_end="\n", test=True)
        self.assertEqual(
            raw.decode(),
            "ISA*00*          *00*          *ZZ*OURSIDE        *ZZ*ABCD           *261102*0930*U*"
            "00401*000000012*0*T*>~\n"
            "GS*QM*OURSIDE*ABCD*20261102*0930*7*X*004010~\n"
            "ST*214*0001~\nB10*PRO1*SHP1*ABCD~\nSE*3*0001~\n"
            "ST*214*0002~\nB10*PRO1*SHP1*ABCD~\nSE*3*0002~\n"
            "GE*2*7~\nIEA*1*000000012~\n",
        )
        self.assertEqual(len(raw.split(b"\n")[0]), 106)
        [first, _second] = self.read_again(raw)
        self.assertEqual(first["interchange"]["usage"], "T")
        self.assertEqual(body(first), body(STATUS))

    def test_sets_of_several_groups(self):
        other = {"set": {"id": "210", "control": "0815"}, "B3": [{"B302": "I1"}]}
        trees = self.read_again(x12(STATUS, other, STATUS))
        self.assertEqual(
            [(tree["group"]["functional"], tree["group"]["control"]) for tree in trees],
            [("QM", "7"), ("IM", "8"), ("QM", "9")],
        )
        self.assertEqual([tree["set"]["control"] for tree in trees], ["0001", "0815", "0001"])

    def test_order_is_that_of_the_standard(self):
        tree = {
            "set": {"id": "204"},
            "L3": [{"L301": "9"}],
            "S5": [
                {
                    "S501": "1",
                    "LH1": [{"LH101": "PK"}],
                    "L5": [{"L501": "1"}],
                    "N1": [{"N101": "SF"}],
                }
            ],
            "B2": [{"B204": "S"}],
            "N1": [{"N101": "SH", "N4": [{"N401": "ERIE"}]}],
        }
        tags = [tag for tag, _elements in flatten(body(tree), x12_sets.STRUCTURES["204"])]
        # LH1 of the stop goes before L5, which would take it.
        self.assertEqual(tags, ["B2", "N1", "N4", "S5", "N1", "LH1", "L5", "L3"])
        self.assertEqual(body(self.read_again(x12(tree))[0]), body(tree))

    def test_release_5010_has_a_repetition_separator(self):
        raw = x12(STATUS, version="005010")
        self.assertIn(b"*0930*^*00501*", raw)
        with self.assertRaises(codecs.CodecError):
            x12({**STATUS, "K1": [{"K101": "a^b"}]}, version="005010")

    def test_delimiters_in_the_data_are_refused_or_replaced(self):
        for value in ("a*b", "a~b", "a>b", "a\nb", "a\0b"):
            tree = {**STATUS, "K1": [{"K101": value}]}
            with self.assertRaises(codecs.CodecError) as caught:
                x12(tree)
            self.assertEqual(caught.exception.position, "K101")
            self.assertIn("choose other delimiters", caught.exception.message)
            [read] = self.read_again(x12(tree, replacement=" "))
            self.assertEqual(read["K1"], [{"K101": "a b"}])
        marks = Delimiters("\x1c", "\x1d", "\x1f")
        tree = {**STATUS, "K1": [{"K101": "a*b~c>d"}]}
        self.assertEqual(self.read_again(x12(tree, delimiters=marks))[0]["K1"], tree["K1"])

    def test_what_cannot_be_written(self):
        segment = {"B1001": "x"}
        for tree, position in (
            ({**STATUS, "K1": [{"K101": 5}]}, "K101"),
            ({**STATUS, "K1": [{"K1000": "x"}]}, "K1000"),
            ({**STATUS, "K1": [{"K100": "x"}]}, "K100"),
            ({**STATUS, "K1": [{"L1101": "x"}]}, "L1101"),
            ({**STATUS, "K1": [{"K101": ["x", "y"]}]}, "K101"),
            ({**STATUS, "K1": [{"LX": [{}]}]}, "K1"),
            ({**STATUS, "LX": [{"B10": [segment]}]}, "B10"),
            ({**STATUS, "SE": [{}]}, ""),
            ({**STATUS, "b1": [{}]}, ""),
            ({"set": {"id": "322"}, "ZC1": [{}]}, "GS01"),
        ):
            with self.assertRaises(codecs.CodecError, msg=tree) as caught:
                x12(tree)
            self.assertEqual(caught.exception.position, position)
        for changes in (
            {"sender": 16 * "A"},
            {"sender": " "},
            {"sender_qualifier": "ZZZ"},
            {"control": 10**9},
            {"group_control": 0},
            {"replacement": "*"},
            {"encoding": "no such encoding"},
        ):
            with self.assertRaises(codecs.CodecError, msg=changes):
                x12(STATUS, **changes)
        with self.assertRaises(codecs.CodecError):
            x12({**STATUS, "K1": [{"K101": "\u4e16"}]}, encoding="latin-1")

    def test_our_fixtures(self):
        for raw in (
            build_204(references=[("PO", "P1")]),
            build_210(currency="USD", pro="P7"),
            build_214(statuses=[("X3", "2026-11-02", "0930", "PS")], references=[("DO", "8")]),
        ):
            trees = [item.tree for item in X12.decode(raw)]
            self.assertEqual([*map(body, self.read_again(x12(*trees)))], [*map(body, trees)])

    @thorough
    @given(st.data())
    def test_round_trip(self, data):
        kind = data.draw(st.sampled_from(sorted(x12_sets.STRUCTURES)))
        trees = []
        for _set in range(data.draw(st.integers(1, 2))):
            segments = data.draw(
                bodies(
                    x12_sets.STRUCTURES[kind],
                    lambda tag: x12_elements(tag, x12_sets.COMPOSITES),
                    [x12_sets.REQUIRED[kind]],
                )
            )
            trees.append({"set": {"id": kind}, **segments})
        line_end = data.draw(st.sampled_from(["", "\n", "\r\n"]))
        read = self.read_again(x12(*trees, line_end=line_end))
        self.assertEqual([*map(body, read)], [*map(body, trees)])
        again = self.read_again(x12(*read, line_end=line_end))
        self.assertEqual(again, read)

    @thorough
    @given(text("~*>^ "))
    def test_pyx12_reads_the_same(self, value):
        from pyx12.x12file import X12Reader

        tree = {**STATUS, "LX": [{"LX01": "1", "L11": [{"L1101": value, "L1102": "DO"}]}]}
        raw = x12(tree)
        segments = [segment.format() for segment in X12Reader(io.StringIO(raw.decode()))]
        self.assertEqual("".join(segments).encode(), raw.replace(b"\n", b""))


class TestEdifactWriter(BaseCase):
    def read_again(self, raw, **options):
        EDIFACT.check(raw, **options)
        decoded = EDIFACT.decode(raw, **options)
        self.assertEqual([item.error for item in decoded], [None] * len(decoded))
        return [item.tree for item in decoded]

    def test_whole_interchange(self):
        raw = edifact(REPORT, test=True, line_end="\n", sender_qualifier="ZZZ")
        self.assertEqual(
            raw.decode(),
            "UNB+UNOC:3+OURSIDE:ZZZ+RAILCO+261102:0930+77++++++1'\n"
            "UNH+1+IFTSTA:D:00B:UN'\nBGM+23+R7'\nUNT+3+1'\nUNZ+1+77'\n",
        )
        [tree] = self.read_again(raw)
        self.assertTrue(tree["interchange"]["test"])
        self.assertEqual(tree["set"], {"id": "IFTSTA", "control": "1", "version": "D:00B"})

    def test_service_characters_are_released(self):
        for value in ("it's", "a+b", "a:b", "why?", "?'", "?", "a???+", "'"):
            tree = {**REPORT, "FTX": [{"FTX0101": "AAA", "FTX0401": value, "FTX0402": "next"}]}
            for marks in (Separators(), Separators("/", "|", ",", "!", "~")):
                [read] = self.read_again(edifact(tree, separators=marks))
                self.assertEqual(read["FTX"], tree["FTX"])

    def test_other_separators_have_a_una(self):
        raw = edifact(REPORT, separators=Separators(terminator="~"))
        self.assertTrue(raw.startswith(b"UNA:+.? ~UNB+"))
        self.assertFalse(edifact(REPORT).startswith(b"UNA"))

    def test_without_a_release_character(self):
        marks = Separators("\x1f", "\x1d", ".", "", "\x1c")
        tree = {**REPORT, "FTX": [{"FTX0401": "why? it's a+b"}]}
        self.assertEqual(self.read_again(edifact(tree, separators=marks))[0]["FTX"], tree["FTX"])
        with self.assertRaises(codecs.CodecError):
            edifact({**REPORT, "FTX": [{"FTX0401": "a\x1cb"}]}, separators=marks)

    def test_repertoire(self):
        tree = {**REPORT, "FTX": [{"FTX0401": "M\xfcnchen"}]}
        self.assertIn("M\xfcnchen".encode("latin-1"), edifact(tree))
        self.assertIn("M\xfcnchen".encode(), edifact(tree, syntax="UNOW"))
        with self.assertRaises(codecs.CodecError):
            edifact(tree, syntax="UNOA")

    def test_what_cannot_be_written(self):
        for tree, position in (
            ({**REPORT, "FTX": [{"FTX0401": 5}]}, "FTX04"),
            ({**REPORT, "FTX": [{"FTX0401": "a\nb"}]}, "FTX04"),
            ({**REPORT, "FTX": [{"FTX401": "x"}]}, "FTX401"),
            ({**REPORT, "FTX": [{"DTM0101": "x"}]}, "DTM0101"),
            ({**REPORT, "CNI": [{"BGM": [{}]}]}, "BGM"),
            ({**REPORT, "UNT": [{}]}, ""),
        ):
            with self.assertRaises(codecs.CodecError, msg=tree) as caught:
                edifact(tree)
            self.assertEqual(caught.exception.position, position)
        for changes in ({"control": ""}, {"control": 15 * "1"}, {"encoding": "nothing"}):
            with self.assertRaises(codecs.CodecError, msg=changes):
                edifact(REPORT, **changes)
        with self.assertRaises(codecs.CodecError):
            edifact(REPORT, separators=Separators(component="+"))

    def test_our_fixtures(self):
        for raw in (
            build_iftsta(),
            interchange(*(message("IFTSTA", body_iftsta(bol=f"B{n}"), str(n)) for n in (1, 2))),
        ):
            trees = [item.tree for item in EDIFACT.decode(raw)]
            self.assertEqual([*map(body, self.read_again(edifact(*trees)))], [*map(body, trees)])

    def test_the_summary_of_an_invoice_comes_last(self):
        tree = {
            "set": {"id": "INVOIC", "version": "D:96A"},
            "BGM": [{"BGM0101": "380"}],
            "MOA": [{"MOA0101": "86", "MOA0102": "119"}],
            "UNS": [{"UNS0101": "S"}],
            "LIN": [{"LIN0101": "1", "MOA": [{"MOA0101": "203", "MOA0102": "100"}]}],
        }
        raw = edifact(tree)
        self.assertIn(b"LIN+1'MOA+203:100'UNS+S'MOA+86:119'UNT", raw)
        self.assertEqual(body(self.read_again(raw)[0]), body(tree))
        del tree["UNS"]
        self.assertEqual(body(self.read_again(edifact(tree))[0]), body(tree))

    def draw_tree(self, data):
        kind = data.draw(st.sampled_from(sorted(edifact_messages.STRUCTURES)))
        required = [edifact_messages.REQUIRED[kind]]
        segments = data.draw(bodies(edifact_messages.STRUCTURES[kind], edifact_elements, required))
        return {"set": {"id": kind, "version": "D:00B"}, **segments}

    @thorough
    @given(st.data())
    def test_round_trip(self, data):
        trees = [self.draw_tree(data) for _set in range(data.draw(st.integers(1, 2)))]
        marks = data.draw(st.sampled_from([Separators(), Separators("/", "|", ",", "!", "~")]))
        line_end = data.draw(st.sampled_from(["", "\n", "\r\n"]))
        read = self.read_again(
            edifact(*trees, separators=marks, line_end=line_end, encoding="utf-8")
        )
        self.assertEqual([*map(body, read)], [*map(body, trees)])
        self.assertEqual(self.read_again(edifact(*read, encoding="utf-8")), read)

    @thorough
    @given(st.data())
    def test_pydifact_reads_the_same(self, data):
        raw = edifact(self.draw_tree(data), encoding="utf-8")
        self.assertEqual(self.read_by_pydifact(raw), self.read_by_us(raw))

    def read_by_us(self, raw):
        framing = codecs.edifact.Framing([raw.decode()])
        return [
            [part if len(part) > 1 else part[0] for part in framing.elements(segment)]
            for segment in framing.segments()
        ]

    def read_by_pydifact(self, raw):
        from pydifact.parser import Parser

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of segments without elements
            return [[segment.tag, *segment.elements] for segment in Parser().parse(raw.decode())]


@unittest.skipUnless(SAMPLES.is_dir(), "no ../shared/samples beside the checkout")
class TestSamplesAgain(BaseCase):
    def test_read_written_and_read(self):
        for path in sorted(SAMPLES.glob("*.edi")):
            codec, write = (X12, x12) if path.name.startswith("x12") else (EDIFACT, edifact)
            trees = [item.tree for item in codec.decode(path.read_bytes()) if item.tree]
            again = codec.decode(write(*trees))
            self.assertEqual([item.error for item in again], [None] * len(trees), path.name)
            self.assertEqual([body(item.tree) for item in again], [*map(body, trees)], path.name)
            self.assertEqual(
                [item.tree["set"] for item in again], [tree["set"] for tree in trees], path.name
            )


class TestCsvAndJsonWriters(BaseCase):
    def test_rows(self):
        rows = [{"shipment": "S1", "note": 'say "a;b"'}, {"shipment": "S2", "amount": "-1234.50"}]
        names = ["shipment", "amount", "note"]
        raw = csv_codec.encode(rows, names, delimiter=";", decimal_comma=True)
        self.assertIn(b"S2;-1234,50;", raw)
        read = [item.tree["row"] for item in csv_codec.decode(raw, decimal_comma=True)]
        self.assertEqual(read, rows)

    def test_what_csv_cannot_write(self):
        for rows, options in (
            ([{"b": "1"}], {}),
            ([{"a": "\u4e16"}], {"encoding": "cp1252"}),
            ([{"a": "1"}], {"delimiter": "::"}),
            ([{"a": "1"}], {"encoding": "nothing"}),
        ):
            with self.assertRaises(codecs.CodecError):
                csv_codec.encode(rows, ["a"], **options)

    @thorough
    @given(
        st.lists(st.dictionaries(st.sampled_from("abc"), text("").map(str.strip), min_size=1)),
        st.sampled_from([",", ";", "\t", "|"]),
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    )
    def test_csv_round_trip(self, rows, delimiter, encoding):
        rows = [{name: cell for name, cell in row.items() if cell} for row in rows]
        raw = csv_codec.encode(rows, "abc", delimiter=delimiter, encoding=encoding)
        read = [item.tree["row"] for item in csv_codec.decode(raw, encoding=encoding)]
        self.assertEqual(read, [row for row in rows if row])

    def test_json_keeps_numbers_exact(self):
        tree = {
            "amount": Decimal("0.10"),
            "list": [1, None, True, '\xe4"\n'],
            "big": Decimal("1E+30"),
        }
        raw = json_codec.encode(tree)
        self.assertIn(b'"amount":0.10', raw)
        self.assertEqual(json_codec.decode(raw)[0].tree, tree)
        for value in (
            {1: 2},
            {"a": object()},
            {"a": Decimal("NaN")},
            {"a": float("inf")},
            "\ud800",
        ):
            with self.assertRaises(codecs.CodecError):
                json_codec.encode(value)
