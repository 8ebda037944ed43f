"""Files of a partner's folder, against a real OpenSSH server."""

import hashlib
import os
import threading
import time
from unittest import TestCase
from unittest.mock import patch

from .. import pickup, sftp, sftp_client
from ..outgoing import AddressRefused, Limits, Policy
from .sftp_server import SftpServer

SANDBOX = Policy(plain=True, private=True)
LIMITS = Limits(connect=3, total=30)
MEGA = 1024 * 1024


class SftpCase(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = SftpServer()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.server.start()
        self.addCleanup(self.server.stop)
        self.addCleanup(self._empty)

    def _empty(self):
        for path in sorted(self.server.files.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

    def login(self, **values):
        return sftp.Login(
            **{
                "host": "127.0.0.1",
                "port": self.server.port,
                "user": self.server.user,
                "fingerprint": self.server.fingerprint(),
                "key_type": "ssh-ed25519",
                "private_key": self.server.private_key,
                **values,
            }
        )

    def session(self, limits=LIMITS, **values):
        return sftp.session(self.login(**values), SANDBOX, limits)


class TestConnection(SftpCase):
    def test_the_key_that_is_read_is_the_one_that_openssh_shows(self):
        key = sftp.read_host_key("127.0.0.1", self.server.port, SANDBOX, LIMITS)
        self.assertEqual(
            (key.key_type, key.fingerprint), ("ssh-ed25519", self.server.fingerprint())
        )

    def test_another_server_gets_neither_user_nor_password(self):
        self.server.stop()
        before = len(self.server.log())
        self.server.start("other")
        with (
            self.assertRaisesRegex(sftp.WrongHostKey, "another key") as caught,
            self.session(),
        ):
            self.fail("was let in")
        self.assertTrue(caught.exception.stops)
        self.assertNotIn(self.server.user, self.server.log()[before:])

    def test_without_a_confirmed_key_there_is_no_connection(self):
        with self.assertRaises(sftp.WrongHostKey), self.session(fingerprint=""):
            self.fail("was let in")

    def test_a_server_whose_key_is_of_another_kind_now(self):
        self.server.stop()
        self.server.start("rsa")
        with self.assertRaises(sftp.WrongHostKey), self.session():
            self.fail("was let in")
        with self.session(fingerprint=self.server.fingerprint("rsa"), key_type="ssh-rsa") as open_:
            self.assertEqual(open_.files("."), [])

    def test_a_wrong_password_stops(self):
        with (
            self.assertRaisesRegex(sftp.LoginRefused, "does not let") as caught,
            self.session(private_key=None, password="wrong"),
        ):
            self.fail("was let in")
        self.assertTrue(caught.exception.stops)

    def test_a_foreign_or_unreadable_private_key_stops(self):
        foreign = (self.server.folder / "host_other").read_text()
        for key in (foreign, "junk", foreign[:80]):
            with self.subTest(key[:10]), self.assertRaises(sftp.LoginRefused):
                with self.session(private_key=key):
                    self.fail("was let in")

    def test_a_private_key_without_its_line_breaks_is_read(self):
        with self.session(private_key=self.server.private_key.replace("\n", "")) as open_:
            self.assertEqual(open_.files("."), [])

    def test_nobody_there(self):
        self.server.stop()
        with self.assertRaisesRegex(Exception, "Connection refused"), self.session():
            self.fail("was let in")

    def test_private_addresses_are_refused_outside_the_sandbox(self):
        with self.assertRaises(AddressRefused), sftp.session(self.login(), Policy(), LIMITS):
            self.fail("was let in")

    def test_keys_and_known_hosts_of_this_machine_do_not_count(self):
        with patch.dict(os.environ, {"SSH_AUTH_SOCK": "/nowhere", "HOME": str(self.server.folder)}):
            with self.assertRaises(sftp.LoginRefused):
                with self.session(private_key=None, password=None):
                    self.fail("was let in")


class TestFiles(SftpCase):
    def download(self, name, limit=MEGA, folder="."):
        with self.session() as session:
            (entry,) = [one for one in session.files(folder) if one.name == name]
            return session.download(folder, entry, limit)

    def test_a_file_comes_whole_with_its_digest(self):
        body = os.urandom(300_001)
        self.server.put("a.edi", body)
        download = self.download("a.edi")
        self.assertEqual(download.body, body)
        self.assertEqual(download.digest, hashlib.sha256(body).hexdigest())

    def test_thirty_megabytes(self):
        body = os.urandom(MEGA) * 30
        self.server.put("big.edi", body)
        self.assertEqual(self.download("big.edi", 32 * MEGA).body, body)

    def test_an_empty_file_is_empty(self):
        self.server.put("empty", b"")
        self.assertEqual(self.download("empty").body, b"")

    def test_a_file_beyond_the_limit_is_not_read(self):
        self.server.put("big", b"x" * 2000)
        with self.assertRaisesRegex(sftp.FileTooLarge, "2000 bytes, more than 1000"):
            self.download("big", 1000)

    def test_a_file_that_grows_meanwhile_is_left_alone(self):
        self.server.put("grows", b"x" * 100)
        with self.session() as session:
            (entry,) = session.files(".")
            self.server.put("grows", b"x" * 200, age=0)
            with self.assertRaisesRegex(sftp.FileChanged, "still being written"):
                session.download(".", entry, MEGA)

    def test_a_file_that_is_cut_while_it_is_read_is_left_alone(self):
        path = self.server.put("cut", b"x" * 500_000)
        with self.session() as session:
            (entry,) = session.files(".")
            chunks = sftp.Client.chunks

            def cutting(client, name, size):
                for chunk in chunks(client, name, size):
                    os.truncate(path, 100_000)
                    yield chunk

            with patch.object(sftp.Client, "chunks", cutting):
                with self.assertRaises(sftp.FileChanged):
                    session.download(".", entry, MEGA)

    def test_a_file_that_is_written_anew_while_it_is_read_is_left_alone(self):
        self.server.put("same size", b"x" * 100)
        chunks = sftp.Client.chunks

        def overwritten(client, name, size):
            yield from chunks(client, name, size)
            self.server.put("same size", b"y" * 100, age=0)

        with self.session() as session:
            (entry,) = session.files(".")
            with patch.object(sftp.Client, "chunks", overwritten):
                with self.assertRaises(sftp.FileChanged):
                    session.download(".", entry, MEGA)

    def test_a_file_that_vanishes_between_look_and_download(self):
        path = self.server.put("gone", b"x")
        with self.session() as session:
            (entry,) = session.files(".")
            path.unlink()
            with self.assertRaises(sftp.FileGone):
                session.download(".", entry, MEGA)
            self.assertEqual(session.files("."), [])

    def test_an_unreadable_file_is_trouble_and_the_session_goes_on(self):
        self.server.put("closed", b"x").chmod(0)
        self.server.put("open", b"y")
        with self.session() as session:
            closed, opened = session.files(".")
            with self.assertRaisesRegex(sftp.FileTrouble, "forbids"):
                session.download(".", closed, MEGA)
            self.assertEqual(session.download(".", opened, MEGA).body, b"y")

    def test_a_missing_directory_is_named(self):
        with self.session() as session:
            with self.assertRaisesRegex(sftp.FileGone, "no/such is not there"):
                session.files("no/such")

    def test_strange_names_come_and_go(self):
        names = ["Lieferung äöü 日本.edi", "a b.edi", "line\nbreak.edi", "..edi", "-rf", "%s%n",
                 b"latin-\xe9.edi", "'quote\"", "x" * 200]  # fmt: skip
        for name in names:
            self.server.put(name, os.fsencode(name))
        with self.session() as session:
            entries = session.files(".")
            self.assertEqual(len(entries), len(names))
            for entry in entries:
                download = session.download(".", entry, MEGA)
                self.assertEqual(download.body, os.fsencode(entry.name))
                session.move(".", entry.name, "done", download.digest)
                sftp.printable(entry.name).encode()
                self.assertNotIn("\n", sftp.printable(entry.name))
            self.assertEqual(session.files("."), [])
        self.assertEqual(sorted(os.listdir(os.fsencode(self.server.files / "done"))),
                         sorted(map(os.fsencode, names)))  # fmt: skip

    def test_links_and_folders_are_no_files(self):
        secret = self.server.folder / "authorized_keys"
        (self.server.files / "link.edi").symlink_to(secret)
        (self.server.files / "folder.edi").mkdir()
        with self.session() as session:
            self.assertEqual(session.files("."), [])

    def test_a_file_that_became_a_link_is_not_followed(self):
        path = self.server.put("swap.edi", b"x")
        with self.session() as session:
            (entry,) = session.files(".")
            path.unlink()
            path.symlink_to(self.server.folder / "authorized_keys")
            with self.assertRaises(sftp.FileChanged):
                session.download(".", entry, MEGA)

    def test_a_name_that_is_a_path_is_no_name(self):
        for name in ("", ".", "..", "a/b", "../x", "a\0b"):
            self.assertFalse(sftp.is_plain(name))

    def test_what_was_moved_before_is_not_overwritten(self):
        self.server.put("a", b"1")
        with self.session() as session:
            session.move(".", "a", "done", "1" * 64)
            self.server.put("a", b"2")
            session.move(".", "a", "done", "2" * 64)
        self.assertEqual(self.server.names("done"), ["a", "a.222222222222"])
        self.assertEqual((self.server.files / "done" / "a").read_bytes(), b"1")

    def test_a_folder_that_cannot_be_made_is_named(self):
        self.server.put("a", b"1")
        self.server.files.chmod(0o500)
        self.addCleanup(self.server.files.chmod, 0o700)
        with self.session() as session, self.assertRaisesRegex(sftp.FileTrouble, "done"):
            session.move(".", "a", "done", "1" * 64)

    def test_a_connection_that_is_cut_in_the_middle_gives_nothing(self):
        self.server.put("big", os.urandom(MEGA) * 20)
        chunks = sftp.Client.chunks
        killed = []

        def cut(client, name, size):
            for number, chunk in enumerate(chunks(client, name, size)):
                if number == 50:
                    killed.append(self.server.kill_sessions())
                yield chunk

        started, threads = time.monotonic(), threading.active_count()
        with patch.object(sftp.Client, "chunks", cut):
            with self.assertRaises(sftp.ConnectionLost), self.session() as session:
                (entry,) = session.files(".")
                session.download(".", entry, 32 * MEGA)
        self.assertTrue(killed[0])
        self.assertLess(time.monotonic() - started, 20)
        time.sleep(0.2)
        self.assertLessEqual(threading.active_count(), threads)

    def test_a_transfer_that_takes_too_long_is_given_up(self):
        self.server.put("a", b"x" * 100_000)
        with self.assertRaisesRegex(sftp.ConnectionLost, "too long"):
            with self.session(Limits(connect=3, total=0)) as session:
                (entry,) = session.files(".")
                session.download(".", entry, MEGA)

    def test_what_is_put_appears_whole(self):
        body = os.urandom(700_000)
        with self.session() as session:
            session.put(".", "out ä.edi", body)
            session.put(".", "out ä.edi", body + b"2")
        self.assertEqual(self.server.names(), ["out ä.edi"])
        self.assertEqual((self.server.files / "out ä.edi").read_bytes(), body + b"2")

    def test_a_directory_without_an_end_is_cut(self):
        for number in range(30):
            self.server.put(f"f{number}", b"")
        with patch.object(sftp_client, "MOST_LISTED", 10), self.session() as session:
            self.assertLessEqual(len(session.files(".")), 30)


class TestPickup(TestCase):
    """Which files are whole."""

    def due(self, files, now=10_000, **rule):
        entries = [sftp.Entry(*one) for one in files]
        ready, seen = pickup.due(entries, pickup.Rule(**rule), now)
        return [entry.name for entry in ready], seen

    def test_a_file_must_look_the_same_twice(self):
        ready, seen = self.due([("a", 5, 100), ("b", 5, 100)])
        self.assertEqual(ready, [])
        ready, seen = self.due([("a", 5, 100), ("b", 6, 100)], seen=seen)
        self.assertEqual(ready, ["a"])
        ready, _seen = self.due([("b", 6, 101)], seen=seen)
        self.assertEqual(ready, [])

    def test_a_file_must_not_be_written_to_for_a_while(self):
        files = [("old", 5, 9_000), ("new", 5, 9_990), ("future", 5, 20_000)]
        ready, _seen = self.due(files, whole="age", min_age=60)
        self.assertEqual(ready, ["old"])

    def test_a_marker_must_not_be_older_than_its_file(self):
        files = [("a", 5, 100), ("a.done", 0, 100), ("b", 5, 200), ("b.done", 0, 100), ("c", 5, 1)]
        ready, _seen = self.due(files, whole="done")
        self.assertEqual(ready, ["a"])

    def test_names_of_unfinished_files_are_left_alone(self):
        files = [(name, 1, 1) for name in (".a", "b.tmp", "c.PART", "d.filepart", "e.edi")]
        ready, _seen = self.due(files, whole="age")
        self.assertEqual(ready, ["e.edi"])

    def test_patterns_whatever_the_case(self):
        files = [(name, 1, 1) for name in ("a.EDI", "b.csv", "c.txt", "line\nx.edi")]
        ready, _seen = self.due(files, whole="age", pattern="*.edi  *.csv")
        self.assertEqual(ready, ["a.EDI", "b.csv", "line\nx.edi"])

    def test_what_was_seen_can_be_stored_whatever_the_name(self):
        _ready, seen = self.due([("a\udce9 \n%", 1, 2)])
        self.assertEqual(seen, {"a%E9%20%0A%25": [1, 2]})
