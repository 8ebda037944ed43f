"""Files on a partner's SFTP server. The server proves itself by a pinned key, or nothing is done.

Neither the keys nor the `known_hosts` of this machine count. Names are text with surrogates for
what is no UTF-8, so that every name on the server can be spoken of; :func:`printable` shows them.
"""

import hashlib
import io
import logging
import posixpath
import re
import stat
import textwrap
import time
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass

import paramiko

from .outgoing import Limits, Policy, connect
from .sftp_client import Client

#: Bytes that are written at once.
CHUNK = 256 * 1024

_PEM = re.compile(r"(-----BEGIN [A-Z ]+-----)(.*?)(-----END [A-Z ]+-----)", re.DOTALL)

#: What paramiko's own thread says of a connection that broke: it is raised to us as well.
_QUIET = f"{__name__}.transport"
logging.getLogger(_QUIET).setLevel(logging.CRITICAL)

#: Signature algorithms by the type of a host key: RSA keys no longer sign with SHA-1.
_SIGNED_BY = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


class SftpError(Exception):
    """What did not work, as a sentence for a person.

    :ivar stops: trying again is of no use before a person did something
    """

    stops = False


class ConnectionLost(SftpError):
    """No connection, or it broke: the same may work later."""


class WrongHostKey(SftpError):
    """The server is not the one whose key was confirmed."""

    stops = True


class LoginRefused(SftpError):
    """User, password or key are not accepted; to go on trying would lock the account."""

    stops = True


class FileTrouble(SftpError):
    """This one file, or directory, cannot be read, moved or written."""


class FileGone(FileTrouble):
    """It is not there."""


class FileTooLarge(FileTrouble):
    """It is larger than the limit."""


class FileChanged(FileTrouble):
    """It changed while it was read: somebody is still writing it."""


@dataclass(frozen=True, slots=True)
class Login:
    """Where to, as whom, and which server is the right one.

    :ivar fingerprint: "SHA256:..." of the server's key
    :ivar key_type: its type ("ssh-ed25519"), so that a server with several keys shows that one
    :ivar private_key: OpenSSH or PEM text, used instead of the password
    """

    host: str
    port: int
    user: str
    fingerprint: str
    key_type: str | None = None
    password: str | None = None
    private_key: str | None = None


@dataclass(frozen=True, slots=True)
class HostKey:
    """A server's key: its type and its fingerprint as OpenSSH shows it."""

    key_type: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file: its name, its bytes and when it was written, in seconds since 1970."""

    name: str
    size: int
    written: int


@dataclass(frozen=True, slots=True)
class Download:
    """A whole file, and its SHA-256 (hexadecimal)."""

    body: bytes
    digest: str


def read_host_key(host: str, port: int, policy: Policy, limits: Limits) -> HostKey:
    """Return the key that the server shows, for a person to compare and confirm.

    :raise ConnectionLost: there is no SSH server
    :raise AddressRefused: the address is none that may be called
    """
    with _translated(host), _transport(host, port, policy, limits, None) as transport:
        key = transport.get_remote_server_key()
        return HostKey(key.get_name(), fingerprint_of(key))


def fingerprint_of(key) -> str:
    """Return the fingerprint of a public key as `ssh-keygen -l` shows it."""
    digest = b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


@contextmanager
def session(login: Login, policy: Policy, limits: Limits):
    """Yield a :class:`Session` on the server of ``login``, which has proved itself.

    :raise WrongHostKey: before user or password were said
    :raise LoginRefused: for user, password or key
    :raise ConnectionLost: for everything that time may heal
    :raise AddressRefused: the address is none that may be called
    """
    deadline = time.monotonic() + limits.total
    with (
        _translated(login.host),
        _transport(login.host, login.port, policy, limits, login.key_type) as transport,
    ):
        _check_host_key(transport.get_remote_server_key(), login)
        _log_in(transport, login)
        channel = transport.open_session(timeout=limits.connect)
        channel.settimeout(limits.connect * 4)
        channel.invoke_subsystem("sftp")
        yield Session(Client(channel), deadline)


class Session:
    """An open SFTP session. Whatever fails about one file is a :class:`FileTrouble`."""

    def __init__(self, client, deadline):
        self._client = client
        self._deadline = deadline

    @property
    def seconds_left(self):
        """How long this session may still take."""
        return self._deadline - time.monotonic()

    def files(self, directory):
        """Return the regular files of ``directory`` (links are none), the oldest first.

        :raise FileGone: there is no such directory
        """
        with _file_trouble(directory or "."):
            entries = self._client.listdir_attr(_encoded(directory or "."))
        files = [
            Entry(one.filename, one.st_size or 0, one.st_mtime or 0)
            for one in entries
            if stat.S_ISREG(one.st_mode or 0) and is_plain(one.filename)
        ]
        return sorted(files, key=lambda one: (one.written, one.name))

    def download(self, directory, entry, limit):
        """Return ``entry`` of ``directory`` whole, held in memory and never on a disk of ours.

        :raise FileTooLarge: more than ``limit`` bytes
        :raise FileChanged: it is not what it was when it was listed
        :raise FileGone: somebody took it away
        """
        path = _path(directory, entry.name)
        with _file_trouble(path):
            if entry.size > limit:
                raise FileTooLarge(f"{printable(path)} has {entry.size} bytes, more than {limit}.")
            body, digest = self._read(path, entry.size)
            self._check_unchanged(path, entry)
        if len(body) != entry.size:
            raise FileChanged(f"{printable(path)} ended after {len(body)} of {entry.size} bytes.")
        return Download(body, digest)

    def move(self, directory, name, folder, digest):
        """Move a file into ``folder`` below ``directory``, which is made where it is missing.

        A file that lies there under this name already stays; the new one gets its digest's
        beginning appended.
        """
        source, target = _path(directory, name), _path(directory, folder)
        with _file_trouble(target):
            self._make_directory(target)
        place = posixpath.join(target, name)
        with _file_trouble(source):
            if self._exists(place):
                place = f"{place}.{digest[:12]}"
            self._client.posix_rename(_encoded(source), _encoded(place))

    def remove(self, directory, name):
        """Delete a file."""
        path = _path(directory, name)
        with _file_trouble(path):
            self._client.remove(_encoded(path))

    def put(self, directory, name, body):
        """Write a file under a temporary name, then rename it: nobody reads half of it.

        A file of that name is replaced.
        """
        path = _path(directory, name)
        half = _path(directory, f".{name}.part")
        with _file_trouble(path):
            with self._client.open(_encoded(half), "wb") as remote:
                remote.set_pipelined(True)
                for start in range(0, len(body), CHUNK):
                    self._check_time()
                    remote.write(body[start : start + CHUNK])
            if self._client.stat(_encoded(half)).st_size != len(body):
                raise FileChanged(f"{printable(path)} arrived in part only.")
            self._client.posix_rename(_encoded(half), _encoded(path))

    def _read(self, path, size):
        body, digest = bytearray(), hashlib.sha256()
        for chunk in self._client.chunks(_encoded(path), size):
            self._check_time()
            body += chunk
            digest.update(chunk)
        return bytes(body), digest.hexdigest()

    def _check_unchanged(self, path, entry):
        now = self._client.lstat(_encoded(path))
        if not stat.S_ISREG(now.st_mode or 0) or (now.st_size, now.st_mtime) != (
            entry.size,
            entry.written,
        ):
            raise FileChanged(f"{printable(path)} is still being written.")

    def _check_time(self):
        if self.seconds_left <= 0:
            raise ConnectionLost("The transfer took too long; it begins again at the next look.")

    def _make_directory(self, path):
        if not self._exists(path):
            self._client.mkdir(_encoded(path))

    def _exists(self, path):
        try:
            self._client.lstat(_encoded(path))
        except FileNotFoundError:
            return False
        return True


def is_plain(name):
    """Tell whether ``name`` is a file's name and no path: a server may say what it likes."""
    return bool(name) and name not in (".", "..") and "/" not in name and "\0" not in name


def printable(name):
    """Return ``name`` as text that can be stored and shown on one line."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


# Below the session --------------------------------------------------------------------------------


@contextmanager
def _transport(host, port, policy, limits, key_type):
    sock = connect(host, port, policy, limits.connect)
    try:
        transport = paramiko.Transport(sock)
    except BaseException:
        sock.close()
        raise
    try:
        transport.set_log_channel(_QUIET)
        transport.banner_timeout = transport.auth_timeout = limits.connect * 2
        if key_type:
            _accept_only(transport.get_security_options(), key_type)
        transport.start_client(timeout=limits.connect * 2)
        yield transport
    finally:
        transport.close()


def _accept_only(options, key_type):
    wanted = [one for one in options.key_types if one in _SIGNED_BY.get(key_type, (key_type,))]
    if wanted:
        options.key_types = wanted


def _check_host_key(key, login):
    shown = fingerprint_of(key)
    if not login.fingerprint or shown != login.fingerprint.strip():
        raise WrongHostKey(
            f"{login.host} shows another key ({shown}) than the one that was confirmed"
            f" ({login.fingerprint or 'none'}). Ask the partner by telephone; if the new key is"
            " theirs, read and confirm it here."
        )


def _log_in(transport, login):
    try:
        if login.private_key:
            transport.auth_publickey(login.user, _private_key(login.private_key))
        else:
            transport.auth_password(login.user, login.password or "")
    except paramiko.BadAuthenticationType as error:
        ways = ", ".join(error.allowed_types)
        raise LoginRefused(f"{login.host} takes {ways} only.") from error
    except paramiko.AuthenticationException as error:
        if not transport.is_active() or "timeout" in str(error).lower():
            raise ConnectionLost(f"{login.host} broke off while we logged in.") from error
        raise LoginRefused(
            f"{login.host} does not let {login.user} in: renew the password or key among the"
            " endpoint's secrets, then start this again."
        ) from error
    if not transport.is_authenticated():
        raise LoginRefused(f"{login.host} asks for more than one proof, which is not possible.")


def _private_key(text):
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(_with_lines(text)))
        except (paramiko.SSHException, ValueError):
            continue
    raise LoginRefused(
        "The private key cannot be read: paste an unencrypted Ed25519, ECDSA or RSA key."
    )


def _with_lines(text):
    """Return a PEM key with its line breaks, which a field of one line takes away."""
    found = _PEM.fullmatch(text.strip())
    if not found:
        return text
    begin, body, end = found.groups()
    return "\n".join([begin, *textwrap.wrap("".join(body.split()), 64), end, ""])


@contextmanager
def _translated(host):
    """Turn what paramiko and the system raise into our errors."""
    try:
        yield
    except paramiko.IncompatiblePeer as error:
        if "host key" not in str(error):
            raise ConnectionLost(f"{host}: {error}.") from error
        raise WrongHostKey(
            f"{host} has no key of the confirmed type any more. Ask the partner, then read and"
            " confirm its key here."
        ) from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        words = str(error) or type(error).__name__
        raise ConnectionLost(f"{host}: the connection broke or was not made: {words}") from error


@contextmanager
def _file_trouble(path):
    """Turn a refusal about one file into a `FileTrouble`; a broken connection stays one."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileGone(f"{printable(path)} is not there.") from error
    except (TimeoutError, ConnectionError):
        raise
    except PermissionError as error:
        raise FileTrouble(f"{printable(path)}: the partner's server forbids it.") from error
    except OSError as error:
        if error.args and "closed" in str(error).lower():
            raise
        raise FileTrouble(f"{printable(path)}: {error}") from error


def _path(directory, name):
    return posixpath.join(directory or ".", name)


def _encoded(path):
    return path.encode("utf-8", "surrogateescape")
