"""Seal payloads and secrets with AES-256-GCM.

Layout of a sealed value: version (1 byte) | length of the key id (1) | key id | check value of
the key (4) | nonce (12) | ciphertext with tag. The plaintext is compressed with zlib first. The
vault's id, the context (model, row uuid, field) and the header are authenticated along, so a
sealed value moved to another row, field or database does not open.
"""

import base64
import binascii
import hmac
import os
import zlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_SIZE = 32
DEFAULT_LIMIT = 64 * 1024 * 1024

_VERSION = 1
_CHECK_SIZE = 4
_NONCE_SIZE = 12
_TAG_SIZE = 16


class VaultError(Exception):
    """A value cannot be sealed or opened."""


class MissingKey(VaultError):
    """No key is configured, or not the one that sealed a value."""


class WrongKey(VaultError):
    """A key is malformed, or is not the one that sealed a value under its id."""


class Tampered(VaultError):
    """A sealed value is damaged, or belongs to another row, field or vault."""


class TooLarge(VaultError):
    """A value is larger than the vault takes."""


def parse_keys(text: str) -> tuple[dict[str, bytes], str]:
    """Read ``id:base64,id:base64``; the first key seals, the others only open.

    :return: the keys by id, and the id of the current one
    :raise MissingKey: when the text is empty
    :raise WrongKey: when an entry is malformed, repeated or not 32 bytes long
    """
    entries = [entry.strip() for entry in (text or "").split(",") if entry.strip()]
    if not entries:
        raise MissingKey("No vault key is configured: set freight_vault_keys to 'id:base64'.")
    keys = {}
    for entry in entries:
        key_id, key = _parse_key(entry)
        if key_id in keys:
            raise WrongKey(f"The vault key id {key_id!r} is configured twice.")
        keys[key_id] = key
    return keys, next(iter(keys))


def _parse_key(entry: str) -> tuple[str, bytes]:
    key_id, _colon, encoded = entry.partition(":")
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise WrongKey(f"The vault key {key_id!r} is not valid base64.") from None
    return key_id.strip(), key


class Vault:
    """Seals and opens values.

    :param keys: 32 bytes by key id (1 to 32 ASCII characters)
    :param current: id of the key that seals
    :param vault_id: made once per database; survives copies and restores
    :param limit: largest plaintext in bytes
    :raise MissingKey: without keys, or when the current one is not among them
    :raise WrongKey: when a key or its id has the wrong size
    """

    def __init__(
        self,
        keys: Mapping[str, bytes],
        current: str,
        vault_id: str,
        limit: int = DEFAULT_LIMIT,
    ):
        if current not in keys:
            raise MissingKey("No vault key to seal with: set freight_vault_keys to 'id:base64'.")
        for key_id, key in keys.items():
            if not key_id.isascii() or not 1 <= len(key_id) <= 32:
                raise WrongKey(f"The vault key id {key_id!r} is not 1 to 32 ASCII characters.")
            if len(key) != KEY_SIZE:
                raise WrongKey(f"The vault key {key_id!r} has {len(key)} bytes, not {KEY_SIZE}.")
        self.current = current
        self.keys = frozenset(keys)
        self._vault_id = vault_id
        self._limit = limit
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._headers = {key_id: _header(key_id, key) for key_id, key in keys.items()}

    def seal(self, plaintext: bytes, context: tuple[str, ...]) -> bytes:
        """Return ``plaintext`` sealed for one place (model, row uuid, field).

        :raise TooLarge: when it could not be opened again
        """
        if len(plaintext) > self._limit:
            raise TooLarge(f"{len(plaintext)} bytes are more than the vault's {self._limit}.")
        header = self._headers[self.current]
        nonce = os.urandom(_NONCE_SIZE)
        associated = self._associated(header, context)
        ciphertext = self._ciphers[self.current].encrypt(
            nonce, zlib.compress(plaintext), associated
        )
        return header + nonce + ciphertext

    def open(self, sealed: bytes, context: tuple[str, ...]) -> bytes:
        """Return the plaintext sealed for the same place.

        :raise MissingKey: when the key that sealed it is not configured
        :raise WrongKey: when another key is configured under its id
        :raise Tampered: when it is damaged or was sealed for another place or vault
        :raise TooLarge: when it inflates beyond the limit
        """
        sealed = bytes(sealed)
        key_id = self.key_id(sealed)
        header = self._known_header(key_id, sealed)
        nonce, ciphertext = _split(sealed[len(header) :])
        associated = self._associated(header, context)
        try:
            compressed = self._ciphers[key_id].decrypt(nonce, ciphertext, associated)
        except InvalidTag:
            raise Tampered(
                "The sealed value is damaged or belongs to another record or database."
            ) from None
        return self._inflate(compressed)

    @staticmethod
    def key_id(sealed: bytes) -> str:
        """Return the id of the key that sealed a value, to find what a rotation must re-seal.

        :raise Tampered: when the value does not begin like a sealed one
        """
        size = sealed[1] if len(sealed) > 1 else 0
        key_id = bytes(sealed[2 : 2 + size])
        if sealed[:1] != bytes([_VERSION]) or not size or len(key_id) < size:
            raise Tampered("This is not a sealed value.")
        return key_id.decode("ascii", "backslashreplace")

    def _known_header(self, key_id: str, sealed: bytes) -> bytes:
        header = self._headers.get(key_id)
        if header is None:
            raise MissingKey(f"The vault key {key_id!r} is not configured any more.")
        if not sealed.startswith(header):
            raise WrongKey(f"The vault key {key_id!r} is not the one that sealed this value.")
        return header

    def _associated(self, header: bytes, context: tuple[str, ...]) -> bytes:
        """Join with lengths, so that no two contexts give the same bytes."""
        parts = [header, *(part.encode() for part in (self._vault_id, *context))]
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

    def _inflate(self, compressed: bytes) -> bytes:
        stream = zlib.decompressobj()
        try:
            plaintext = stream.decompress(compressed, self._limit + 1)
        except zlib.error:
            raise Tampered("The sealed value does not decompress.") from None
        if len(plaintext) > self._limit:
            raise TooLarge(f"The sealed value inflates to more than {self._limit} bytes.")
        return plaintext


def _header(key_id: str, key: bytes) -> bytes:
    # The check value tells a wrong key from a damaged value; AES-GCM alone cannot.
    check = hmac.digest(key, b"freight vault key check", "sha256")[:_CHECK_SIZE]
    encoded = key_id.encode("ascii")
    return bytes([_VERSION, len(encoded)]) + encoded + check


def _split(rest: bytes) -> tuple[bytes, bytes]:
    if len(rest) < _NONCE_SIZE + _TAG_SIZE:
        raise Tampered("The sealed value is cut off.")
    return rest[:_NONCE_SIZE], rest[_NONCE_SIZE:]
