"""CloudEvents as the door sees them, and bodies that come compressed."""

import gzip
import json
import zlib
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..cloudevents import MAX_ITEMS, TooManyItems, fault, handshake, identity, split, traceparent
from ..codecs import CodecError
from ..inflating import InflateError, TooLarge, inflate
from ..limiting import Quota
from .properties import relaxed

EVENT = {"specversion": "1.0", "id": "1", "source": "/tms", "type": "a.b"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


class TestEvents(BaseCase):
    def test_what_an_event_needs(self):
        self.assertIsNone(fault(EVENT))
        for name in EVENT:
            self.assertIn(name, fault({**EVENT, name: ""}))
            self.assertIn(name, fault({**EVENT, name: 1}))
            self.assertIn(name, fault({key: EVENT[key] for key in EVENT if key != name}))
        self.assertIn("1.0", fault({**EVENT, "specversion": "0.3"}))
        for other in (None, 1, "text", [EVENT]):
            self.assertIn("object", fault(other))

    def test_identity(self):
        self.assertEqual(identity(EVENT), "/tms 1")
        self.assertIsNone(identity({**EVENT, "source": None}))
        self.assertIsNone(identity([]))

    def test_traceparent(self):
        self.assertEqual(traceparent({"traceparent": "00-x"}), "00-x")
        for none in ({}, {"traceparent": 7}, [], None):
            self.assertIsNone(traceparent(none))

    def test_a_batch_is_split_into_the_bytes_that_were_sent(self):
        items = [
            b'{"a":1.10, "b" : [1, {"c":"]},"}]}',
            b"7",
            b'"x"',
            b'{"\xc3\xa9":12345678901234567.89}',
        ]
        for glue, begin, end in ((b",", b"[", b"]"), (b" ,\r\n", b"\xef\xbb\xbf [\t", b"\n] ")):
            self.assertEqual(split(begin + glue.join(items) + end), items)
        self.assertEqual(split(b" [ ] "), [])

    def test_what_is_no_batch(self):
        for body in (
            b"", b"{}", b"[", b"[1", b"[1,]", b"[,1]", b"[1 2]", b"[1]]", b"[1] x", b"\xff[]",
            b'[{"a":1]', b"[" * 100_000, b"[" + b"9" * 5000 + b"]",
        ):  # fmt: skip
            with self.subTest(body[:20]), self.assertRaises(CodecError):
                split(body)

    def test_more_than_a_batch_may_have(self):
        self.assertEqual(len(split(b"[" + b",".join([b"1"] * MAX_ITEMS) + b"]")), MAX_ITEMS)
        with self.assertRaises(TooManyItems):
            split(b"[" + b",".join([b"1"] * (MAX_ITEMS + 1)) + b"]")

    @relaxed
    @given(st.lists(JSON, max_size=8), st.sampled_from([None, 1]))
    def test_split_round_trip(self, items, indent):
        body = json.dumps(items, indent=indent, ensure_ascii=False).encode("utf-8", "replace")
        self.assertEqual([json.loads(item) for item in split(body)], json.loads(body))

    @relaxed
    @given(st.binary() | st.text("[]{},:\"'01e \\\n").map(str.encode))
    def test_anything_else_is_a_codec_error(self, body):
        with suppress(CodecError):
            split(body)

    def test_handshake(self):
        quota = Quota("q", 120)
        granted = handshake("eventgrid.example.com", None, quota)
        self.assertEqual(granted, {"WebHook-Allowed-Origin": "eventgrid.example.com"})
        for rate, allowed in (("60", "60"), ("500", "120"), ("0", "1"), ("many", "120")):
            self.assertEqual(handshake("a.b", rate, quota)["WebHook-Allowed-Rate"], allowed)
        self.assertEqual(handshake("a.b", "60", Quota("q", 0))["WebHook-Allowed-Rate"], "*")
        for origin in (None, "", "*", "a b", "a\r\nX: y", "http://a.b", "a" * 300):
            self.assertEqual(handshake(origin, "60", quota), {})


class TestInflating(BaseCase):
    def test_what_is_inflated(self):
        body = b'{"a": 1}' * 100
        for coding, raw in (
            ("gzip", gzip.compress(body)),
            ("x-gzip", gzip.compress(body)),
            ("deflate", zlib.compress(body)),
            ("gzip", gzip.compress(body[:50]) + gzip.compress(body[50:])),
        ):
            self.assertEqual(inflate(raw, coding, len(body)), body)
            with self.assertRaises(TooLarge):
                inflate(raw, coding, len(body) - 1)
        self.assertEqual(inflate(gzip.compress(b""), "gzip", 1), b"")

    def test_damage(self):
        raw = gzip.compress(b"x" * 1000)
        broken = raw[:-5] + bytes([raw[-5] ^ 1]) + raw[-4:]
        for coding, bad in (
            ("gzip", raw[:-1]), ("gzip", b""), ("gzip", b"{}"), ("gzip", raw + b"rest"),
            ("gzip", broken), ("deflate", raw), ("deflate", zlib.compress(b"x") + b"rest"),
            ("gzip", gzip.compress(b"") * 1000),
        ):  # fmt: skip
            with self.subTest(bad[:12]), self.assertRaises(InflateError):
                inflate(bad, coding, 10_000)

    def test_a_bomb_costs_no_more_than_the_bound(self):
        import tracemalloc

        bomb = gzip.compress(b"\0" * (200 * 1024 * 1024))
        tracemalloc.start()
        try:
            with self.assertRaises(TooLarge):
                inflate(bomb, "gzip", 1024 * 1024)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        self.assertLess(peak, 8 * 1024 * 1024)
