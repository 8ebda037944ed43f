"""Secrets that we issue: how they look, how they are kept, and how they are presented.

A token is 256 random bits behind a prefix that secret scanners recognise. Only its SHA-256 is
kept: of a random text that long a plain digest is as good as a slow one.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from urllib.parse import unquote_plus

SHORT = "freight_st_"
LONG = "freight_lt_"
CLIENT_SECRET = "freight_cs_"

_BEARER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*) *", re.IGNORECASE)  # RFC 6750
_BASIC = re.compile(r"basic +([A-Za-z0-9+/=]+) *", re.IGNORECASE)
#: What no client id or secret of ours contains; NUL cannot even be looked up.
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def issue(prefix):
    """Return a new secret text that begins with ``prefix``."""
    return prefix + secrets.token_urlsafe(32)


def digest(text):
    """Return what is kept of a secret: its SHA-256, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def same(one, other):
    """Compare two digests in constant time; what is missing is like nothing, itself included."""
    return hmac.compare_digest(one or "none kept", other or "none shown")


def read_bearer(header):
    """Return the token of an ``Authorization: Bearer`` header, None for anything else.

    >>> read_bearer("bearer abc")
    'abc'
    """
    match = _BEARER.fullmatch((header or "").strip())
    return match and match.group(1)


def read_basic(header):
    """Return (client id, client secret) of an ``Authorization: Basic`` header, None for no such.

    Both are form-encoded inside of it (RFC 6749 section 2.3.1).

    >>> read_basic("Basic YSUyMGI6Yw==")
    ('a b', 'c')
    """
    match = _BASIC.fullmatch((header or "").strip())
    if not match:
        return None
    try:
        text = base64.b64decode(match.group(1), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    identity, colon, secret = text.partition(":")
    return (unquote_plus(identity), unquote_plus(secret)) if colon else None


def is_printable(text):
    """Return whether ``text`` may be a client id or a secret of ours at all."""
    return bool(text) and len(text) <= 255 and not _UNPRINTABLE.search(text)
