"""Opaque cursors of lists: where the next page begins, signed so that none can be made up.

A cursor belongs to one list with its filters: used with others it is refused, since it would skip
rows silently.
"""

import base64
import binascii
import hashlib
import hmac
import json

_SEAL = 12


class CursorError(ValueError):
    """The text is no cursor of this list."""


def encode(key, listing, position):
    """Return the cursor that stands for ``position`` (a list of texts and integers).

    :param key: secret bytes of this database
    :param listing: text that names the list and its filters
    """
    payload = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_seal(key, listing, payload) + payload).decode().rstrip("=")


def decode(key, listing, text):
    """Return the position that :func:`encode` put in.

    :raise CursorError: for a text that was not made for this list
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise CursorError("not base64") from error
    payload = raw[_SEAL:]
    if not hmac.compare_digest(raw[:_SEAL], _seal(key, listing, payload)):
        raise CursorError("made for another list")
    return json.loads(payload)


def _seal(key, listing, payload):
    return hmac.new(key, listing.encode() + b"\0" + payload, hashlib.sha256).digest()[:_SEAL]
