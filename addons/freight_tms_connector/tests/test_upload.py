"""Uploads by a person: what the preview shows is what the inbox does."""

import base64
from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ConnectorCase
from .x12_samples import build_214

STATUS = ("AF", "2026-11-02", "0930", "CS")


@tagged("post_install", "-at_install")
class TestUpload(ConnectorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mapping = cls.env["freight.mapping"].search([("code", "=", "csv_status")])
        cls.endpoint = cls.carrier_endpoint
        cls.endpoint.mapping_ids |= cls.mapping

    def upload(self, body, name="status.csv", endpoint=None, user=None, codec=False):
        uploads = self.env["freight.upload"]
        return (uploads.with_user(user) if user else uploads).create(
            {
                "endpoint_id": (endpoint or self.endpoint).id,
                "file_ids": [
                    (0, 0, {"name": name, "data": base64.b64encode(body), "codec": codec})
                ],
            }
        )

    def messages(self):
        return self.env["freight.message.in"].search([("channel", "=", "upload")])

    def test_a_preview_shows_each_row_and_stores_nothing(self):
        shipment = self.make_shipment()
        before = self.env["freight.message.in"].search_count([])
        events = self.env["freight.event"].search_count([])
        wizard = self.upload(build_214(shipment=shipment.name, statuses=[STATUS]), "a.edi")
        wizard.action_preview()
        self.assertEqual(wizard.file_ids.codec, "x12")
        self.assertEqual(wizard.line_ids.mapped("status"), ["fine"])
        self.assertEqual(wizard.line_ids.shipment_id, shipment)
        self.assertEqual(self.env["freight.message.in"].search_count([]), before)
        self.assertEqual(self.env["freight.event"].search_count([]), events)

    def test_taken_in_it_does_what_the_preview_showed(self):
        shipment = self.make_shipment()
        wizard = self.upload(build_214(shipment=shipment.name, statuses=[STATUS]), "a.edi")
        wizard.action_preview()
        action = wizard.action_take_in()
        message = self.messages()
        self.assertEqual((action["res_model"], action["res_id"]), (message._name, message.id))
        self.assertEqual(message.origin, f"a.edi ({self.env.user.login})")
        self.assertFalse(wizard.file_ids)
        self.drain()
        self.assertEqual(message.state, "applied")
        self.assertEqual(message.document_ids.shipment_id, shipment)

    def test_what_is_wrong_stands_on_its_own_row(self):
        shipment = self.make_shipment()
        body = self.csv_body(
            (shipment.name, "dispatched"),
            ("NO-SUCH", "dispatched"),
            (shipment.name, "??"),
            (shipment.name, None),
        )
        wizard = self.upload(body)
        wizard.action_preview()
        self.assertEqual(wizard.line_ids.mapped("status"), ["fine", "waits", "code", "bad"])
        self.assertEqual(wizard.line_ids.mapped("place"), ["line 2", "line 3", "line 4", "line 5"])
        self.assertIn("??", wizard.line_ids[2].detail)
        self.assertIn("NO-SUCH", wizard.line_ids[1].detail)
        self.assertIn("header has", wizard.line_ids[3].detail)

    def csv_body(self, *rows):
        lines = ["shipment,status,occurred"]
        for shipment, status in rows:
            moment = "2026-11-02T12:00:00Z"
            if status is None:
                lines.append(f"{shipment},dispatched,{moment},one,too,many")
            else:
                lines.append(f"{shipment},{status},{moment}")
        return "\n".join([*lines, ""]).encode()

    def test_the_dialect_of_the_endpoint_applies(self):
        shipment = self.make_shipment()
        self.endpoint.write({"csv_delimiter": ";", "encoding": "cp1252",
                             "csv_columns": "sendung = shipment"})  # fmt: skip
        body = f"Sendung;status;occurred\n{shipment.name};dispatched;2026-11-02T12:00:00Z\n"
        wizard = self.upload(body.encode("cp1252"))
        wizard.action_preview()
        self.assertEqual(wizard.line_ids.shipment_id, shipment)

    def test_another_format_may_be_chosen(self):
        wizard = self.upload(b"this is no EDI", codec="x12")
        wizard.action_preview()
        self.assertIn("another format", wizard.file_ids.problem)
        self.assertFalse(wizard.line_ids)

    def test_what_cannot_be_read_is_quarantined_and_not_lost(self):
        wizard = self.upload(b"ISA*damaged", "bad.edi")
        wizard.action_preview()
        self.assertTrue(wizard.file_ids.problem)
        wizard.action_take_in()
        self.assertEqual(self.messages().state, "quarantined")

    def test_json_shows_its_items(self):
        shipment = self.make_shipment()
        event = self.cloud_event(shipment, "dispatched", "evt-1")
        wizard = self.upload(b"[%s, 5]" % event, "a.json", self.tms_endpoint)
        wizard.action_preview()
        self.assertEqual(wizard.line_ids.mapped("place"), ["/0", "/1"])
        self.assertEqual(wizard.line_ids[0].shipment_id, shipment)

    def test_two_hundred_rows_are_shown_and_the_rest_is_counted(self):
        shipment = self.make_shipment()
        wizard = self.upload(self.csv_body(*[(shipment.name, "dispatched")] * 1234))
        wizard.action_preview()
        self.assertEqual((len(wizard.line_ids), wizard.hidden_count), (200, 1034))
        self.assertIn("1034 more", wizard.file_ids.summary)

    def test_several_files_are_several_messages(self):
        wizard = self.upload(b"a,b\n1,2\n", "1.csv")
        wizard.file_ids = [
            (0, 0, {"name": "2.csv", "data": base64.b64encode(b"a,b\n3,4\n")}),
            (0, 0, {"name": "3.csv", "data": base64.b64encode(b"a,b\n1,2\n")}),
        ]
        action = wizard.action_take_in()
        self.assertEqual(len(self.messages()), 2)
        self.assertEqual(action["tag"], "display_notification")

    def test_the_same_file_again_is_said_to_be_known(self):
        self.upload(b"a,b\n1,2\n").action_take_in()
        action = self.upload(b"a,b\n1,2\n", "other.csv").action_take_in()
        self.assertIn("came before", action["params"]["message"])
        self.assertEqual(len(self.messages()), 1)

    def test_useless_files_say_what_to_do(self):
        with self.assertRaisesRegex(UserError, "empty"):
            self.upload(b" "[:0]).action_preview()
        with self.assertRaisesRegex(UserError, "Add a file"):
            self.env["freight.upload"].create({"endpoint_id": self.endpoint.id}).action_preview()
        self.endpoint.state = "disabled"
        with self.assertRaisesRegex(UserError, "activate"):
            self.upload(b"x").action_take_in()

    def test_hostile_bytes_are_no_traceback(self):
        for body in (b"\0" * 50, b"\xff\xfe", b"[" * 5000, b"ISA" * 100, b"UNB+", b'"', b"{}"):
            for codec in ("x12", "edifact", "json", "csv"):
                with self.subTest(body[:4], codec=codec):
                    self.upload(body, codec=codec).action_preview()

    def test_dispatchers_upload_and_others_do_not(self):
        dispatcher = new_test_user(self.env, "up_di", "freight_canonical.group_freight_dispatcher")
        shipment = self.make_shipment()
        wizard = self.upload(self.csv_body((shipment.name, "dispatched")), user=dispatcher)
        wizard.action_preview()
        self.assertEqual(wizard.line_ids.status, "fine")
        wizard.action_take_in()
        self.assertIn("up_di", self.messages().origin)
        for group in ("freight_user", "freight_auditor"):
            person = new_test_user(self.env, f"up_{group}", f"freight_canonical.group_{group}")
            with self.subTest(group), self.assertRaises(AccessError):
                self.upload(b"x", user=person)

    def test_nobody_uploads_for_another_company(self):
        other = self.env["res.company"].create({"name": "Sister"})
        manager = new_test_user(
            self.env, "up_im", "freight_tms_connector.group_integration_manager",
            company_id=other.id, company_ids=[(6, 0, other.ids)],
        )  # fmt: skip
        with self.assertRaises(AccessError):
            self.upload(b"a,b\n1,2\n", user=manager).action_take_in()


@tagged("post_install", "-at_install")
class TestWaysNeutralized(ConnectorCase):
    def test_a_copied_database_fetches_nothing(self):
        poll = self.env["freight.poll"].create(
            {"name": "p", "endpoint_id": self.tms_endpoint.id, "url": "http://127.0.0.1:9/"}
        )
        folder = self.env["freight.folder"].create(
            {"name": "f", "endpoint_id": self.tms_endpoint.id, "host": "h", "user": "u"}
        )
        self.env.flush_all()
        script = Path(__file__).parents[1] / "data" / "neutralize.sql"
        self.env.cr.execute(script.read_text())
        self.env.invalidate_all()
        self.assertFalse(poll.active or folder.active)
        self.assertEqual(self.env["freight.poll"]._queue_claim()[1], [])

    def test_the_screens_open(self):
        for model in (
            "freight.poll", "freight.folder", "freight.endpoint", "freight.upload",
            "freight.folder.host.key",
        ):  # fmt: skip
            kinds = ["form"] if "upload" in model or "key" in model else ["form", "list", "search"]
            with self.subTest(model):
                views = self.env[model].get_views([(False, kind) for kind in kinds])
                self.assertEqual(set(views["views"]), set(kinds))
