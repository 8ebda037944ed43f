"""JSON of any shape: an object, or an array whose items are documents of their own."""

import json
import re
from decimal import Decimal

from .base import CodecError, Decoded

MAX_DEPTH = 64

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def decode(raw):
    """Return one `Decoded` per document in `raw`; kind "json", the tree as sent.

    Numbers with a fraction are Decimal, a repeated key keeps its last value.

    :raises CodecError: not JSON, not UTF-8, nested deeper than `MAX_DEPTH`, or characters that
        cannot be stored (NUL, half a surrogate pair).
    """
    root = load(raw)
    if isinstance(root, list):
        return [Decoded("json", item, f"/{index}") for index, item in enumerate(root)]
    return [Decoded("json", root, "/")]


def check(raw):
    """Raise CodecError unless `raw` can be decoded."""
    load(raw)


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
