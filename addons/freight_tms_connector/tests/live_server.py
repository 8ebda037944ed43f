"""Real servers for tests that a transaction cannot play: own database, own process, own port."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import SkipTest
from unittest.mock import patch

import psycopg2
from odoo import SUPERUSER_ID, api
from odoo.addons.freight_canonical import db
from odoo.modules.registry import Registry
from odoo.sql_db import close_db, connection_info_for
from odoo.tools import config
from psycopg2.sql import SQL, Identifier

#: Seconds that anything may take before a test gives up on it.
PATIENCE = 60


def free_port():
    """Return a TCP port that nobody listens on at the moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, patience=PATIENCE):
    """Ask ``condition()`` until it is true, and return what it said.

    :raise AssertionError: naming ``what``, when patience ends
    """
    deadline = time.monotonic() + patience
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {patience} seconds")
        time.sleep(0.05)
    return answer


class LiveDatabase:
    """A committed copy of the template that set-up made, for one test class."""

    def __init__(self, name):
        template = os.environ.get("FREIGHT_TEST_TEMPLATE")
        if not template:
            raise SkipTest("FREIGHT_TEST_TEMPLATE names no database: run make test")
        self.name = f"{template}_{name}_{os.getpid()}"
        self.drop()
        self._maintain("CREATE DATABASE {} TEMPLATE {}", self.name, template)
        self.load()
        with self.env() as env:
            lanes = env["freight.queue.lane"].search([])
            others = env["ir.cron"].search([("id", "not in", lanes.cron_id.ids)])
            others.write({"active": False})

    def load(self):
        """Read what the database knows of models, anew after another process upgraded it."""
        Registry.delete(self.name)
        # What pytest enables for the tests themselves would start all others here.
        with patch.dict(config.options, {"test_enable": False}):
            self.registry = Registry(self.name)

    def drop(self):
        """Forget the database and everything that is in it."""
        Registry.delete(self.name)
        close_db(self.name)
        self._maintain("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)

    @contextmanager
    def env(self):
        """Yield an environment whose work is committed, and made known to other processes."""
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})
        self.registry.signal_changes()

    def query(self, statement, *parameters):
        """Return the rows of ``statement``, as they stand committed now."""
        with self.registry.cursor() as cr:
            cr.execute(statement, parameters)
            return cr.fetchall()

    def scalar(self, statement, *parameters):
        """Return the one value of ``statement``."""
        return self.query(statement, *parameters)[0][0]

    def let_a_minute_pass(self):
        """Do what time does: leases of the dead run out, and the lanes' crons fall due."""
        with db.read_committed(self.registry) as cr:  # a server may be at work
            for table in ("freight_message_in", "freight_message_out", "freight_event_work"):
                statement = SQL(
                    "UPDATE {} SET lease_until = now() AT TIME ZONE 'UTC' - interval '1 s',"
                    " next_attempt = NULL WHERE lease_until IS NOT NULL OR next_attempt IS NOT NULL"
                )
                cr.execute(statement.format(Identifier(table)))
        with self.env() as env:
            for lane in env["freight.queue.lane"].search([]):
                lane.cron_id._trigger()

    def _maintain(self, statement, *names):
        _name, dsn = connection_info_for("postgres")
        with closing(psycopg2.connect(**dsn)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(SQL(statement).format(*map(Identifier, names)))


class LiveServer:
    """An Odoo process of its own, with lanes that run; ``arguments`` are for its command line."""

    def __init__(self, database, *arguments):
        self.database = database
        self.arguments = arguments
        self.port = free_port()
        self.process = None
        self.log = tempfile.TemporaryFile()

    def start(self):
        """Start the process and wait until the door answers."""
        name = self.database.name
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "odoo", "-c", os.environ["FREIGHT_ODOO_CONF"]),
                *("-d", name, "--http-port", str(self.port)),
                *("--workers", "0", "--max-cron-threads", "2", "--log-level", "warn"),
                *self.arguments,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        wait_until(self._answers, "the server starts")

    def kill(self):
        """Kill the process as a power cut would, and wait until the database noticed."""
        if self.process:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            wait_until(self._forgotten, "the database drops the dead server's connections")
            self.process = None

    def post(self, path, body, headers):
        """POST; return (status, decoded JSON).

        :raise AssertionError: with what the server wrote, for a fault of the server's own
        """
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            if answer.status == 500:
                raise AssertionError(f"the server failed:\n{self.output()}")
            return answer.status, json.loads(answer.read())

    def output(self):
        """Return what the process wrote so far."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended while it started:\n{self.output()}")
        try:
            status, _problem = self.post("/freight/v1/hooks/nobody", b"{}", {})
        except (OSError, HTTPException, ValueError):
            return False
        return status == 404

    def _forgotten(self):
        return not self.database.query(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = %s",
            f"odoo-{self.process.pid}",
        )


class Partner:
    """A partner's HTTP server that may be down, or slow to answer."""

    def __init__(self):
        self.port = free_port()
        self.received = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._server = None

    @property
    def url(self):
        """Where it listens while it is up."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self):
        """The webhook-ids of all that came, repeats included."""
        return [message_id for message_id, _body in self.received]

    def start(self):
        """Come up."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _PartnerHandler)
        self._server.daemon_threads = True
        self._server.partner = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        """Go down."""
        self.may_answer.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _PartnerHandler(BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802 - the name that http.server calls
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.partner.received.append((self.headers["webhook-id"], body))
        self.server.partner.may_answer.wait(PATIENCE)
        try:
            self.send_response(204)
            self.end_headers()
        except OSError:
            self.close_connection = True  # who asked is dead: that is what the tests do

    def log_message(self, *_arguments):
        """Say nothing: the tests look at what was received."""
