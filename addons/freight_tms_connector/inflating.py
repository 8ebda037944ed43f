"""Inflate compressed bodies, never beyond a bound."""

import zlib

#: Content codings and zlib's window bits for them; ``deflate`` is the zlib format (RFC 9110).
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
CODINGS = "gzip, deflate"
#: A gzip file may consist of several; copying what is left for each of very many costs time.
_MAX_MEMBERS = 64


class InflateError(Exception):
    """The bytes are not what their coding says."""


class TooLarge(InflateError):
    """The body would be larger than the bound."""


def is_known(coding):
    """Tell whether a body in the content coding ``coding`` can be inflated."""
    return coding in _WINDOW_BITS


def inflate(raw, coding, limit):
    """Return the plain bytes of ``raw``; no more than ``limit`` and one are ever made.

    :param coding: a known one, see :func:`is_known`
    :raise TooLarge: when there are more than ``limit``
    :raise InflateError: for damaged or truncated bytes
    """
    plain = b""
    for _member in range(_MAX_MEMBERS):
        stream = zlib.decompressobj(_WINDOW_BITS[coding])
        try:
            plain += stream.decompress(raw, limit + 1 - len(plain))
        except zlib.error as error:
            raise InflateError(str(error)) from error
        if len(plain) > limit:
            raise TooLarge
        if not stream.eof:
            raise InflateError("the compressed data is truncated")
        raw = stream.unused_data
        if not raw:
            return plain
        if coding == "deflate":
            break
    raise InflateError("bytes follow the compressed data")
