"""Codecs: bytes to trees. Each is a module with `decode`, `iterate` and `check`."""

from . import canonical, csv_codec, edifact, json_codec, x12
from .base import CodecError, Decoded

_CODECS = {
    "x12": x12,
    "edifact": edifact,
    "json": json_codec,
    "csv": csv_codec,
    "canonical": canonical,
}

NAMES = tuple(_CODECS)


def get(name):
    """Return the codec called `name`, one of `NAMES`.

    :raises CodecError: there is none of that name.
    """
    try:
        return _CODECS[name]
    except KeyError as error:
        raise CodecError(f"There is no codec named {name}.") from error


__all__ = ["NAMES", "CodecError", "Decoded", "get"]
