"""How the simulated partners prove who they are, and check who calls them.

Written apart from the addons on purpose: two implementations that agree prove more than one.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE = 300  # seconds
_DIGESTS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


class BadSignature(Exception):
    """The request does not come from the one who should send it."""


class BadDigest(Exception):
    """The body is not the one that its Content-Digest describes."""


def message_id(body: bytes) -> str:
    """Return an id that is the same whenever the same bytes are sent."""
    return "msg_" + hashlib.sha256(body).hexdigest()[:24]


def standard_webhooks(secret: str, body: bytes, now: float) -> dict[str, str]:
    """Return the headers of Standard Webhooks, version 1."""
    identifier, timestamp = message_id(body), str(int(now))
    return {
        "webhook-id": identifier,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + _standard_signature(secret, identifier, timestamp, body),
    }


def generic_hmac(secret: str, body: bytes, now: float) -> dict[str, str]:
    """Return the headers of a carrier's plain HMAC-SHA256 over id, timestamp and body."""
    identifier, timestamp = message_id(body), str(int(now))
    content = f"{identifier}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return {
        "X-Message-Id": identifier,
        "X-Timestamp": timestamp,
        "X-Signature": f"sha256={digest}",
    }


def bearer(secret: str, body: bytes, now: float) -> dict[str, str]:
    """Return the header of a partner who only shows a token."""
    return {"Authorization": f"Bearer {secret}"}


SCHEMES = {
    "standard_webhooks": standard_webhooks,
    "generic_hmac": generic_hmac,
    "bearer": bearer,
}


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Check the Standard Webhooks headers (names in lower case) and return the message id.

    :raise BadSignature: when anything is missing, stale or wrong
    """
    identifier = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not identifier or not (timestamp.isascii() and timestamp.isdigit()):
        raise BadSignature("webhook-id or webhook-timestamp is missing")
    if abs(now - int(timestamp[:12])) > TOLERANCE:
        raise BadSignature("the timestamp is too far from now")
    expected = "v1," + _standard_signature(secret, identifier, timestamp, body)
    signatures = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(s.encode(), expected.encode()) for s in signatures):
        raise BadSignature("no signature matches")
    return identifier


def check_digest(headers: Mapping[str, str], body: bytes) -> None:
    """Compare the body with its Content-Digest (RFC 9530), where one was sent.

    :raise BadDigest: when a digest of a known algorithm differs
    """
    for item in headers.get("content-digest", "").split(","):
        name, _equals, value = item.strip().partition("=")
        if name in _DIGESTS:
            expected = base64.b64encode(_DIGESTS[name](body).digest()).decode()
            if value != f":{expected}:":
                raise BadDigest(f"{name} differs")


def _standard_signature(secret: str, identifier: str, timestamp: str, body: bytes) -> str:
    encoded = secret.removeprefix("whsec_")
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    content = f"{identifier}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
