"""Calls to a partner and pages of its API, against a real server that misbehaves."""

import json
import socket
import time
from contextlib import suppress
from unittest import TestCase
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from .. import outgoing, polling
from ..codecs import json_codec
from ..outgoing import Limits, Policy, Request, Response, fetch, may_call
from .partner_api import PartnerApi, as_json, dripping, dripping_headers, endless, truncated

SANDBOX = Policy(plain=True, private=True)
QUICK = Limits(connect=1, total=0.6, size=100_000)


class TestFetch(TestCase):
    def setUp(self):
        self.api = PartnerApi()
        self.addCleanup(self.api.close)

    def fetch(self, answer, limits=QUICK, policy=SANDBOX):
        self.api.answers = lambda _path, _query: answer
        return fetch(Request(self.api.url), policy, limits)

    def test_an_answer_comes_back_as_it_is(self):
        response = self.fetch((404, {"X-Y": "z"}, b"\xff"))
        self.assertEqual((response.status, response.body), (404, b"\xff"))
        self.assertEqual(response.headers["x-y"], "z")

    def test_a_body_that_drips_ends_in_time(self):
        self._takes_no_longer(dripping(5))

    def test_headers_that_drip_end_in_time(self):
        self._takes_no_longer(dripping_headers(5))

    def _takes_no_longer(self, answer):
        started = time.monotonic()
        with self.assertRaisesRegex(outgoing.Unreachable, "longer than 0.6 s"):
            self.fetch(answer)
        self.assertLess(time.monotonic() - started, 2)

    def test_a_server_that_says_nothing_is_given_up(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            with self.assertRaises(outgoing.Unreachable):
                fetch(Request(f"http://127.0.0.1:{silent.getsockname()[1]}/"), SANDBOX, QUICK)

    def test_nobody_there(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with self.assertRaises(outgoing.Unreachable):
            fetch(Request(f"http://127.0.0.1:{port}/"), SANDBOX, QUICK)

    def test_a_truncated_body_is_no_answer(self):
        with self.assertRaisesRegex(outgoing.Unreachable, "cut off"):
            self.fetch(truncated(b'{"items": []}', 500))

    def test_a_body_without_an_end_is_cut(self):
        with self.assertRaises(outgoing.TooLarge):
            self.fetch(endless())

    def test_a_body_that_is_announced_too_large_is_not_read(self):
        with self.assertRaises(outgoing.TooLarge):
            self.fetch(truncated(b"", 100_001))

    def test_a_redirect_is_an_answer_and_not_followed(self):
        response = self.fetch((302, {"Location": "http://127.0.0.1:9/"}, b""))
        self.assertEqual(response.status, 302)
        self.assertEqual(len(self.api.requests), 1)

    def test_outside_the_sandbox_neither_http_nor_private_addresses(self):
        with self.assertRaisesRegex(outgoing.AddressRefused, "https"):
            self.fetch(as_json({}), policy=Policy())
        with self.assertRaisesRegex(outgoing.AddressRefused, "private"):
            self.fetch(as_json({}), policy=Policy(plain=True))
        self.assertFalse(self.api.requests)
        self.fetch(as_json({}), policy=Policy(plain=True, allowed=("127.0.0.0/8",)))

    def test_the_address_that_was_looked_at_is_the_one_that_is_called(self):
        """A name that answers "public" first and "loopback" afterwards gains nothing."""
        names = iter([[_found("127.0.0.1", 9)], AssertionError("resolved twice")])
        with (
            patch.object(socket, "getaddrinfo", lambda *_a, **_k: next(names)),
            self.assertRaises(outgoing.AddressRefused),
        ):
            fetch(Request("http://partner.example/"), Policy(plain=True), QUICK)

    def test_only_addresses_that_may_be_called_are_tried(self):
        port = int(self.api.url.split(":")[2].split("/")[0])
        found = [_found("169.254.169.254", port), _found("127.0.0.1", port)]
        self.api.answers = lambda _path, _query: as_json({})
        with patch.object(socket, "getaddrinfo", lambda *_a, **_k: found):
            fetch(Request(f"http://partner.example:{port}/x"), SANDBOX, QUICK)
        self.assertEqual(self.api.requests[0][2]["Host"], f"partner.example:{port}")

    def test_useless_addresses(self):
        for url in (
            "", "ftp://a/", "http://", "http://a:b:c/", "http://a b/", "http://u:p@127.0.0.1/",
            "http://127.0.0.1:99999/", "http://a/\r\nX: y", "file:///etc/passwd", "http://ä.example/",
        ):  # fmt: skip
            with self.subTest(url), self.assertRaises(outgoing.AddressRefused):
                fetch(Request(url), SANDBOX, QUICK)

    def test_https_checks_the_certificate(self):
        port = self.api.url.split(":")[2].split("/")[0]
        with self.assertRaises(outgoing.Unreachable):
            fetch(Request(f"https://127.0.0.1:{port}/"), SANDBOX, QUICK)


def _found(address, port):
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))


class TestAddresses(TestCase):
    def test_what_is_not_public_is_refused_in_whatever_dress(self):
        for address in (
            "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
            "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1",
            "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
        ):  # fmt: skip
            with self.subTest(address):
                self.assertFalse(may_call("x", address, Policy()))
        self.assertTrue(may_call("x", "8.8.8.8", Policy()))
        self.assertTrue(may_call("x", "2001:4860:4860::8888", Policy()))

    def test_clouds_keep_their_secrets_in_the_sandbox_too(self):
        self.assertFalse(may_call("x", "169.254.169.254", SANDBOX))
        self.assertTrue(may_call("x", "10.0.0.1", SANDBOX))

    def test_partners_on_the_premises_are_named(self):
        policy = Policy(allowed=("10.9.0.0/16", "wms.local"))
        self.assertTrue(may_call("x", "10.9.1.1", policy))
        self.assertTrue(may_call("WMS.local", "192.168.0.1", policy))
        self.assertFalse(may_call("evil.wms.local", "192.168.0.1", policy))


class TestPages(TestCase):
    def source(self, kind="cursor", **values):
        given = {
            "url": "https://api.example/v1/events?a=1",
            "parameters": {"size": "2"},
            "items": polling.expression("items"),
            "next": polling.expression("next"),
            "parameter": "after",
            **values,
        }
        return polling.Source(kind=kind, **given)

    def read(self, source, answer, cursor=None, status=200, **headers):
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return polling.read(source, cursor, Response(status, headers, body))

    def test_a_cursor_goes_into_its_parameter(self):
        source = self.source()
        self.assertEqual(polling.address(source, None), "https://api.example/v1/events?a=1&size=2")
        self.assertEqual(
            polling.address(source, "x&y=z"),
            "https://api.example/v1/events?a=1&size=2&after=x%26y%3Dz",
        )

    def test_a_page_leads_to_the_next(self):
        page = self.read(self.source(), {"items": [{"id": 1}], "next": 7})
        self.assertEqual((len(page.items), page.cursor, page.more), (1, "7", True))

    def test_a_cursor_that_does_not_move_ends_the_run(self):
        page = self.read(self.source(), {"items": [{"id": 1}], "next": "c"}, "c")
        self.assertEqual((page.cursor, page.more), ("c", False))

    def test_at_the_end_it_stays_or_begins_anew(self):
        page = self.read(self.source(), {"items": [{"id": 1}], "next": None}, "c")
        self.assertEqual((page.cursor, page.more), ("c", False))
        page = self.read(self.source(restart=True), {"items": [{"id": 1}], "next": None}, "c")
        self.assertEqual((page.cursor, page.more), (None, False))

    def test_pages_are_counted_until_one_is_empty(self):
        source = self.source("page", parameter="page", next=None)
        self.assertIn("page=1", polling.address(source, None))
        page = self.read(source, {"items": [1]}, None)
        self.assertEqual((page.cursor, page.more), ("2", True))
        page = self.read(source, {"items": []}, "5")
        self.assertEqual((page.cursor, page.more), ("4", False))
        page = self.read(source, {"items": []}, "1")
        self.assertEqual(page.cursor, "1")

    def test_a_link_leads_on_within_its_own_server(self):
        source = self.source("link")
        page = self.read(source, {"items": [1], "next": "/v1/events?p=2"})
        self.assertEqual(page.cursor, "https://api.example/v1/events?p=2")
        self.assertEqual(polling.address(source, page.cursor), page.cursor)
        for elsewhere in ("https://evil.example/", "http://api.example/", "//evil.example/x"):
            with self.subTest(elsewhere), self.assertRaisesRegex(polling.PollError, "another"):
                self.read(source, {"items": [1], "next": elsewhere})

    def test_a_link_that_is_no_address_is_their_fault(self):
        for link in ("http://[", "http://x:99999999/", "http://[::1"):
            with self.subTest(link), self.assertRaisesRegex(polling.PollError, "no address"):
                self.read(self.source("link"), {"items": [1], "next": link})

    def test_a_link_may_stand_in_the_header(self):
        source = self.source("link", next=None)
        link = (
            '<https://api.example/v1/events?p=1,2>; rel="next", <https://api.example/>; rel="first"'
        )
        page = self.read(source, {"items": [1]}, Link=link)
        self.assertEqual(page.cursor, "https://api.example/v1/events?p=1,2")
        self.assertFalse(self.read(source, {"items": [1]}, Link="junk;;,<>;rel=").more)

    def test_a_time_goes_on_until_it_stands_still(self):
        source = self.source("since", parameter="since", next=polling.expression("max(items[].at)"))
        page = self.read(source, {"items": [{"at": "2026-01-02"}, {"at": "2026-01-03"}]})
        self.assertEqual((page.cursor, page.more), ("2026-01-03", True))
        page = self.read(source, {"items": [{"at": "2026-01-03"}]}, "2026-01-03")
        self.assertEqual((page.cursor, page.more), ("2026-01-03", False))
        page = self.read(source, {"items": []}, "2026-01-03")
        self.assertEqual((page.cursor, page.more), ("2026-01-03", False))

    def test_answers_that_are_none(self):
        for answer, words in (
            (b"<html>Sign in</html>", "no JSON"),
            (b"\xff\xfe", "no JSON"),
            (b'{"items": 5}', "no list"),
            (b'{"items": "abc"}', "no list"),
            (b'{"items": [1', "no JSON"),
            (b"[" * 100_000, "no JSON"),
            (b'{"items": [1], "next": "' + b"x" * 5000 + b'"}', "longer"),
        ):
            with self.subTest(answer[:30]), self.assertRaisesRegex(polling.PollError, words):
                self.read(self.source(), answer)
        with self.assertRaisesRegex(polling.PollError, "web page"):
            self.read(self.source(), b"<html>", **{"Content-Type": "text/html; charset=utf-8"})

    def test_nothing_there_is_no_fault(self):
        for status, body in ((204, b""), (304, b""), (200, b" "), (200, b"{}")):
            page = self.read(self.source(), body, "c", status)
            self.assertEqual((page.items, page.cursor, page.more), ([], "c", False))

    def test_what_a_status_means(self):
        for status, stops in ((401, True), (403, True), (429, False), (500, False), (404, False)):
            with self.subTest(status), self.assertRaises(polling.PollError) as caught:
                self.read(self.source(), b"no", status=status, **{"Retry-After": "7"})
            self.assertEqual(caught.exception.stops, stops)
        with self.assertRaisesRegex(polling.PollError, "redirect"):
            self.read(self.source(), b"", status=302, Location="https://x/")

    def test_an_item_is_told_by_its_id_or_its_content(self):
        source = self.source(item_id=polling.expression("id"))
        page = self.read(source, {"items": [{"id": 5}, {"no": 1}, "ISA*00", None]})
        self.assertEqual([item.key for item in page.items], ["5", None, None])
        self.assertEqual(page.items[2].body, b"ISA*00")
        self.assertFalse(page.items[2].is_json)

    def test_without_a_path_the_answer_is_the_message(self):
        page = self.read(self.source("none", items=None, next=None), b"ISA*00*")
        self.assertEqual([item.body for item in page.items], [b"ISA*00*"])

    def test_an_array_at_the_root(self):
        page = self.read(self.source("none", items=polling.expression("@")), [1, 2])
        self.assertEqual(len(page.items), 2)

    def test_amounts_keep_their_zeros(self):
        page = self.read(self.source(), b'{"items": [{"x": 1.10, "y": 1E+2, "z": [true, null]}]}')
        self.assertEqual(page.items[0].body, b'{"x": 1.10, "y": 1E+2, "z": [true, null]}')

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text()
            | st.decimals(allow_nan=False, allow_infinity=False),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=20,
        )
    )  # fmt: skip
    def test_what_is_written_reads_back(self, value):
        text = polling.dumps(value)
        self.assertEqual(json.loads(text, parse_float=json_codec.Decimal), value)

    @given(st.binary(max_size=200), st.sampled_from(polling.KINDS))
    def test_no_answer_raises_anything_else(self, body, kind):
        with suppress(polling.PollError):
            self.read(self.source(kind), body, "1")
