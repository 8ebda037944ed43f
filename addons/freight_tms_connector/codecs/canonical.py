"""Canonical documents as our own API takes them: nothing is translated, an envelope is taken off."""

from .base import Decoded
from .json_codec import load

KIND = "canonical"


def decode(raw):
    """Return the one `Decoded` in `raw`; kind "canonical", the tree is the document itself.

    :raises CodecError: see `json_codec.decode`.
    """
    document = opened(load(raw))
    if isinstance(document, dict) and isinstance(document.get("kind"), str):
        return [Decoded(KIND, document, "/")]
    return [Decoded(KIND, None, "/", error="/: a canonical document says its kind.")]


def check(raw):
    """Raise CodecError unless `raw` can be decoded."""
    load(raw)


def opened(root):
    """Return the document in a CloudEvents envelope, of anything else itself.

    What the data does not say of itself is that of the envelope: it is an event, and source and id
    together are its id, as a webhook's mapping would have them.
    """
    if not (isinstance(root, dict) and "specversion" in root and isinstance(root.get("data"), dict)):
        return root
    document = {"kind": "event", **root["data"]}
    if document.get("id") is None:
        document["id"] = f"{root.get('source')}#{root.get('id')}"
    return document
