"""Folders from claim to record, against a real OpenSSH server."""

import os
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .. import sftp
from .common import ConnectorCase
from .sftp_server import SftpServer
from .x12_samples import build_214

IM = "freight_tms_connector.group_integration_manager"
STATUS = ("AF", "2026-11-02", "0930", "CS")


class FolderCase(ConnectorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = SftpServer()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        self.server.start()
        self.addCleanup(self.server.stop)
        self.addCleanup(self._empty)
        self.endpoint = self.carrier_endpoint
        self.endpoint.write(
            {"credential_ids": [(0, 0, {"use": "sftp_key", "secret": self.server.private_key})]}
        )

    def _empty(self):
        for path in sorted(self.server.files.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

    def folder(self, **values):
        return self.env["freight.folder"].create(
            {
                "name": "Files out",
                "endpoint_id": self.endpoint.id,
                "host": "127.0.0.1",
                "port": self.server.port,
                "user": self.server.user,
                "host_key": self.server.fingerprint(),
                "whole": "age",
                **values,
            }
        )

    def look(self, folder):
        """Let the folder fall due and work the queue off. Return the messages so far."""
        folder.sudo().write({"next_attempt": False})
        self.drain("folders")
        return self.messages()

    def messages(self):
        return self.env["freight.message.in"].search(
            [("endpoint_id", "=", self.endpoint.id), ("channel", "=", "file")], order="id"
        )


@tagged("post_install", "-at_install")
class TestFolderRuns(FolderCase):
    def test_a_file_is_taken_in_and_moved_away(self):
        shipment = self.make_shipment()
        body = build_214(shipment=shipment.name, statuses=[STATUS])
        self.server.put("status.edi", body)
        folder = self.folder()
        message = self.look(folder)
        self.assertEqual((message.origin, message.codec), ("status.edi", "x12"))
        self.assertEqual(message._body(), body)
        self.assertEqual((self.server.names(), self.server.names("done")), ([], ["status.edi"]))
        self.assertEqual((folder.last_found, folder.last_error), ("1 new, 0 known", False))
        self.drain()
        self.assertEqual(message.state, "applied")

    def test_the_order_is_the_order_of_writing(self):
        self.server.put("a", b"1,2\n3,4\n", age=100_000)
        self.server.put("b", b"1,2\n5,6\n", age=300_000)
        self.server.put("c", b"1,2\n7,8\n", age=200_000)
        self.assertEqual(self.look(self.folder()).mapped("origin"), ["b", "c", "a"])

    def test_a_file_that_still_grows_waits_for_the_look_after(self):
        folder = self.folder(whole="stable")
        self.server.put("a", b"x,y\n1", age=0)
        self.assertFalse(self.look(folder))
        self.server.put("a", b"x,y\n1,2\n", age=0)
        self.assertFalse(self.look(folder))
        messages = self.look(folder)
        self.assertEqual(messages._body(), b"x,y\n1,2\n")

    def test_a_marker_goes_with_its_file(self):
        folder = self.folder(whole="done")
        self.server.put("a", b"x,y\n1,2\n")
        self.assertFalse(self.look(folder))
        self.server.put("a.done", b"")
        self.assertEqual(len(self.look(folder)), 1)
        self.assertEqual(self.server.names(), [])
        self.assertEqual(self.server.names("done"), ["a", "a.done"])

    def test_the_same_file_again_is_a_duplicate_and_another_content_is_not(self):
        folder = self.folder()
        self.server.put("daily.csv", b"x,y\n1,2\n")
        self.look(folder)
        self.server.put("daily.csv", b"x,y\n1,2\n")
        message = self.look(folder)
        self.assertEqual((len(message), message.duplicate_count), (1, 1))
        self.server.put("daily.csv", b"x,y\n3,4\n")
        self.assertEqual(len(self.look(folder)), 2)
        self.assertEqual(len(self.server.names("done")), 3)

    def test_a_crash_between_admission_and_move_admits_once(self):
        folder = self.folder()
        self.server.put("a.csv", b"x,y\n1,2\n")
        with patch.object(sftp.Session, "move", side_effect=SystemExit), suppress(SystemExit):
            self.look(folder)
        self.env.invalidate_all()
        self.assertEqual((len(self.messages()), self.server.names()), (1, ["a.csv"]))
        self.assertTrue(folder.claim_token)
        with freeze_time(fields.Datetime.now() + timedelta(hours=1)):
            self.assertEqual(self.env["freight.folder"]._queue_rescue(), 1)
        self.env.invalidate_all()
        self.assertEqual((len(self.messages()), self.server.names()), (1, []))
        self.assertEqual(folder.last_found, "0 new, 1 known")

    def test_a_folder_is_claimed_by_one_worker(self):
        folder = self.folder()
        _token, ids = self.env["freight.folder"]._queue_claim()
        self.assertEqual(ids, folder.ids)
        self.assertEqual(self.env["freight.folder"]._queue_claim()[1], [])

    def test_a_cut_connection_keeps_what_is_whole_and_the_next_look_goes_on(self):
        self.server.put("1.csv", b"x,y\n1,2\n", age=9000)
        self.server.put("2.csv", b"x,y\n" + b"1,2\n" * 1_000_000, age=8000)
        self.server.put("3.csv", b"x,y\n3,4\n", age=7000)
        folder = self.folder()
        chunks = sftp.Client.chunks

        def cut(client, name, size):
            for number, chunk in enumerate(chunks(client, name, size)):
                if number == 20:
                    self.server.kill_sessions()
                yield chunk

        with patch.object(sftp.Client, "chunks", cut):
            self.look(folder)
        self.assertEqual(self.messages().mapped("origin"), ["1.csv"])
        self.assertIn("connection", folder.last_error)
        self.assertEqual((folder.attempts, folder.state), (1, "running"))
        self.assertEqual(len(self.look(folder)), 3)
        self.assertEqual((self.server.names(), folder.attempts), ([], 0))

    def test_one_bad_file_holds_up_no_other(self):
        self.server.put("1.csv", b"", age=9000)
        self.server.put("2.csv", b"x" * 3000, age=8000)
        self.server.put("3.csv", b"x,y\n1,2\n", age=7000).chmod(0)
        self.server.put("4.csv", b"x,y\n5,6\n", age=6000)
        self.server.put("5.edi", b"ISA*damaged", age=5000)
        folder = self.folder(max_bytes=2000)
        messages = self.look(folder)
        self.assertEqual(messages.mapped("origin"), ["4.csv", "5.edi"])
        self.assertEqual(messages.mapped("state"), ["received", "quarantined"])
        self.assertEqual(self.server.names("refused"), ["1.csv", "2.csv"])
        self.assertEqual(self.server.names(), ["3.csv"])
        for words in ("1.csv is empty", "2.csv has 3000 bytes", "3.csv: the partner"):
            self.assertIn(words, folder.last_error)
        self.assertEqual(folder.attempts, 0)
        case = self.env["freight.exception"].search([("code", "=", "way_in")])
        self.assertEqual(len(case), 1)
        self.assertEqual(self.endpoint._ways_trouble(), {self.endpoint.id: 1})

    def test_a_file_that_cannot_be_moved_away_stops_the_look(self):
        self.server.put("1.csv", b"x,y\n1,2\n")
        self.server.files.chmod(0o500)
        self.addCleanup(self.server.files.chmod, 0o700)
        folder = self.folder()
        self.look(folder)
        self.assertEqual((len(self.messages()), folder.attempts), (1, 1))
        self.assertIn("done", folder.last_error)

    def test_files_may_be_deleted_afterwards(self):
        self.server.put("1.csv", b"x,y\n1,2\n")
        self.assertEqual(len(self.look(self.folder(after="delete"))), 1)
        self.assertEqual((self.server.names(), self.server.names("done")), ([], []))

    def test_more_files_than_one_run_takes(self):
        for number in range(5):
            self.server.put(f"{number}.csv", b"x,y\n%d,2\n" % number, age=9000 - number)
        folder = self.folder(max_files=2)
        with freeze_time("2026-11-02 12:00:00"):
            folder.min_age = -10_000_000
            self.assertEqual(len(self.look(folder)), 2)
            self.assertEqual(str(folder.next_attempt), "2026-11-02 12:00:10")

    def test_strange_names_are_stored(self):
        for name in ("Lieferung äöü.csv", b"latin-\xe9.csv", "line\nbreak.csv"):
            self.server.put(name, b"x,y\n1,2\n")
        messages = self.look(self.folder(whole="stable"))
        messages = self.look(self.env["freight.folder"].search([]))
        self.assertEqual(
            sorted(messages.mapped("origin")),
            ["Lieferung äöü.csv", "latin-\ufffd.csv", "line\ufffdbreak.csv"],
        )
        self.assertEqual(self.server.names(), [])

    def test_thirty_megabytes(self):
        body = b"x,y\n" + os.urandom(1024).hex().encode() * 15_000 + b",2\n"
        self.server.put("big.csv", body)
        message = self.look(self.folder())
        self.assertEqual((message.size, message._body() == body), (len(body), True))

    def test_in_a_directory_below(self):
        self.server.put("1.csv", b"x,y\n1,2\n", folder="out")
        self.assertEqual(len(self.look(self.folder(directory="out"))), 1)
        self.assertEqual(self.server.names("out/done"), ["1.csv"])


@tagged("post_install", "-at_install")
class TestFolderTrust(FolderCase):
    def test_another_host_key_stops_it_and_asks_a_person(self):
        folder = self.folder()
        self.server.stop()
        self.server.start("other")
        self.look(folder)
        self.assertEqual(folder.state, "stopped")
        self.assertIn("another key", folder.last_error)
        self.assertTrue(self.env["freight.exception"].search([("code", "=", "way_in")]))

    def test_without_a_confirmed_key_nothing_is_fetched(self):
        folder = self.folder(host_key=False)
        self.server.put("1.csv", b"x,y\n1,2\n")
        self.assertFalse(self.look(folder))
        self.assertEqual(folder.state, "stopped")

    def test_a_person_reads_compares_and_confirms_the_key(self):
        folder = self.folder(host_key=False)
        manager = new_test_user(self.env, "ways_im", IM)
        action = folder.with_user(manager).action_read_host_key()
        wizard = self.env[action["res_model"]].with_user(manager).browse(action["res_id"])
        self.assertEqual(wizard.fingerprint, self.server.fingerprint())
        self.assertFalse(folder.host_key)
        wizard.action_confirm()
        self.assertEqual(
            (folder.host_key, folder.host_key_type), (self.server.fingerprint(), "ssh-ed25519")
        )
        self.server.put("1.csv", b"x,y\n1,2\n")
        self.assertEqual(len(self.look(folder)), 1)
        folder.host = "localhost"
        self.assertFalse(folder.host_key_type)

    def test_a_server_that_is_not_there_says_so_to_who_reads_its_key(self):
        self.server.stop()
        with self.assertRaises(UserError):
            self.folder().action_read_host_key()

    def test_a_wrong_password_stops_it(self):
        self.endpoint.credential_ids.filtered(lambda one: one.use == "sftp_key").unlink()
        self.endpoint.credential_ids = [(0, 0, {"use": "sftp_password", "secret": "wrong"})]
        folder = self.folder()
        self.look(folder)
        self.assertEqual(folder.state, "stopped")
        self.assertIn("does not let", folder.last_error)

    def test_a_missing_directory_backs_off(self):
        folder = self.folder(directory="no/such")
        self.look(folder)
        self.assertEqual((folder.state, folder.attempts), ("running", 1))
        self.assertIn("no/such is not there", folder.last_error)

    def test_production_refuses_a_private_address(self):
        self.env["freight.environment"]._declare(True)
        self.endpoint.environment = "production"
        folder = self.folder()
        self.look(folder)
        self.assertIn("private network", folder.last_error)
        self.env["ir.config_parameter"].set_param("freight.outgoing_allowed", "127.0.0.0/8")
        self.server.put("1.csv", b"x,y\n1,2\n")
        self.assertEqual(len(self.look(folder)), 1)

    def test_the_test_button_takes_nothing(self):
        self.server.put("1.csv", b"x,y\n1,2\n")
        folder = self.folder()
        self.assertIn("1 files", folder.action_test()["params"]["message"])
        self.assertEqual(self.server.names(), ["1.csv"])

    def test_what_cannot_work_is_refused_when_it_is_saved(self):
        for values in ({"done_folder": "a/b"}, {"refused_folder": ".."}, {"directory": "a\nb"}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.folder(**values)

    def test_people_do_not_forge_what_the_server_said(self):
        folder = self.folder()
        manager = new_test_user(self.env, "ways_im", IM)
        auditor = new_test_user(self.env, "ways_au", "freight_canonical.group_freight_auditor")
        for values in ({"host_key_type": "x"}, {"seen": {}}, {"state": "stopped"}):
            with self.subTest(values), self.assertRaises(AccessError):
                folder.with_user(manager).write(values)
        for attempt in ("action_run_now", "action_test", "action_read_host_key"):
            with self.subTest(attempt), self.assertRaises(AccessError):
                getattr(folder.with_user(auditor), attempt)()
