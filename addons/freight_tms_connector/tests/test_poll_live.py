"""Polls and folders as real servers run them: by their lanes, and killed in the middle."""

import threading

from odoo.tests import tagged

from .live_server import LiveServer, wait_until
from .partner_api import PartnerApi, as_json
from .sftp_server import SftpServer
from .test_live import LiveCase

PAGES = 3


@tagged("post_install", "-at_install")
class TestWaysLive(LiveCase):
    def setUp(self):
        super().setUp()
        self.server = LiveServer(self.database)
        self.addCleanup(self.server.kill)
        self.api = PartnerApi()
        self.addCleanup(self.api.close)
        self.sftp = SftpServer()
        self.addCleanup(self.sftp.close)

    def configure(self, use, secret, model, **values):
        """Commit a way in of the carrier's endpoint with its secret."""
        with self.database.env() as env:
            endpoint = self.carrier_endpoint.with_env(env)
            endpoint.credential_ids = [(0, 0, {"use": use, "secret": secret})]
            env[model].create({"name": model, "endpoint_id": endpoint.id, **values})

    def came(self, channel):
        """Return (messages, repeats) that came by ``channel``."""
        return self.database.query(
            "SELECT count(*), count(d.id) FROM freight_message_in m"
            " LEFT JOIN freight_message_duplicate d ON d.message_id = m.id WHERE m.channel = %s",
            channel,
        )[0]

    def test_a_server_killed_between_pages_and_files_takes_everything_once(self):
        third, killed = threading.Event(), threading.Event()
        self.addCleanup(killed.set)

        def answer(_path, query):
            page = int(query.get("after") or 0)
            if page == PAGES - 1 and not third.is_set():
                third.set()
                killed.wait(60)
            following = str(page + 1) if page + 1 < PAGES else None
            items = [{"page": page, "number": number} for number in range(10)]
            return as_json({"items": items, "next": following})

        self.api.answers = answer
        self.sftp.start()
        for number in range(5):
            self.sftp.put(f"{number}.csv", b"x,y\n%d,2\n" % number)
        self.server.start()
        self.configure(
            "poll", "token", "freight.poll",
            url=self.api.url, items_path="items", kind="cursor", next_path="next",
            parameter="after",
        )  # fmt: skip
        self.configure(
            "sftp_key", self.sftp.private_key, "freight.folder",
            host="127.0.0.1", port=self.sftp.port, user=self.sftp.user,
            host_key=self.sftp.fingerprint(), whole="age",
        )  # fmt: skip
        wait_until(third.is_set, "the third page is asked for")
        self.server.kill()
        killed.set()
        self.assertEqual(self.came("poll"), (20, 0))
        self.assertEqual(self.database.scalar("SELECT cursor FROM freight_poll"), str(PAGES - 1))
        self.server.start()
        self.let_leases_run_out()
        wait_until(lambda: self.came("poll") == (30, 0), "the third page is taken in")
        wait_until(lambda: self.came("file")[0] == 5, "the files are taken in")
        wait_until(lambda: not self.sftp.names(), "the files are moved away")
        self.assertEqual(self.sftp.names("done"), [f"{number}.csv" for number in range(5)])

    def let_leases_run_out(self):
        """Do what a few minutes do to what a dead server had claimed."""
        with self.database.env() as env:
            for table in ("freight_poll", "freight_folder"):
                env.cr.execute(
                    f"UPDATE {table} SET lease_until = now() AT TIME ZONE 'UTC' - interval '1 s',"
                    " next_attempt = NULL WHERE claim_token IS NOT NULL"
                )
        self.database.let_a_minute_pass()
