"""Payloads on screen and as files: readable, bounded, escaped, and for few."""

import json
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models import freight_message
from .desk_common import DeskCase
from .http_common import HookCase

SCRIPT = "<script>alert(1)</script>"


@tagged("post_install", "-at_install")
class TestPayloadView(DeskCase):
    def payload(self, body, codec, endpoint=None):
        message = self.take_in(body, codec, endpoint)
        return message.with_user(self.manager).get_payload()

    def test_edi_by_segment(self):
        shown = self.payload(self.status("SHIP-1"), "x12")
        tags = [segment["tag"] for segment in shown["segments"]]
        self.assertEqual(tags[:3], ["ISA", "GS", "ST"])
        self.assertTrue({"number", "level", "tag", "name", "elements"} <= {*shown["segments"][0]})
        self.assertFalse([one for one in shown["segments"] if "left_out" in one])

    def test_long_edi_is_cut(self):
        body = self.status("SHIP-1").replace(b"ST*", b"K1*x~" * 600 + b"ST*", 1)
        shown = self.payload(body, "x12")
        self.assertEqual(len(shown["segments"]), 501)
        self.assertGreater(shown["segments"][-1]["left_out"], 100)

    def test_json_as_a_tree(self):
        shown = self.payload(json.dumps({"a": SCRIPT}).encode(), "json", self.tms_endpoint)
        self.assertEqual(shown["tree"]["value"], [["a", {"type": "string", "value": SCRIPT}]])

    def test_csv_as_a_table_in_the_dialect_of_the_endpoint(self):
        self.carrier_endpoint.write({"csv_delimiter": ";", "csv_quote": "'", "encoding": "latin-1"})
        shown = self.payload("a,x;b\n'1;2';\xe4\n".encode("latin-1"), "csv")
        self.assertEqual(shown["table"]["header"], ["a,x", "b"])
        self.assertEqual(shown["table"]["rows"], [["1;2", "\xe4"]])

    def test_what_cannot_be_read_is_shown_as_it_came(self):
        for body, codec in ((b"{", "json"), (b"nothing", "x12"), (b"\xff\xfe", "json")):
            shown = self.payload(body, codec)
            with self.subTest(body):
                self.assertFalse({"tree", "segments", "table"} & {*shown})
                self.assertTrue(shown["remark"])
                self.assertTrue(shown["text"])

    def test_a_large_one_shows_its_beginning_and_says_so(self):
        shown = self.payload(b'["' + b"x" * 100_000 + b'"]', "json")
        self.assertEqual((len(shown["text"]), shown["cut"]), (64 * 1024, True))
        self.assertEqual(shown["size"], 100_004)

    def test_a_very_large_one_is_not_read_to_its_end(self):
        rows = b"status,place\n" + b"delivered,Dallas\n" * 300_000
        shown = self.payload(rows, "csv")
        self.assertTrue(shown["partial"])
        self.assertEqual((len(shown["table"]["rows"]), shown["table"]["more"]), (500, True))
        self.assertIn("remark", self.payload(b'["' + b"x" * 5_000_000 + b'"]', "json"))
        edi = self.status("SHIP-1").replace(b"ST*", b"K1*" + b"x" * 60 + b"~" * 1, 1)
        edi = edi.replace(b"K1*", (b"K1*" + b"x" * 60 + b"~") * 80_000 + b"K1*", 1)
        shown = self.payload(edi, "x12")
        self.assertEqual((len(shown["segments"]), shown["partial"]), (501, True))

    def test_an_erased_one_says_so(self):
        message = self.take_in(b"{}", "json")
        self.env["freight.message.payload"].search([("message_id", "=", message.id)]).unlink()
        self.assertEqual(message.with_user(self.manager).get_payload(), {"erased": True})

    def test_only_integration_managers_and_auditors_read_them(self):
        message = self.take_in(b"{}", "json")
        self.assertTrue(message.with_user(self.auditor).get_payload()["tree"])
        for user in (self.clerk, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                message.with_user(user).get_payload()

    def test_all_that_people_read_goes_one_way(self):
        message = self.dead_letter()
        ways = (
            lambda mine: mine.get_payload(),
            lambda mine: mine.read(["payload_text"]),
            lambda mine: mine.action_fix(),
        )
        for way in ways:
            self.env.invalidate_all()
            with (
                patch.object(
                    freight_message.FreightMessage,
                    "_read_payload_as_person",
                    autospec=True,
                    side_effect=AccessError("not today"),
                ),
                self.assertRaises(AccessError),
            ):
                way(message.with_user(self.manager))


@tagged("post_install", "-at_install")
class TestPayloadFile(DeskCase, HookCase):
    def download(self, message, login, direction="in"):
        self.env.flush_all()
        self.authenticate(login, login)
        return self.url_open(f"/freight/messages/{direction}/{message.id}/payload")

    def test_it_is_a_file_that_no_browser_runs(self):
        body = f"{SCRIPT}".encode()
        message = self.take_in(body, "csv", media_type="text/html")
        answer = self.download(message, "desk_manager")
        self.assertEqual(answer.content, body)
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertIn(f"{message.uuid}.csv", answer.headers["Content-Disposition"])

    def test_others_do_not_get_it(self):
        message = self.take_in(b"secret words", "csv")
        for login in ("desk_clerk", "desk_stranger"):
            answer = self.download(message, login)
            with self.subTest(login):
                self.assertGreaterEqual(answer.status_code, 400)
                self.assertNotIn("secret words", answer.text)
        self.assertEqual(self.download(message, "desk_auditor").status_code, 200)
        self.assertEqual(self.download(message, "desk_manager", "up").status_code, 404)
        self.assertEqual(self.download(message, "desk_manager", "out").status_code, 404)

    def test_who_is_not_signed_in_is_sent_to_sign_in(self):
        message = self.take_in(b"secret words", "csv")
        self.env.flush_all()
        answer = self.url_open(f"/freight/messages/in/{message.id}/payload", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
