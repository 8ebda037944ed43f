"""Canonical documents as our own API takes them: nothing is translated."""

from decimal import Decimal

from .base import Decoded
from .json_codec import load as load_json

KIND = "canonical"

#: Above this a number with an exponent is no count of anything.
_LARGEST = 10**15


def decode(raw):
    """Return the one `Decoded` in `raw`; kind "canonical", the tree is the document itself.

    :raises CodecError: see `json_codec.decode`.
    """
    document = opened(load(raw))
    if isinstance(document, dict) and isinstance(document.get("kind"), str):
        return [Decoded(KIND, document, "/")]
    return [Decoded(KIND, None, "/", error="/: a canonical document says its kind.")]


def load(raw):
    """Return the JSON value of `raw`, whole numbers as integers: 2.0 is one to a JSON Schema.

    :raises CodecError: see `json_codec.decode`.
    """
    return _whole(load_json(raw))


def check(raw):
    """Raise CodecError unless `raw` can be decoded."""
    load(raw)


def opened(root):
    """Return the document in a CloudEvents envelope, of anything else itself.

    What the data does not say of itself is that of the envelope: it is an event, and source and id
    together are its id, as a webhook's mapping would have them.
    """
    if not (
        isinstance(root, dict) and "specversion" in root and isinstance(root.get("data"), dict)
    ):
        return root
    document = {"kind": "event", **root["data"]}
    if document.get("id") is None:
        document["id"] = f"{root.get('source')}#{root.get('id')}"
    return document


def _whole(node):
    if isinstance(node, dict):
        return {key: _whole(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_whole(value) for value in node]
    if isinstance(node, Decimal) and abs(node) < _LARGEST and node == node.to_integral_value():
        return int(node)
    return node
