"""Secrets and the proofs made with them, one algorithm at a time."""

import base64
import hmac
import unicodedata
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from .signing_profiles import ASYMMETRIC, DIGESTS, Profile

Secret = bytes | str

# Labels of Standard Webhooks: shared secret, Ed25519 public key, Ed25519 private key.
_LABELS = {"whsec_": "hmac-sha256", "whpk_": "ed25519", "whsk_": "ed25519"}
_RAW_KEY_SIZE = 32
_PARAMETERS = {"ed25519": (), "rsa-sha256": (padding.PKCS1v15(), hashes.SHA256())}
_KEY_TYPES = {
    "ed25519": (ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey),
    "rsa-sha256": (rsa.RSAPublicKey, rsa.RSAPrivateKey),
}


class SignatureError(Exception):
    """A message is not proven to come from its source; the reason is for the log only."""


def to_bytes(text: str | None) -> bytes:
    """Encode a header's text; what is no character does not raise, it fails to match."""
    return (text or "").encode("utf-8", "surrogatepass")


def read_keys(profile: Profile, secrets: Sequence[Secret]) -> list[tuple[str, bytes]]:
    """Return the algorithm and key of each secret (bytes: the same text in UTF-8).

    :raise SignatureError: without a secret, or with one that is empty or cannot be read
    """
    keys = [_key(profile, s if isinstance(s, bytes) else to_bytes(s)) for s in secrets]
    if not keys or not all(material for _algorithm, material in keys):
        raise SignatureError("the source has no secret")
    return keys


def _key(profile: Profile, secret: bytes) -> tuple[str, bytes]:
    try:
        if profile.secret_encoding == "nfkd":
            return profile.algorithm, unicodedata.normalize("NFKD", secret.decode()).encode()
        if profile.secret_encoding == "base64":
            return profile.algorithm, base64.b64decode(secret, validate=True)
        if profile.secret_encoding == "whsec":
            return _labelled_key(profile, secret)
    except ValueError:
        raise SignatureError("a secret of the source cannot be read") from None
    return profile.algorithm, secret


def _labelled_key(profile: Profile, secret: bytes) -> tuple[str, bytes]:
    label = secret[: secret.find(b"_") + 1].decode()
    if label and label not in _LABELS:
        raise ValueError(label)
    encoded = secret[len(label) :]
    padded = encoded + b"=" * (-len(encoded) % 4)
    return _LABELS.get(label, profile.algorithm), base64.b64decode(padded, validate=True)


def proof(algorithm: str, key: bytes, content: bytes) -> bytes:
    """Return the signature over ``content``; for a token the token itself.

    :raise SignatureError: when ``key`` is no private key of an asymmetric algorithm
    """
    if algorithm in ASYMMETRIC:
        return _load(algorithm, key, private=True).sign(content, *_PARAMETERS[algorithm])
    return hmac.digest(key, content, DIGESTS[algorithm]) if algorithm in DIGESTS else key


def matches(algorithm: str, key: bytes, content: bytes, signature: bytes) -> bool:
    """Compare in constant time; for an asymmetric algorithm check with the public key.

    :raise SignatureError: when ``key`` is no public key of an asymmetric algorithm
    """
    if algorithm not in ASYMMETRIC:
        return hmac.compare_digest(proof(algorithm, key, content), signature)
    try:
        _load(algorithm, key, private=False).verify(signature, content, *_PARAMETERS[algorithm])
    except InvalidSignature:
        return False
    return True


def _load(algorithm: str, key: bytes, private: bool):
    try:
        loaded = _load_raw(key, private) if algorithm == "ed25519" else _load_file(key, private)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        loaded = None
    if not isinstance(loaded, _KEY_TYPES[algorithm][private]):
        kind = "private" if private else "public"
        raise SignatureError(f"a secret of the source is no {kind} key for {algorithm}")
    return loaded


def _load_raw(key: bytes, private: bool):
    """Load 32 raw bytes (a private key may be followed by its public one), else a file."""
    if private and len(key) in (_RAW_KEY_SIZE, 2 * _RAW_KEY_SIZE):
        return ed25519.Ed25519PrivateKey.from_private_bytes(key[:_RAW_KEY_SIZE])
    if not private and len(key) == _RAW_KEY_SIZE:
        return ed25519.Ed25519PublicKey.from_public_bytes(key)
    return _load_file(key, private)


def _load_file(key: bytes, private: bool):
    pem = key.startswith(b"-----")
    if private:
        load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
        return load(key, None)
    load = serialization.load_pem_public_key if pem else serialization.load_der_public_key
    return load(key)
