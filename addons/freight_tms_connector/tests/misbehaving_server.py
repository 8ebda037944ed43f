"""A partner's server on 127.0.0.1, plain or by TLS, that does all that partners' servers do.

It answers as :class:`~.partner_api.PartnerApi` does. Here is what else goes wrong, and an authority
of the test's own that issues certificates.
"""

import datetime
import ipaddress
import os
import socket
import ssl
import struct
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .partner_api import PartnerApi

DAY = datetime.timedelta(days=1)


def reset(handler):
    """Break the connection off with an RST, without an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def hang_up(handler):
    """Close the connection, without an answer."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def slow(seconds, status=204):
    """Return an answer that comes after ``seconds``."""

    def write(handler):
        time.sleep(seconds)
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return write


def no_http(handler):
    """Answer in another language than HTTP."""
    handler.wfile.write(b"220 mail.example ESMTP\r\n" * 3)


def flood_of_headers(handler):
    """Answer with more headers than anybody reads."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    handler.wfile.write(b"".join(b"X-%d: %s\r\n" % (number, b"y" * 900) for number in range(5000)))


class TlsPartner(PartnerApi):
    """Speaks TLS with a certificate and key in PEM files."""

    def __init__(self, certificate, answers=None):
        super().__init__(answers)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://partner.example:{self.port}/hook"


class Authority:
    """A certificate authority of our own, whose certificates nobody else trusts."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
        self._certificate = self._made(self._name, self._key, [], authority=True)
        self.path = self._written("authority.pem", self._certificate)

    def close(self):
        """Remove what was written."""
        self._folder.cleanup()

    def trusted(self):
        """Return a context in which this authority is the one that is trusted."""
        return patch.dict(os.environ, {"SSL_CERT_FILE": str(self.path)})

    def issue(self, *names, age=DAY, lasts=DAY, own=False):
        """Return the path of a certificate with its key.

        :param age: how long ago its time began
        :param lasts: how long from now it lasts
        :param own: signed by itself and not by the authority
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = self._made(subject, key, names, age=age, lasts=lasts, own=own)
        return self._written(f"{os.urandom(4).hex()}.pem", certificate, key)

    def _made(self, subject, key, names, authority=False, age=DAY, lasts=DAY, own=False):
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if own else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - age)
            .not_valid_after(now + lasts)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if names:
            alternatives = x509.SubjectAlternativeName([_general(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        return builder.sign(key if own else self._key, hashes.SHA256())

    def _written(self, name, certificate, key=None):
        path = Path(self._folder.name) / name
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        if key:
            pem += key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        path.write_bytes(pem)
        return path


def _general(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def named(host, *addresses):
    """Return a context in which ``host`` is looked up as ``addresses``, each time the next one.

    An address that is a list is what one look-up finds; the last one stays.
    """
    real, left = socket.getaddrinfo, list(addresses)

    def look_up(asked, port, *arguments, **options):
        if asked != host:
            return real(asked, port, *arguments, **options)
        found = left.pop(0) if len(left) > 1 else left[0]
        found = [found] if isinstance(found, str) else found
        return [_found(address, port) for address in found]

    return patch.object(socket, "getaddrinfo", look_up)


def _found(address, port):
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
