"""Bodies laid out for people: what they say stays the same, and it never gets too much."""

import csv
import json
import unittest
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from .. import readable
from .properties import relaxed

SCRIPT = "<script>alert(1)</script>"
ISA = (
    "ISA*00*          *00*          *02*ABCD           *ZZ*US             *261120*1200*U*00401"
    "*000000001*0*P*>~"
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def plain(node):
    """Return what a node of a tree says, as Python values."""
    if node["type"] == "object":
        return {name: plain(child) for name, child in node["value"]}
    if node["type"] == "array":
        return [plain(child) for _index, child in node["value"]]
    return json.loads(node["value"]) if node["type"] in ("number", "word") else node["value"]


class TestLaidOut(unittest.TestCase):
    @relaxed
    @given(values, st.sampled_from([None, 1]))
    def test_json_says_the_same(self, value, indent):
        text = json.dumps(value, indent=indent)
        shown = readable.laid_out("json", text)
        self.assertEqual(json.loads(shown), value)
        self.assertEqual(readable.laid_out("json", shown), shown)

    def test_every_number_stays_as_it_was_sent(self):
        shown = readable.laid_out("json", '{"a":1.10,"b":12345678901234567890,"c":1e5}')
        for number in ("1.10", "12345678901234567890", "1e5"):
            self.assertIn(f": {number}", shown)

    def test_what_is_no_json_is_left_alone(self):
        for text in ("{", "[1,]", "", "nonsense", "[" * 100_000):
            self.assertEqual(readable.laid_out("json", text), text)

    def test_edi_gets_a_segment_a_line(self):
        shown = readable.laid_out("x12", f"{ISA}GS*QM~ST*214*1~")
        self.assertEqual(len(shown.splitlines()), 3)
        self.assertEqual(readable.laid_out("x12", shown), shown)
        self.assertTrue(readable.same_text(shown, shown.replace("\n", "\r\n  ")))

    def test_edifact_by_its_own_terminator_and_not_where_it_is_released(self):
        text = "UNA:+.? 'UNB+UNOA:1'FTX+it?'s'UNZ+1'"
        shown = readable.laid_out("edifact", text).splitlines()
        self.assertEqual(shown, ["UNA:+.? '", "UNB+UNOA:1'", "FTX+it?'s'", "UNZ+1'"])
        self.assertEqual(readable.laid_out("edifact", "UNB+1'UNZ+1'"), "UNB+1'\nUNZ+1'\n")

    @relaxed
    @given(st.binary(max_size=300), st.sampled_from(["x12", "edifact", "json", "csv", None]))
    def test_nothing_breaks_it(self, body, codec):
        for prefix in (b"", b"ISA", ISA.encode(), b"UNA", b"UNB", b"{"):
            self.assertIsInstance(readable.text_of(prefix + body, codec=codec), str)


class TestTree(unittest.TestCase):
    @relaxed
    @given(values)
    def test_a_tree_says_what_the_json_says(self, value):
        self.assertEqual(plain(readable.json_tree(json.dumps(value), most=10**6)), value)

    def test_numbers_and_markup_are_text(self):
        tree = readable.json_tree(f'{{"amount": 1.10, "name": "{SCRIPT}"}}')
        self.assertEqual([node["value"] for _name, node in tree["value"]], ["1.10", SCRIPT])

    def test_a_repeated_name_is_shown_twice(self):
        self.assertEqual(readable.json_tree('{"a": 1, "a": 2}')["count"], 2)

    def test_large_ones_are_cut_and_say_how_much_there_is(self):
        tree = readable.json_tree(json.dumps([[1] * 10] * 10_000), most=100)
        self.assertEqual(tree["count"], 10_000)
        self.assertLess(len(tree["value"]), 20)

    def test_what_is_no_json_is_refused(self):
        for text in ("{", "", "[" * 100_000, "1" * (readable.MOST_READ + 1)):
            with self.assertRaises(ValueError):
                readable.json_tree(text)


class TestTable(unittest.TestCase):
    def test_the_header_tells_the_delimiter(self):
        table = readable.table('a;b\n1;"x;y"\n\n2;3\n')
        self.assertEqual(table, {"header": ["a", "b"], "rows": [["1", "x;y"], ["2", "3"]],
                                 "more": False})  # fmt: skip

    def test_long_ones_are_cut(self):
        table = readable.table("a\n" + "1\n" * 50, most=10)
        self.assertEqual((len(table["rows"]), table["more"]), (10, True))

    @relaxed
    @given(st.text(max_size=200))
    def test_nothing_but_a_csv_error_comes_out(self, text):
        with suppress(csv.Error):
            readable.table(text)
