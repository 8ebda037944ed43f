"""A partner's API on 127.0.0.1 that answers as a test says, badly where it is told to."""

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class PartnerApi:
    """Answers each request with what ``answers`` gives, a function of (path, {parameter: value}).

    An answer is (status, headers, body), or a function that writes to the handler itself.
    """

    def __init__(self, answers=None):
        self.answers = answers
        self.requests = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.api = self
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/v1/events"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def asked(self):
        """The query parameters of all requests, in order."""
        return [query for _path, query, _headers, _body in self.requests]

    def close(self):
        """Go down."""
        self._server.shutdown()
        self._server.server_close()


def as_json(value, status=200, **headers):
    """Return an answer with ``value`` as JSON."""
    return status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


def dripping(seconds, pause=0.05):
    """Return an answer whose body comes byte by byte, and never ends within ``seconds``."""

    def write(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b" ")
            time.sleep(pause)

    return write


def dripping_headers(seconds, pause=0.05):
    """Return an answer whose first header never ends."""

    def write(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(pause)

    return write


def truncated(body, promised):
    """Return an answer that ends before the length it promised."""

    def write(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(promised))
        handler.end_headers()
        handler.wfile.write(body)

    return write


def endless(chunk=b" " * 65536):
    """Return an answer without an end, in chunks."""

    def write(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while True:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))

    return write


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802 - the name that http.server calls
        self._answer(b"")

    def do_POST(self):  # noqa: N802 - the name that http.server calls
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body):
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, True).items()}
        self.server.api.requests.append((parts.path, query, dict(self.headers), body))
        self.close_connection = True
        answer = self.server.api.answers(parts.path, query)
        with suppress(OSError):  # who asked has gone: that is what some tests do
            self._write(answer)

    def _write(self, answer):
        if callable(answer):
            answer(self)
            return
        status, headers, content = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments):
        """Say nothing: the tests look at what was asked."""
