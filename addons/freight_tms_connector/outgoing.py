"""Calls to a partner: to an address that was looked at first, within limits of time and size.

Plain `http.client` below, because the connection must go to the very address that was checked: a
name that is resolved twice may answer "public" first and "127.0.0.1" the second time.
"""

import io
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, urlsplit

from .reachable import Policy, may_call

CHUNK = 64 * 1024
#: Ports below this are other services' than HTTP, but for its own two.
_FIRST_FREE_PORT = 1024
#: Seconds that the beginning of a body is waited for once the status is known.
EXCERPT_SECONDS = 2.0
_HTTP_PORTS = {"http": 80, "https": 443}


class OutgoingError(Exception):
    """A call that did not come to an answer. The message is one sentence for a person."""


class AddressRefused(OutgoingError):
    """The address is one that we do not call."""


class Unreachable(OutgoingError):
    """The network, or the partner's server, failed: the same call may work later."""


class TooLarge(OutgoingError):
    """The answer is larger than the limit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, seconds for all of it, bytes of an answer."""

    connect: float = 5.0
    total: float = 20.0
    size: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What to send."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. ``headers`` looks names up whatever their case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(request: Request, policy: Policy, limits: Limits) -> Response:
    """Send ``request`` and return the whole answer, whatever its status. No redirect is followed.

    :raise AddressRefused: before anything is sent
    :raise Unreachable: no connection, no time left, or an answer cut off
    :raise TooLarge: the body exceeds ``limits.size``
    """
    return _call(request, policy, limits, _answer)


def deliver(request: Request, policy: Policy, limits: Limits) -> Response:
    """Send ``request`` and return status, headers and the beginning of the body.

    The status alone tells what became of a delivery: at most ``limits.size`` bytes are read, and
    what is slow, cut off or endless behind the headers changes nothing.

    :raise AddressRefused: before anything is sent
    :raise Unreachable: no connection, or no status in time
    """
    return _call(request, policy, limits, _beginning)


def _call(request, policy, limits, read):
    deadline = time.monotonic() + limits.total
    parts = split_url(request.url, policy)
    try:
        sock = connect(parts.hostname, _port(parts), policy, limits.connect)
        if parts.scheme == "https":
            sock = _secured(sock, parts.hostname, deadline)
        with closing(sock):
            timed = _Timed(sock, deadline)
            return read(_exchange(_Connection(parts, timed), parts, request), limits.size, timed)
    except TimeoutError as error:
        raise Unreachable(f"{parts.hostname} took longer than {limits.total:g} s.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(f"{parts.hostname}: {_in_words(error)}") from error


def split_url(url: str, policy: Policy) -> SplitResult:
    """Return the parts of ``url``.

    :raise AddressRefused: not an address, not HTTPS where that is asked for, with a password, or
        for a port of another service
    """
    try:
        parts = urlsplit(url)
        usable = parts.hostname and _port(parts) and url.isascii() and url.isprintable()
    except ValueError:
        usable = False
    if not usable or " " in url or parts.scheme not in _HTTP_PORTS:
        raise AddressRefused(f"{url} is no address: it begins with https:// and names a host.")
    if parts.scheme == "http" and not policy.plain:
        raise AddressRefused("Outside the sandbox an address begins with https://.")
    if "@" in parts.netloc:
        raise AddressRefused("Keep user and password among the secrets, not in the address.")
    port = _port(parts)
    odd = port < _FIRST_FREE_PORT and port not in _HTTP_PORTS.values()
    if odd and not (policy.private or policy.names(parts.hostname)):
        raise AddressRefused(
            f"Port {port} is another service's: use 443, 80 or one from {_FIRST_FREE_PORT} on."
        )
    return parts


def same_origin(one: str, other: str) -> bool:
    """Tell whether two URLs have scheme, host and port in common."""
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.hostname, _port(first)) == (
        second.scheme,
        second.hostname,
        _port(second),
    )


# Addresses ----------------------------------------------------------------------------------------


def connect(host: str, port: int, policy: Policy, timeout: float) -> socket.socket:
    """Return a socket that is connected to an address of ``host`` that ``policy`` allows.

    :param timeout: seconds for the look-up and all addresses together; each gets its share
    :raise AddressRefused: it has none, or nothing may be called at all
    :raise Unreachable: the name is not known, or nothing listens
    """
    if policy.closed:
        raise AddressRefused(policy.closed)
    deadline = time.monotonic() + timeout
    found = addresses(host, port, policy, timeout)
    failure = None
    for place, (family, address) in enumerate(found):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(_left(deadline) / (len(found) - place))
            sock.connect(address)
            return sock
        except OSError as error:
            sock.close()
            failure = error
    raise Unreachable(f"{host}:{port}: {_in_words(failure)}") from failure


def addresses(host: str, port: int, policy: Policy, timeout: float = 5) -> list[tuple[int, tuple]]:
    """Resolve ``host`` and return those of its (family, address) that may be called.

    :raise AddressRefused: it has none
    :raise Unreachable: the name is not known
    """
    allowed = [
        (family, address)
        for family, _type, _protocol, _name, address in _resolved(host, port, timeout)
        if may_call(host, address[0], policy)
    ]
    if not allowed:
        raise AddressRefused(
            f"{host} lies in a private network. An administrator may add it to the system"
            " parameter freight.outgoing_allowed."
        )
    return allowed


def _resolved(host, port, timeout):
    """Ask for the addresses of ``host``, on a thread that is left to itself when time is up.

    The resolver of the system knows no time-out of ours.
    """
    answers = []

    def ask():
        try:
            answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True, name="freight-resolver")
    thread.start()
    thread.join(timeout)
    if not answers:
        raise Unreachable(f"The name {host} was not found within {timeout:g} s.")
    [answer] = answers
    if isinstance(answer, Exception):
        raise Unreachable(f"The name {host} is not known: {_in_words(answer)}") from answer
    return answer


# The connection -----------------------------------------------------------------------------------


class _Connection(HTTPConnection):
    """One request over a socket that is connected already."""

    def __init__(self, parts, sock):
        super().__init__(parts.hostname, _port(parts))
        if parts.scheme == "https":
            self.default_port = 443  # the Host header leaves it out
        self.auto_open = 0
        self.sock = sock


def _secured(sock, host, deadline):
    try:
        sock.settimeout(_left(deadline))
        trusted = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        return _context(trusted).wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise


@lru_cache(maxsize=4)
def _context(_trusted):
    """Return the TLS settings; to read all authorities anew for each call costs more than it."""
    return ssl.create_default_context()


def _exchange(connection, parts, request):
    headers = {"Accept-Encoding": "identity", "Connection": "close", **request.headers}
    try:
        connection.request(request.method, _target(parts), request.body, headers)
    except ConnectionError as error:
        return _early_answer(connection, error)
    return connection.getresponse()


def _early_answer(connection, error):
    """Return the answer of a server that did not read to the end, or raise what happened."""
    try:
        return connection.getresponse()
    except (OSError, HTTPException):
        raise error from None


class _Timed:
    """A socket whose every wait ends at the deadline, however slowly the bytes drip."""

    def __init__(self, sock, deadline):
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data):
        """Send, within what is left of the time, however slowly it is taken."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.ready().send(rest[:CHUNK]) :]

    def ready(self):
        """Return the socket, set to wait no longer than there is time."""
        self._sock.settimeout(_left(self._deadline))
        return self._sock

    def hurry(self, seconds):
        """Leave no more than ``seconds`` from now on."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    def makefile(self, _mode):
        """Return what the answer is read from."""
        return io.BufferedReader(_TimedReader(self), CHUNK)

    def close(self):
        """Do nothing: `http.client` closes before the body was read, whoever opened it after."""


class _TimedReader(io.RawIOBase):
    def __init__(self, timed):
        super().__init__()
        self._timed = timed

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._timed.ready().recv_into(buffer)


def _left(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _answer(response: HTTPResponse, limit: int, _timed) -> Response:
    if response.length is not None and response.length > limit:
        raise TooLarge(f"The answer has {response.length} bytes, more than {limit}.")
    body = bytearray()
    while chunk := response.read(CHUNK):
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"The answer has more than {limit} bytes.")
    if response.length:
        raise Unreachable(f"The answer was cut off {response.length} bytes before its end.")
    return Response(response.status, response.headers, bytes(body))


def _beginning(response: HTTPResponse, limit: int, timed) -> Response:
    timed.hurry(EXCERPT_SECONDS)
    body = bytearray()
    # The status stands; what is missing of the body was for people to read.
    with suppress(OSError, HTTPException, ValueError):
        while len(body) < limit and (chunk := response.read1(limit - len(body))):
            body += chunk
    return Response(response.status, response.headers, bytes(body))


def _target(parts):
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _port(parts):
    return _HTTP_PORTS.get(parts.scheme) if parts.port is None else parts.port


def _in_words(error):
    return f"{getattr(error, 'strerror', None) or error or type(error).__name__}."
