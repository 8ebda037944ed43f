"""What we call, and what we do not: against a real server that misbehaves."""

import socket
import time
from unittest import TestCase
from unittest.mock import patch

from .. import outgoing
from ..outgoing import AddressRefused, Limits, Request, Unreachable, deliver
from ..reachable import METADATA, Policy, may_call
from .misbehaving_server import (
    DAY,
    Authority,
    TlsPartner,
    flood_of_headers,
    hang_up,
    named,
    no_http,
    reset,
    slow,
)
from .partner_api import PartnerApi, as_json, dripping, dripping_headers, endless, truncated

SANDBOX = Policy(plain=True, private=True)
OUTSIDE = Policy()
QUICK = Limits(connect=1, total=0.8, size=4096)


class TestDeliver(TestCase):
    def setUp(self):
        self.partner = PartnerApi()
        self.addCleanup(self.partner.close)

    def deliver(self, answer, body=b"{}", limits=QUICK):
        self.partner.answers = lambda _path, _query: answer
        return deliver(Request(self.partner.url, "POST", {}, body), SANDBOX, limits)

    def test_the_status_counts_and_the_rest_is_not_waited_for(self):
        with patch.object(outgoing, "EXCERPT_SECONDS", 0.2):
            for answer in (endless(), truncated(b"ok", 500), dripping(5), (200, {}, b"ok")):
                with self.subTest(answer):
                    started = time.monotonic()
                    response = self.deliver(answer, limits=Limits(1, 10, 4096))
                    self.assertEqual(response.status, 200)
                    self.assertLessEqual(len(response.body), 4096)
                    self.assertLess(time.monotonic() - started, 5)

    def test_without_a_status_it_did_not_arrive(self):
        answers = {
            "reset": reset, "hung up": hang_up, "slow": slow(3), "drips": dripping_headers(3),
            "no http": no_http, "headers": flood_of_headers,
        }  # fmt: skip
        for name, answer in answers.items():
            with self.subTest(name), self.assertRaises(Unreachable):
                started = time.monotonic()
                try:
                    self.deliver(answer)
                finally:
                    self.assertLess(time.monotonic() - started, 2.5)

    def test_who_reads_slowly_is_given_up_in_time(self):
        with socket.socket() as lazy:
            lazy.bind(("127.0.0.1", 0))
            lazy.listen()
            request = Request(
                f"http://127.0.0.1:{lazy.getsockname()[1]}/", "POST", {}, b"x" * 50_000_000
            )
            started = time.monotonic()
            with self.assertRaisesRegex(Unreachable, "longer than"):
                deliver(request, SANDBOX, QUICK)
            self.assertLess(time.monotonic() - started, 3)

    def test_an_answer_that_comes_before_all_was_read_is_heard(self):
        def too_large(handler):
            handler.send_response(413)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        with patch.object(outgoing, "CHUNK", 1024):
            self.partner.answers = None
            refusing = _Refusing(too_large)
            self.addCleanup(refusing.close)
            request = Request(refusing.url, "POST", {}, b"x" * 5_000_000)
            self.assertEqual(deliver(request, SANDBOX, Limits(1, 5, 100)).status, 413)

    def test_a_redirect_is_an_answer_and_not_followed(self):
        for target in ("http://169.254.169.254/latest/meta-data/", self.partner.url, "//x", ""):
            for status in (301, 302, 303, 307, 308):
                answered = self.deliver((status, {"Location": target}, b""))
                self.assertEqual(answered.status, status)
        self.assertEqual(len(self.partner.requests), 20)

    def test_a_resolver_that_hangs_is_given_up(self):
        def hang(*_arguments, **_options):
            time.sleep(3)

        started = time.monotonic()
        with (
            patch.object(socket, "getaddrinfo", hang),
            self.assertRaisesRegex(Unreachable, "not found within"),
        ):
            deliver(Request("http://partner.example/"), SANDBOX, Limits(0.3, 1, 10))
        self.assertLess(time.monotonic() - started, 2)

    def test_an_address_that_is_dead_leaves_time_for_the_next(self):
        self.partner.answers = lambda _path, _query: as_json({})
        port = self.partner.port
        real = socket.socket.connect

        def connect(sock, address):
            if address[0] == "192.0.2.1":
                time.sleep(min(sock.gettimeout(), 5))
                raise TimeoutError
            return real(sock, address)

        with (
            named("partner.example", ["192.0.2.1", "127.0.0.1"]),
            patch.object(socket.socket, "connect", connect),
        ):
            request = Request(f"http://partner.example:{port}/", "POST", {}, b"{}")
            self.assertEqual(deliver(request, SANDBOX, Limits(1, 5, 100)).status, 200)


class _Refusing(PartnerApi):
    """Answers when it has seen the headers, and closes."""

    def __init__(self, answer):
        super().__init__(None)
        handler = self._server.RequestHandlerClass

        class Early(handler):
            def do_POST(self):  # noqa: N802 - the name that http.server calls
                self.close_connection = True
                answer(self)
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_WR)
                time.sleep(0.3)

        self._server.RequestHandlerClass = Early


class TestAddresses(TestCase):
    def test_private_addresses_are_refused_in_whatever_spelling(self):
        for host in (
            "127.0.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
            "127.1", "127.0.1", "0", "localhost", "10.0.0.1", "167772161", "0xa9fea9fe",
            "2852039166", "0251.0376.0251.0376", "169.254.169.254", "[::1]", "[::]",
            "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[fd00:ec2::254]",
            "[fe80::1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]",
            "[2001:0:7f00:1:0:0:f5ff:fffe]", "[::ffff:0:10.0.0.1]", "[2001:db8::5efe:a00:1]",
        ):  # fmt: skip
            with (
                self.subTest(host),
                patch.object(socket.socket, "connect", side_effect=AssertionError("called")),
                self.assertRaises((AddressRefused, Unreachable)),
            ):
                outgoing.fetch(Request(f"https://{host}/x"), OUTSIDE, QUICK)

    def test_metadata_of_clouds_is_never_called(self):
        everything = Policy(plain=True, private=True, allowed=("0.0.0.0/0", "::/0", "cloud"))
        for address in map(str, METADATA):
            self.assertFalse(may_call("cloud", address, everything), address)
        for dress in ("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"):
            self.assertFalse(may_call("cloud", dress, everything), dress)
        self.assertFalse(may_call("x", "169.254.1.1", SANDBOX), "link-local")
        self.assertTrue(may_call("x", "10.0.0.1", SANDBOX))

    def test_public_addresses_are_called(self):
        for address in ("8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"):
            self.assertTrue(may_call("x", address, OUTSIDE), address)

    def test_partners_on_the_premises(self):
        for allowed in ("10.1.0.0/16", "tms.local", "TMS.local", "10.1.2.3"):
            policy = Policy(allowed=(allowed,))
            self.assertTrue(may_call("tms.local", "10.1.2.3", policy), allowed)
            self.assertFalse(may_call("other.local", "10.2.0.1", policy), allowed)

    def test_a_name_that_changes_between_look_up_and_connection_gains_nothing(self):
        """Looked up once: what was public then is what is connected to, whatever it says later."""
        called = []

        def connect(_sock, address):
            called.append(address[0])
            raise ConnectionRefusedError(111, "refused")

        with (
            named("rebind.example", "8.8.8.8", "127.0.0.1"),
            patch.object(socket.socket, "connect", connect),
            self.assertRaises(Unreachable),
        ):
            deliver(Request("https://rebind.example/", "POST"), OUTSIDE, QUICK)
        self.assertEqual(called, ["8.8.8.8"])
        with (
            named("rebind.example", ["8.8.8.8", "127.0.0.1", "::1", "169.254.169.254"]),
            patch.object(socket.socket, "connect", connect),
            self.assertRaises(Unreachable),
        ):
            deliver(Request("https://rebind.example/", "POST"), OUTSIDE, QUICK)
        self.assertEqual(called, ["8.8.8.8", "8.8.8.8"])

    def test_what_is_no_address(self):
        for url in (
            "https://user@partner.example/", "https://:@partner.example/", "https://@127.0.0.1/",
            "https://partner.example\\@127.0.0.1/", "https://partner.example:0/",
            "https://partner.example:65536/", "https://partner.example:-1/",
            "https://partner.example:25/", "https://partner.example:22/", "gopher://127.0.0.1:11/",
            "file:///etc/passwd", "https:///x", "https://ä.example/", "https://a.example/\r\nX: y",
            "https://１２７.0.0.1/", "http://partner.example/", "javascript:alert(1)",
        ):  # fmt: skip
            with self.subTest(url), self.assertRaises(AddressRefused):
                outgoing.fetch(Request(url), OUTSIDE, QUICK)

    def test_what_is_closed_is_not_even_looked_up(self):
        with patch.object(socket, "getaddrinfo", side_effect=AssertionError("looked up")):
            for call in (outgoing.fetch, deliver):
                with self.assertRaisesRegex(AddressRefused, "no production"):
                    call(Request("https://a.example/"), Policy(closed="no production"), QUICK)


class TestCertificates(TestCase):
    POLICY = Policy(allowed=("127.0.0.0/8",))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)

    def deliver(self, *names, **options):
        partner = TlsPartner(
            self.authority.issue(*names, **options), lambda _path, _query: as_json({})
        )
        self.addCleanup(partner.close)
        with named("partner.example", "127.0.0.1"):
            deliver(Request(partner.url, "POST", {}, b"{}"), self.POLICY, Limits(2, 5, 100))
        return partner

    def test_a_right_one_is_taken_and_names_the_host(self):
        with self.authority.trusted():
            partner = self.deliver("partner.example")
        self.assertEqual(partner.requests[0][2]["Host"], f"partner.example:{partner.port}")

    def test_a_wrong_one_is_not(self):
        cases = {
            "of another host": dict(names=["other.example"]),
            "of the bare address": dict(names=["127.0.0.1"]),
            "expired": dict(names=["partner.example"], age=3 * DAY, lasts=-DAY),
            "not yet valid": dict(names=["partner.example"], age=-DAY, lasts=3 * DAY),
            "signed by itself": dict(names=["partner.example"], own=True),
        }
        for name, options in cases.items():
            with (
                self.subTest(name),
                self.authority.trusted(),
                self.assertRaisesRegex(Unreachable, "(?i)certificate"),
            ):
                self.deliver(*options.pop("names"), **options)

    def test_an_authority_that_is_not_trusted(self):
        with self.assertRaisesRegex(Unreachable, "(?i)certificate"):
            self.deliver("partner.example")

    def test_one_that_speaks_no_tls(self):
        partner = PartnerApi(lambda _path, _query: as_json({}))
        self.addCleanup(partner.close)
        url = f"https://127.0.0.1:{partner.port}/"
        with self.assertRaises(Unreachable):
            deliver(Request(url, "POST", {}, b"{}"), self.POLICY, Limits(1, 1, 100))
        self.assertFalse(partner.requests)
