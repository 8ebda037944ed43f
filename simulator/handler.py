"""HTTP as the partners speak it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

MAX_BODY = 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; ``body`` is sent as JSON unless it is text."""

    status: int
    body: object
    headers: Mapping[str, str] = field(default_factory=dict)


class Handler(BaseHTTPRequestHandler):
    """Hands requests to the simulator of its server, and answers what that says."""

    server_version = "PartnerSimulator"

    def do_GET(self) -> None:
        """Answer a GET request."""
        path, _mark, query = self.path.partition("?")
        self._send(self.server.simulator.get(path, query, self._lower_headers()))

    def do_POST(self) -> None:
        """Answer a POST request with a body of known length."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            return self._send(Answer(411, {"error": "Content-Length is missing"}))
        if int(length) > MAX_BODY:
            return self._send(Answer(413, {"error": f"more than {MAX_BODY} bytes"}))
        body = self.rfile.read(int(length))
        self._send(
            self.server.simulator.post(self.path.partition("?")[0], self._lower_headers(), body)
        )

    def _lower_headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _send(self, answer: Answer) -> None:
        is_page = isinstance(answer.body, str)
        body = (answer.body if is_page else json.dumps(answer.body)).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/html" if is_page else "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args) -> None:
        """Say nothing on the console: ``/log`` tells it."""
