"""Servers that are no OpenSSH: they take passwords by other ways, and give less than was asked."""

import os
import socket
import stat
import threading
from unittest import TestCase
from unittest.mock import patch

import paramiko

from .. import sftp
from ..outgoing import Limits, Policy

BODY = os.urandom(100_000)
PASSWORD = "right"


class _Doorman(paramiko.ServerInterface):
    def __init__(self, ways):
        self.ways = ways

    def get_allowed_auths(self, _user):
        return ",".join(self.ways)

    def check_auth_password(self, _user, password):
        good = "password" in self.ways and password == PASSWORD
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_auth_interactive(self, _user, _submethods):
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses):
        good = list(responses) == [PASSWORD]
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, _kind, _number):
        return paramiko.OPEN_SUCCEEDED


class _Files(paramiko.SFTPServerInterface):
    """One file, of which each read gives a thousand bytes at most."""

    announced = len(BODY)

    def _attributes(self):
        attributes = paramiko.SFTPAttributes()
        attributes.filename = "a.edi"
        attributes.st_size, attributes.st_mtime, attributes.st_atime = self.announced, 1, 1
        attributes.st_mode = stat.S_IFREG | 0o600
        return attributes

    def list_folder(self, _path):
        return [self._attributes()]

    def lstat(self, _path):
        return self._attributes()

    def open(self, _path, flags, _attributes):
        return _Sparing(flags)


class _Sparing(paramiko.SFTPHandle):
    def read(self, offset, length):
        return BODY[offset : offset + min(length, 1000)] or paramiko.SFTP_EOF

    def close(self):
        pass


class TestOtherServers(TestCase):
    def setUp(self):
        self.ways = ["password"]
        self.key = paramiko.RSAKey.generate(2048)
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.addCleanup(self.listener.close)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        connection, _address = self.listener.accept()
        transport = paramiko.Transport(connection)
        self.addCleanup(transport.close)
        transport.add_server_key(self.key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files)
        transport.start_server(server=_Doorman(self.ways), event=threading.Event())

    def session(self, password=PASSWORD):
        login = sftp.Login(
            host="127.0.0.1",
            port=self.listener.getsockname()[1],
            user="us",
            fingerprint=sftp.fingerprint_of(self.key),
            key_type="ssh-rsa",
            password=password,
        )
        return sftp.session(login, Policy(private=True), Limits(connect=3, total=20))

    def download(self):
        with self.session() as session:
            (entry,) = session.files(".")
            return session.download(".", entry, 2 * len(BODY)).body

    def test_a_password_lets_in_and_short_reads_are_made_whole(self):
        self.assertEqual(self.download(), BODY)

    def test_a_file_that_ends_before_its_size_is_not_taken(self):
        with patch.object(_Files, "announced", len(BODY) + 5000):
            with self.assertRaisesRegex(sftp.FileChanged, "ended after 100000 of 105000"):
                self.download()

    def test_a_server_that_asks_for_the_password_interactively(self):
        self.ways[:] = ["keyboard-interactive"]
        self.assertEqual(self.download(), BODY)

    def test_a_server_that_takes_keys_only_is_named(self):
        self.ways[:] = ["publickey"]
        with self.assertRaisesRegex(sftp.LoginRefused, "publickey only"), self.session():
            self.fail("was let in")
