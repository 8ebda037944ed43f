"""Prove where a webhook comes from, and sign those that go out.

A :class:`Profile` says where a signature stands, what it covers and how it is written down;
:func:`verify` and :func:`sign` read it. A signature covers the bytes of the body as they were
sent, so a body in any character set can be verified.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from .signing_keys import Secret, SignatureError, matches, proof, read_keys, to_bytes
from .signing_profiles import SHIPPED, TOKENS, Profile

__all__ = ["SHIPPED", "Profile", "SignatureError", "Verified", "sign", "verify"]

# More signatures than a rotation needs only cost time.
MAX_SIGNATURES = 8
_PLACEHOLDER = re.compile(r"(\{body\}|\{id\}|\{timestamp\})")
_NUMBER = re.compile(r"[0-9]{1,16}(\.[0-9]{1,9})?", re.ASCII)
_FRACTION = re.compile(r"\.([0-9]+)")


@dataclass(frozen=True)
class Verified:
    """What a proven message says about itself.

    :ivar timestamp: seconds since 1970
    :ivar secret: which of the secrets proved it, by its place among them
    """

    message_id: str | None
    timestamp: float | None
    secret: int


def verify(
    profile: Profile,
    secrets: Sequence[Secret],
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    query: Mapping[str, str] | None = None,
) -> Verified:
    """Prove that a message comes from someone who holds one of the secrets.

    :param secrets: all secrets alive at the moment; for asymmetric algorithms the public keys
    :param headers: request headers, names in any case
    :param body: raw bytes of the body
    :param now: seconds since 1970
    :param query: parameters of the address, for ``query-token``
    :raise SignatureError: for anything missing, malformed, stale or wrong; no other exception
    """
    keys = read_keys(profile, secrets)
    headers = {name.lower(): value for name, value in headers.items()}
    source = (query or {}) if profile.algorithm == "query-token" else headers
    parts = _split(profile, _required(source, profile.header))
    timestamp_text = _timestamp_text(profile, headers, parts)
    message_id = _message_id(profile, headers)
    content = _content(profile, body, message_id, timestamp_text)
    secret = _first_match(keys, _presented(profile, parts), content)
    if secret is None:
        raise SignatureError("no signature matches a secret of the source")
    return Verified(message_id, _check_age(profile, timestamp_text, now), secret)


def sign(
    profile: Profile,
    secret: Secret,
    body: bytes,
    message_id: str | None = None,
    timestamp: float | None = None,
    previous: Sequence[Secret] = (),
) -> dict[str, str]:
    """Return the headers that prove ``body`` to a receiver who uses ``profile``.

    :param secret: for asymmetric algorithms the private key
    :param timestamp: seconds since 1970
    :param previous: older secrets still alive; used where the profile takes several signatures
    :raise SignatureError: when the secret or a value that the profile needs is missing
    """
    if profile.algorithm == "query-token":
        raise SignatureError("a query token belongs to the address, not to the headers")
    if "{id}" in profile.template and not message_id:
        raise SignatureError("the message has no id to sign")
    timestamp_text = _write_timestamp(profile, timestamp)
    content = _content(profile, body, message_id, timestamp_text)
    secrets = [secret, *previous] if profile.separator else [secret]
    parts = [_signature(profile, key, content) for key in read_keys(profile, secrets)]
    headers = {}
    if profile.id_header and message_id:
        headers[profile.id_header] = message_id
    if profile.timestamp_header:
        headers[profile.timestamp_header] = timestamp_text
    if profile.timestamp_field:
        parts.insert(0, profile.timestamp_field + timestamp_text)
    headers[profile.header] = (profile.separator or "").join(parts)
    return headers


def _required(values: Mapping[str, str], name: str) -> str:
    value = (values.get(name) or values.get(name.lower()) or "").strip()
    if not value:
        raise SignatureError(f"{name} is missing")
    return value


def _split(profile: Profile, value: str) -> list[str]:
    parts = value.split(profile.separator) if profile.separator else [value]
    if len(parts) > MAX_SIGNATURES:
        raise SignatureError("too many signatures")
    return [part.strip() for part in parts]


def _message_id(profile: Profile, headers: Mapping[str, str]) -> str | None:
    if "{id}" in profile.template:
        return _required(headers, profile.id_header)
    return headers.get((profile.id_header or "").lower()) or None


def _timestamp_text(profile: Profile, headers: Mapping[str, str], parts: list[str]) -> str | None:
    if profile.timestamp_header:
        return _required(headers, profile.timestamp_header)
    if not profile.timestamp_field:
        return None
    for part in parts:
        if part.startswith(profile.timestamp_field):
            return part[len(profile.timestamp_field) :]
    raise SignatureError("the signature has no timestamp")


def _content(profile: Profile, body: bytes, message_id: str | None, timestamp: str | None) -> bytes:
    values = {"{body}": body, "{id}": to_bytes(message_id), "{timestamp}": to_bytes(timestamp)}
    pieces = _PLACEHOLDER.split(profile.template)
    return b"".join(values[piece] if piece in values else to_bytes(piece) for piece in pieces)


def _presented(profile: Profile, parts: list[str]) -> list[tuple[str, bytes]]:
    found = []
    for part in parts:
        for prefix, algorithm in profile.schemes:
            if _has_prefix(part, prefix, algorithm):
                text = part[len(prefix) :].strip()
                found.append((algorithm, _decode(profile, algorithm, text)))
    readable = [(algorithm, signature) for algorithm, signature in found if signature]
    if not readable:
        raise SignatureError("no signature in the expected form")
    return readable


def _has_prefix(part: str, prefix: str, algorithm: str) -> bool:
    if algorithm in TOKENS:  # names of HTTP authentication schemes ignore case, RFC 9110
        return part[: len(prefix)].lower() == prefix.lower()
    return part.startswith(prefix)


def _decode(profile: Profile, algorithm: str, text: str) -> bytes | None:
    """Return the bytes of a signature, ``None`` when it is not written as the profile says."""
    try:
        if algorithm == "basic" or profile.encoding == "base64":
            return base64.b64decode(text, validate=True)
        return to_bytes(text) if profile.encoding == "text" else binascii.unhexlify(text)
    except ValueError:
        return None


def _signature(profile: Profile, key: tuple[str, bytes], content: bytes) -> str:
    algorithm, material = key
    prefix = next(prefix for prefix, scheme in profile.schemes if scheme == algorithm)
    return prefix + _encode(profile, algorithm, proof(algorithm, material, content))


def _encode(profile: Profile, algorithm: str, signature: bytes) -> str:
    if algorithm == "basic" or profile.encoding == "base64":
        return base64.b64encode(signature).decode()
    return signature.decode() if profile.encoding == "text" else signature.hex()


def _first_match(keys: list, presented: list, content: bytes) -> int | None:
    """Try every pair, so that the time taken does not tell which secret came close."""
    found = [
        place
        for place, (algorithm, key) in enumerate(keys)
        for claimed, signature in presented
        if claimed == algorithm and matches(algorithm, key, content, signature)
    ]
    return found[0] if found else None


def _check_age(profile: Profile, text: str | None, now: float) -> float | None:
    if text is None:
        return None
    timestamp = _read_timestamp(profile.timestamp_unit, text)
    if timestamp < now - profile.tolerance:
        raise SignatureError("the timestamp is too old")
    if timestamp > now + profile.tolerance:
        raise SignatureError("the timestamp lies in the future")
    return timestamp


def _read_timestamp(unit: str, text: str) -> float:
    if unit == "iso":
        return _read_iso(text)
    if not _NUMBER.fullmatch(text):
        raise SignatureError("the timestamp is no number")
    return float(text) / (1000 if unit == "ms" else 1)


def _read_iso(text: str) -> float:
    # Python 3.10 reads neither "Z" nor the seven decimals that .NET writes.
    text = re.sub("[Zz]$", "+00:00", text)
    text = _FRACTION.sub(lambda found: f".{found[1][:6]:0<6}", text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SignatureError("the timestamp is not ISO 8601") from None
    if moment.tzinfo is None:
        raise SignatureError("the timestamp has no offset")
    return moment.timestamp()


def _write_timestamp(profile: Profile, timestamp: float | None) -> str | None:
    if not profile.has_timestamp:
        return None
    if timestamp is None:
        raise SignatureError("the message has no timestamp to sign")
    if profile.timestamp_unit == "iso":
        moment = datetime.fromtimestamp(int(timestamp), timezone.utc)
        return moment.isoformat().replace("+00:00", "Z")
    return str(int(timestamp * (1000 if profile.timestamp_unit == "ms" else 1)))
