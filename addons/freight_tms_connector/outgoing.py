"""Calls to a partner: to an address that was looked at first, within limits of time and size.

Plain `http.client` below, because the connection must go to the very address that was checked: a
name that is resolved twice may answer "public" first and "127.0.0.1" the second time.
"""

import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, urlsplit

CHUNK = 64 * 1024
#: The well-known prefix of NAT64 (RFC 6052), which carries an IPv4 address in its last four bytes.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class OutgoingError(Exception):
    """A call that did not come to an answer. The message is one sentence for a person."""


class AddressRefused(OutgoingError):
    """The address is one that we do not call."""


class Unreachable(OutgoingError):
    """The network, or the partner's server, failed: the same call may work later."""


class TooLarge(OutgoingError):
    """The answer is larger than the limit."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses may be called.

    :ivar plain: http:// is allowed, as in a sandbox
    :ivar private: private and loopback addresses are allowed, as in a sandbox; link-local ones,
        where clouds keep their instance data, are not
    :ivar allowed: host names and networks ("10.1.0.0/16") of partners on the premises
    """

    plain: bool = False
    private: bool = False
    allowed: tuple[str, ...] = ()


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
    """Send ``request`` and return the answer, whatever its status. Redirects are not followed.

    :raise AddressRefused: before anything is sent
    :raise Unreachable: no connection, no time left, or an answer cut off
    :raise TooLarge: the body exceeds ``limits.size``
    """
    deadline = time.monotonic() + limits.total
    parts = split_url(request.url, policy)
    try:
        sock = connect(parts.hostname, _port(parts), policy, limits.connect)
        if parts.scheme == "https":
            sock = _secured(sock, parts.hostname, deadline)
        with closing(sock):
            return _exchange(_Connection(parts, _Timed(sock, deadline)), parts, request, limits)
    except TimeoutError as error:
        raise Unreachable(f"{parts.hostname} took longer than {limits.total:g} s.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(f"{parts.hostname}: {_in_words(error)}") from error


def split_url(url: str, policy: Policy) -> SplitResult:
    """Return the parts of ``url``.

    :raise AddressRefused: not an address, not HTTPS where that is asked for, or with a password
    """
    try:
        parts = urlsplit(url)
        usable = parts.hostname and _port(parts) and url.isascii() and url.isprintable()
    except ValueError:
        usable = False
    if not usable or " " in url or parts.scheme not in ("http", "https"):
        raise AddressRefused(f"{url} is no address: it begins with https:// and names a host.")
    if parts.scheme == "http" and not policy.plain:
        raise AddressRefused("Outside the sandbox an address begins with https://.")
    if parts.username or parts.password:
        raise AddressRefused("Keep user and password among the secrets, not in the address.")
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

    :raise AddressRefused: it has none
    :raise Unreachable: the name is not known, or nothing listens
    """
    failure = None
    for family, address in addresses(host, port, policy):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(timeout)
            sock.connect(address)
            return sock
        except OSError as error:
            sock.close()
            failure = error
    raise Unreachable(f"{host}:{port}: {_in_words(failure)}") from failure


def addresses(host: str, port: int, policy: Policy) -> list[tuple[int, tuple]]:
    """Resolve ``host`` and return those of its (family, address) that may be called.

    :raise AddressRefused: it has none
    :raise Unreachable: the name is not known
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"The name {host} is not known: {_in_words(error)}") from error
    allowed = [
        (family, address)
        for family, _type, _protocol, _name, address in found
        if may_call(host, address[0], policy)
    ]
    if not allowed:
        raise AddressRefused(
            f"{host} lies in a private network. An administrator may add it to the system"
            " parameter freight.outgoing_allowed."
        )
    return allowed


def may_call(host: str, address: str, policy: Policy) -> bool:
    """Tell whether ``policy`` allows to call ``address``, which ``host`` was resolved to."""
    ip = _meant(ipaddress.ip_address(address.partition("%")[0]))
    if any(_covers(entry, host, ip) for entry in policy.allowed):
        return True
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return ip.is_global or policy.private


def _meant(ip):
    """Return the IPv4 address that an IPv6 one stands for, else itself."""
    if ip.version == 4:
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _covers(entry, host, ip):
    try:
        return ip in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return entry.lower() == host.lower()


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
        return ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise


def _exchange(connection, parts, request, limits):
    headers = {"Accept-Encoding": "identity", "Connection": "close", **request.headers}
    connection.request(request.method, _target(parts), request.body, headers)
    return _answer(connection.getresponse(), limits.size)


class _Timed:
    """A socket whose every wait ends at the deadline, however slowly the bytes drip."""

    def __init__(self, sock, deadline):
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data):
        """Send, within what is left of the time."""
        self._sock.settimeout(_left(self._deadline))
        self._sock.sendall(data)

    def makefile(self, _mode):
        """Return what the answer is read from."""
        return io.BufferedReader(_TimedReader(self._sock, self._deadline), CHUNK)

    def close(self):
        """Do nothing: `http.client` closes before the body was read, whoever opened it after."""


class _TimedReader(io.RawIOBase):
    def __init__(self, sock, deadline):
        super().__init__()
        self._sock = sock
        self._deadline = deadline

    def readable(self):
        return True

    def readinto(self, buffer):
        self._sock.settimeout(_left(self._deadline))
        return self._sock.recv_into(buffer)


def _left(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _answer(response: HTTPResponse, limit: int) -> Response:
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


def _target(parts):
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _port(parts):
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _in_words(error):
    return f"{getattr(error, 'strerror', None) or error or type(error).__name__}."
