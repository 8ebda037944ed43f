"""The Odoo server of the demo database."""

from __future__ import annotations

import http.client
import time

from . import checkout, config, processes
from .databases import odoo_command
from .ports import Ports
from .problem import Problem

PATIENCE = 120  # seconds the server gets to answer


def command(database: str, *arguments: str) -> list[str]:
    """Return the server's command line; it serves, and runs cron for, this database only."""
    return odoo_command("-c", str(config.SERVER_CONF), "-d", database, *arguments)


def start(database: str, ports: Ports) -> None:
    """Start the server in the background and wait until its login page answers."""
    processes.start("server", command(database))
    log = checkout.LOGS / "server.log"
    deadline = time.monotonic() + PATIENCE
    while not _answers(ports.http):
        if not processes.running("server"):
            raise Problem(f"the server ended while it started; read {log}.")
        if time.monotonic() > deadline:
            raise Problem(f"the server did not answer within {PATIENCE} seconds; read {log}.")
        time.sleep(0.5)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/web/login")
        return connection.getresponse().status == 200
    except ConnectionError:
        return False
    finally:
        connection.close()
