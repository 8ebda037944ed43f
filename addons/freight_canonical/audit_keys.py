"""Keys of the audit log: one secret of the configuration, two uses derived from it.

``freight_audit_keys`` is ``id:base64`` of 32 random bytes, newest first, separated by commas. From
each key come, by HKDF-SHA256 (RFC 5869), the key that links entries into a chain (HMAC-SHA256)
and the seed that signs checkpoints (Ed25519, RFC 8032): whoever checks a signature needs the public
half alone. Pure: no ORM.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_SIZE = 32


class KeyMissing(Exception):
    """No key is configured, or not the one that is asked for."""


class KeyWrong(Exception):
    """A key is malformed, or another one than before stands under its id."""


@dataclass(frozen=True, slots=True)
class AuditKey:
    """One key. ``label`` is its id with a fingerprint, so that a mixed-up key is told."""

    label: str
    chaining: bytes
    seed: bytes

    def sign(self, message: bytes) -> str:
        """Return the signature of ``message`` in base64."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)
        return base64.b64encode(signature).decode()

    @property
    def public(self) -> str:
        """The public key that checks signatures, in base64."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


class Keyring:
    """The configured keys: the first one seals, all of them verify.

    :param text: the value of the option, see above
    :raise KeyMissing: when it is empty
    :raise KeyWrong: when an entry is malformed or repeated
    """

    def __init__(self, text: str):
        keys = [_parse(entry) for entry in (text or "").split(",") if entry.strip()]
        if not keys:
            raise KeyMissing("No audit key is configured: set freight_audit_keys to 'id:base64'.")
        self._by_id = {}
        for key in keys:
            if self._by_id.setdefault(_id(key.label), key) is not key:
                raise KeyWrong(f"The audit key id {_id(key.label)!r} is configured twice.")
        self.current = keys[0]

    def all(self) -> list[AuditKey]:
        """Return all configured keys, the one that seals first."""
        return list(self._by_id.values())

    def __getitem__(self, label: str) -> AuditKey:
        """Return the key that ``label`` names.

        :raise KeyMissing: when none has its id
        :raise KeyWrong: when the one that has it is another key
        """
        key = self._by_id.get(_id(label))
        if key is None:
            raise KeyMissing(f"The audit key {_id(label)!r} is not configured any more.")
        if key.label != label:
            raise KeyWrong(f"Another audit key is configured under the id {_id(label)!r}.")
        return key


def is_signed(message: bytes, signature: str, public: str) -> bool:
    """Return whether ``signature`` over ``message`` was made by the owner of ``public``."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _id(label):
    return label.rpartition(".")[0]


def _parse(entry):
    key_id, _colon, encoded = entry.strip().partition(":")
    key_id = key_id.strip()
    try:
        secret = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise KeyWrong(f"The audit key {key_id!r} is not valid base64.") from None
    if len(secret) != KEY_SIZE:
        raise KeyWrong(f"The audit key {key_id!r} has {len(secret)} bytes, not {KEY_SIZE}.")
    if not key_id.isascii() or not 1 <= len(key_id) <= 32:
        raise KeyWrong(f"The audit key id {key_id!r} is not 1 to 32 ASCII characters.")
    fingerprint = hashlib.sha256(_derive(secret, b"fingerprint")).hexdigest()[:8]
    return AuditKey(
        label=f"{key_id}.{fingerprint}",
        chaining=_derive(secret, b"chain"),
        seed=_derive(secret, b"checkpoint"),
    )


def _derive(secret, use):
    derivation = HKDF(hashes.SHA256(), KEY_SIZE, salt=None, info=b"freight audit " + use)
    return derivation.derive(secret)
