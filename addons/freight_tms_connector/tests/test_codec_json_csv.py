import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import codecs

JSON = codecs.get("json")
CSV = codecs.get("csv")

STATUS = b"""Event ID,Shipment,Status,Occurred
e1,SHP1,delivered,2026-11-02T10:00:00Z
e2,SHP2,"out, for delivery",2026-11-02T11:00:00Z
"""


class TestRegistry(BaseCase):
    def test_every_name_has_its_codec(self):
        for name in codecs.NAMES:
            self.assertTrue(callable(codecs.get(name).decode))
            self.assertTrue(callable(codecs.get(name).check))

    def test_unknown_name(self):
        with self.assertRaises(codecs.CodecError):
            codecs.get("yaml")


class TestJson(BaseCase):
    def test_object_and_array_roots(self):
        self.assertEqual([d.tree for d in JSON.decode(b'{"a": 1}')], [{"a": 1}])
        decoded = JSON.decode(b'[{"a": 1}, {"a": 2}]')
        self.assertEqual([d.tree for d in decoded], [{"a": 1}, {"a": 2}])
        self.assertEqual([d.position for d in decoded], ["/0", "/1"])

    def test_numbers_stay_exact(self):
        tree = JSON.decode(b'{"amount": 0.1, "big": 12345678901234567890.01}')[0].tree
        self.assertEqual(
            tree, {"amount": Decimal("0.1"), "big": Decimal("12345678901234567890.01")}
        )

    def test_last_duplicate_wins(self):
        self.assertEqual(JSON.decode(b'{"a": 1, "a": 2}')[0].tree, {"a": 2})

    def test_byte_order_mark(self):
        self.assertEqual(JSON.decode(b"\xef\xbb\xbf{}")[0].tree, {})

    def test_what_is_refused(self):
        for raw in (
            b"",
            b"{",
            b"{'a': 1}",
            b"\xff{}",
            b'{"a": NaN}',
            b'{"a": -Infinity}',
            b'{"a": 1e99999999999999999999}',
            b'{"a": "\\u0000"}',
            b'{"a": "\\ud800"}',
            b'{"\\ud800": 1}',
            b'{"a": ' + 5000 * b"9" + b"}",
            70 * b"[" + 70 * b"]",
            100_000 * b"[",
            100_000 * b'{"a":',
        ):
            with self.assertRaises(codecs.CodecError, msg=raw[:40]):
                JSON.check(raw)

    def test_a_backslash_before_u0000_is_text(self):
        self.assertEqual(JSON.decode(b'{"a": "\\\\u0000"}')[0].tree, {"a": "\\u0000"})
        self.assertEqual(JSON.decode(b'{"a": "\\ud83d\\ude9a"}')[0].tree, {"a": "\U0001f69a"})

    def test_depth_is_bounded_for_narrow_and_wide(self):
        JSON.check(64 * b"[" + 64 * b"]")
        JSON.check(b"[" + b",".join(1000 * [b"[[[1]]]"]) + b"]")

    def test_position_of_the_error(self):
        with self.assertRaises(codecs.CodecError) as caught:
            JSON.check(b'{\n "a": 1,\n}')
        self.assertIn("line 3", caught.exception.position)

    @settings(deadline=None)
    @given(st.binary(max_size=200))
    def test_random_bytes(self, noise):
        try:
            JSON.decode(noise)
        except codecs.CodecError as error:
            self.assertTrue(error.message)

    @settings(deadline=None, max_examples=50)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9),
            lambda inner: st.lists(inner, max_size=4),
            max_leaves=8,
        )
    )
    def test_round_trip(self, value):
        raw = json.dumps({"value": value}).encode()
        try:
            tree = JSON.decode(raw)[0].tree
        except codecs.CodecError:
            self.assertTrue("\0" in repr(value) or "\\" in repr(value))
        else:
            self.assertEqual(tree, {"value": value})


class TestCsv(BaseCase):
    def test_rows_by_column_name(self):
        decoded = CSV.decode(STATUS)
        self.assertEqual([d.position for d in decoded], ["line 2", "line 3"])
        self.assertEqual(decoded[1].tree["row"]["status"], "out, for delivery")
        self.assertEqual(decoded[0].tree["row"]["event_id"], "e1")

    def test_dialects(self):
        for delimiter in ";\t|":
            raw = f"shipment{delimiter}status\nS1{delimiter}delivered".encode()
            self.assertEqual(
                CSV.decode(raw)[0].tree["row"], {"shipment": "S1", "status": "delivered"}
            )
        raw = b"shipment:status\nS1:'a:b'"
        row = CSV.decode(raw, delimiter=":", quote="'")[0].tree["row"]
        self.assertEqual(row, {"shipment": "S1", "status": "a:b"})

    def test_decimal_comma(self):
        raw = b"number;amount;text\n1;1.234,50;a, b\n2;12,5;1,2,3"
        rows = [d.tree["row"] for d in CSV.decode(raw, decimal_comma=True)]
        self.assertEqual(rows[0], {"number": "1", "amount": "1234.50", "text": "a, b"})
        self.assertEqual(rows[1], {"number": "2", "amount": "12.5", "text": "1,2,3"})

    def test_encoding_and_columns(self):
        raw = "Sendung;Empf\xe4nger\nS1;M\xfcller".encode("cp1252")
        columns = {"sendung": "shipment", "empf\xe4nger": "signer"}
        row = CSV.decode(raw, encoding="cp1252", columns=columns)[0].tree["row"]
        self.assertEqual(row, {"shipment": "S1", "signer": "M\xfcller"})

    def test_columns_without_a_name_of_their_own(self):
        row = CSV.decode(b"a,,a\n1,2,3")[0].tree["row"]
        self.assertEqual(row, {"a": "1", "column_2": "2", "a_3": "3"})

    def test_a_row_that_does_not_fit_is_rejected_alone(self):
        decoded = CSV.decode(b"a,b\n1,2\n1,2,3\n\n4")
        self.assertEqual([d.error is None for d in decoded], [True, False, True])
        self.assertIn("line 3", decoded[1].error)
        self.assertEqual(decoded[2].tree, {"row": {"a": "4"}, "line": 5})
        with self.assertRaises(codecs.CodecError):
            CSV.check(b"a,b\n1,2,3")

    def test_an_open_quote_keeps_the_rows_before(self):
        decoded = CSV.decode(b'a,b\n1,2\n"3,4')
        self.assertEqual([d.error is None for d in decoded], [True, False])

    def test_useless_dialect_or_header(self):
        for raw, options in (
            (b"a,b", {"delimiter": "::"}),
            (b"a,b", {"quote": "ab"}),
            (b"", {}),
            (b'"a', {}),
            (1001 * b"a,", {}),
        ):
            with self.assertRaises(codecs.CodecError):
                CSV.decode(raw, **options)

    @settings(deadline=None)
    @given(st.binary(max_size=300))
    def test_random_bytes(self, noise):
        try:
            CSV.decode(noise)
            CSV.decode(b"shipment,status\n" + noise, decimal_comma=True)
        except codecs.CodecError as error:
            self.assertTrue(error.message)
