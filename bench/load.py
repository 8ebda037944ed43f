"""HTTP clients in a process of their own: send prepared requests, time every answer.

`send` starts the process (`python -m bench.load`), which reads a pickled :class:`Plan` and writes
a pickled :class:`Outcome`. The client is spare on purpose: it shares the machine with the server.
"""

from __future__ import annotations

import pickle
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
TIMEOUT = 60  # seconds


@dataclass(frozen=True)
class Plan:
    """Raw HTTP/1.1 requests for 127.0.0.1:``port``, sent by ``clients`` at once."""

    port: int
    clients: int
    requests: list[bytes]


@dataclass(frozen=True)
class Outcome:
    """``latencies`` are in seconds, one for each request; ``statuses`` counts the answers."""

    seconds: float
    latencies: list[float]
    statuses: Counter

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds


def send(plan: Plan) -> Outcome:
    """Carry ``plan`` out in a process of its own.

    :raise subprocess.CalledProcessError: a connection broke and could not be opened again
    """
    finished = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=pickle.dumps(plan),
        stdout=subprocess.PIPE,
        check=True,
    )
    return pickle.loads(finished.stdout)


class Client(threading.Thread):
    """One caller: keeps its connection open as long as the server does."""

    def __init__(self, port, requests):
        super().__init__()
        self.port = port
        self.requests = requests
        self.latencies = []
        self.statuses = Counter()
        self.connection = None
        self.failure = None

    def run(self):
        """Take requests until there are none left; a failure is kept for who started us."""
        try:
            for request in self.requests:
                started = time.perf_counter()
                status = self.ask(request)
                self.latencies.append(time.perf_counter() - started)
                self.statuses[status] += 1
        except OSError as error:
            self.failure = error

    def ask(self, request):
        """Return the status of the answer to ``request``."""
        if self.connection is None:
            self.connection = socket.create_connection(("127.0.0.1", self.port), TIMEOUT)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.sendall(request)
        head = self.answer()
        if head.startswith(b"HTTP/1.0") or _CLOSE.search(head):
            self.connection.close()
            self.connection = None
        return int(head.split(b" ", 2)[1])

    def answer(self):
        """Read one answer to its end and return its head."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.more()
        head, _blank, body = received.partition(b"\r\n\r\n")
        announced = _LENGTH.search(head)
        missing = int(announced[1]) - len(body) if announced else 0
        while missing > 0:
            missing -= len(self.more())
        return head

    def more(self):
        """Return what arrives next."""
        chunk = self.connection.recv(65536)
        if not chunk:
            raise ConnectionResetError("the server closed the connection before its answer")
        return chunk


class Shared:
    """An iterator that several threads take from."""

    def __init__(self, items):
        self.items = iter(items)
        self.lock = threading.Lock()

    def __iter__(self):
        return self

    def __next__(self):
        with self.lock:
            return next(self.items)


def carry_out(plan: Plan) -> Outcome:
    """Send the requests of ``plan`` from here.

    :raise OSError: a connection failed
    """
    shared = Shared(plan.requests)
    clients = [Client(plan.port, shared) for _number in range(plan.clients)]
    started = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seconds = time.perf_counter() - started
    for client in clients:
        if client.failure:
            raise client.failure
    return Outcome(
        seconds,
        [latency for client in clients for latency in client.latencies],
        sum((client.statuses for client in clients), Counter()),
    )


if __name__ == "__main__":
    from bench import load  # pickles must name this module, not __main__

    outcome = load.carry_out(pickle.load(sys.stdin.buffer))
    sys.stdout.buffer.write(pickle.dumps(outcome))
