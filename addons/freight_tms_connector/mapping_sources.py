"""Which rules of mapping definitions read the same thing: candidates for one rule instead of two.

Pure: definitions in the format of :mod:`.mapping` in, rows out.
"""

from collections import defaultdict
from typing import NamedTuple


class Reading(NamedTuple):
    """A rule that reads ``path``: the expression below all loops around it."""

    path: str
    document: str
    target: str


def readings(definition):
    """Return the :class:`Reading` of each rule of a definition that has a source."""
    return [
        reading
        for document in definition.get("documents") or []
        for reading in _of_rules(document, document["kind"], (), "")
    ]


def shared(definitions):
    """Return {path: [(name, Reading), ...]} of what more than one rule reads.

    :param definitions: iterable of (name, definition) that read the same kind of message
    """
    found = defaultdict(list)
    for name, definition in definitions:
        for reading in readings(definition):
            found[reading.path].append((name, reading))
    return {path: rules for path, rules in found.items() if len(rules) > 1}


def _of_rules(rule, kind, loops, prefix):
    foreach = rule.get("foreach", [])
    loops = (*loops, *([foreach] if isinstance(foreach, str) else foreach))
    for inner in rule["fields"]:
        target = f"{prefix}{inner['target']}"
        if "fields" in inner:
            yield from _of_rules(inner, kind, loops, f"{target}.")
        elif inner.get("source"):
            # What begins at the whole message is the same inside and outside of any loop.
            within = () if inner["source"].startswith("doc.") else loops
            yield Reading(" > ".join((*within, inner["source"])), kind, target)
