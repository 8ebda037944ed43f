"""JSON of any shape: an object, or an array whose items are documents of their own."""

import json
import re
from decimal import Decimal

from .base import CodecError, Decoded

MAX_DEPTH = 64

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def decode(raw):
    """Return what `iterate` yields."""
    return list(iterate(raw))


def iterate(raw):
    """Yield one `Decoded` per document in `raw`; kind "json", the tree as sent.

    Numbers with a fraction are Decimal, a repeated key keeps its last value.

    :raises CodecError: not JSON, not UTF-8, nested deeper than `MAX_DEPTH`, or characters that
        cannot be stored (NUL, half a surrogate pair).
    """
    root = load(raw)
    if isinstance(root, list):
        for index, item in enumerate(root):
            yield Decoded("json", item, f"/{index}")
    else:
        yield Decoded("json", root, "/")


def check(raw):
    """Raise CodecError unless `raw` can be decoded."""
    load(raw)


def encode(value):
    """Return the bytes of a JSON value such as `decode` gives; Decimal keeps its digits.

    :raises CodecError: a value that JSON does not have, or one nested too deep.
    """
    try:
        return _written(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise CodecError(f"The value cannot be written as JSON: {error}.") from error


def _written(value):
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{_key(name)}:{_written(item)}" for name, item in value.items()) + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _key(name):
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is no name of a member")
    return json.dumps(name, ensure_ascii=False)


def load(raw):
    """Return the JSON value of `raw`; see `decode` for what is refused."""
    try:
        text = raw.decode("utf-8-sig")
        root = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise CodecError("The text is not UTF-8.", f"byte {error.start}") from error
    except json.JSONDecodeError as error:
        position = f"line {error.lineno} column {error.colno}"
        raise CodecError(f"Not JSON: {error.msg}.", position) from error
    except RecursionError as error:
        raise CodecError(f"JSON is nested deeper than {MAX_DEPTH} levels.") from error
    except (ValueError, ArithmeticError) as error:
        raise CodecError(f"Not JSON: {error}.") from error
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(root)
    if "\\u" in text:
        _check_escapes(text, root)
    return root


def _refuse_constant(name):
    raise ValueError(f"{name} is not a JSON number")


def _check_depth(root):
    level = [[root]]
    for _depth in range(MAX_DEPTH + 1):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise CodecError(f"JSON is nested deeper than {MAX_DEPTH} levels.")


def _check_escapes(text, root):
    if _NUL.search(text):
        raise CodecError("The character U+0000 cannot be stored.")
    try:
        json.dumps(root, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        raise CodecError("Half of a surrogate pair is not a character.") from error
