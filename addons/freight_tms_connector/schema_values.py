"""Which values the schemas allow in a field of a canonical document.

Pure. A field is named by the kind of its document and its path: ("invoice", "lines[].code").
"""

from functools import lru_cache

from . import schemas

#: Shared definition -> the list of codes that it stands for.
CHARGE_CODES = "charge_code"


@lru_cache
def enumerated(kind, path):
    """Return the values that the schema lists for a field, without null; None where it lists none.

    >>> enumerated("shipment", "stops[].role")
    ('pickup', 'delivery', 'transfer')
    """
    for node in _nodes(kind, path):
        if "enum" in node:
            return tuple(value for value in node["enum"] if value is not None)
    return None


@lru_cache
def definition(kind, path):
    """Return the name of the shared definition of a field, None where it has none of its own."""
    for node in _nodes(kind, path, resolve=False):
        if "$ref" in node:
            return node["$ref"].rpartition("/")[2]
    return None


def _nodes(kind, path, resolve=True):
    """Return the schemas that a field may follow; none for a field that does not exist."""
    if kind not in schemas.KINDS:
        return []
    whole = schemas.schema(kind)
    nodes = [whole]
    for name in path.split("."):
        nodes = [
            node["properties"][name.removesuffix("[]")]
            for node in _resolved(nodes, whole)
            if name.removesuffix("[]") in node.get("properties", {})
        ]
        if name.endswith("[]"):
            nodes = [node["items"] for node in _resolved(nodes, whole) if "items" in node]
    return _resolved(nodes, whole) if resolve else nodes


def _resolved(nodes, whole):
    """Follow references and alternatives."""
    found = []
    for node in nodes:
        if "$ref" in node:
            node = whole["definitions"][node["$ref"].rpartition("/")[2]]
        found.extend(_resolved(node["anyOf"], whole) if "anyOf" in node else [node])
    return found
