"""A real Odoo server in processes of its own, on ports of its own."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

HOST = "127.0.0.1"
EMPTY_ROUTE = "/freight_bench/empty"
PATIENCE = 90  # seconds that a server gets to answer, or to end


@contextmanager
def running(options, database, log, *, workers, cron_workers):
    """Yield the HTTP port of a prefork server on ``database``; stop it at the end."""
    http_port, gevent_port = _free_ports(2)
    command = [
        *(sys.executable, "-m", "odoo", *options),
        *("-d", database),  # a filter besides would cost a connection for each request
        *("--http-port", str(http_port), "--gevent-port", str(gevent_port)),
        *("--workers", str(workers), "--max-cron-threads", str(cron_workers)),
        *("--logfile", str(log)),
    ]
    with open(f"{log}.out", "w") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(process, http_port, workers)
        yield http_port
    finally:
        _stop(process)


def _free_ports(count):
    """Return ports that nobody listens on; held together so that they differ."""
    sockets = [socket.socket() for _number in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _wait_until_it_answers(process, port, workers):
    """Wait for the first answer, then let every worker load what it needs."""
    deadline = time.monotonic() + PATIENCE
    while not _answers(port):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the server did not answer within {PATIENCE} seconds")
        time.sleep(0.2)
    for _number in range(20 * workers):
        _answers(port)


def _answers(port):
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        connection.request("GET", EMPTY_ROUTE)
        return connection.getresponse().status == 200
    except ConnectionError:
        return False
    finally:
        connection.close()


def _stop(process):
    """End the server's whole process group: politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(PATIENCE / 3)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
