"""What differs between two definitions, rule by rule, and between what two of them make.

Pure: definitions and canonical documents in, rows for people out.
"""

import json
from collections import Counter, defaultdict
from difflib import SequenceMatcher
from typing import NamedTuple

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


class Difference(NamedTuple):
    """``before`` and ``after`` are JSON values, None on the side where there is nothing."""

    kind: str
    where: str
    before: object
    after: object


def of_definitions(before, after):
    """Return the :class:`Difference` list of two definitions: of their rules and codes."""
    return _compared(_rules(before), _rules(after))


def of_documents(before, after):
    """Return the :class:`Difference` list of two lists of canonical documents.

    Equal ones are set against each other first, then those between them, in their order. Where is
    "event 2" for a whole document, and "event 2/occurred" for a field of one.
    """
    texts = [
        [json.dumps(one, sort_keys=True) for one in documents] for documents in (before, after)
    ]
    matcher = SequenceMatcher(None, *texts, autojunk=False)
    found = []
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            found += _paired(before, after, range(start, end), range(new_start, new_end))
    return found


def _paired(before, after, old, new):
    for place in range(max(len(old), len(new))):
        was = before[old[place]] if place < len(old) else None
        now = after[new[place]] if place < len(new) else None
        number = (new[place] if now else old[place]) + 1
        where = f"{(now or was)['kind']} {number}"
        if was and now and was["kind"] == now["kind"]:
            for one in _compared(_leaves(was), _leaves(now)):
                yield one._replace(where=f"{where}/{one.where}")
            continue
        if was:
            yield Difference(REMOVED, f"{was['kind']} {old[place] + 1}", was, None)
        if now:
            yield Difference(ADDED, where, None, now)


def _compared(before, after):
    return [
        Difference(
            CHANGED if where in before and where in after else
            ADDED if where in after else REMOVED,
            where, before.get(where), after.get(where),
        )
        for where in {**before, **after}
        if where not in before or where not in after or before[where] != after[where]
    ]  # fmt: skip


def _leaves(value, path=""):
    """Return {path: value} of the fields of a document that hold no fields."""
    if isinstance(value, dict) and value:
        pairs = value.items()
    elif isinstance(value, list) and value:
        pairs = enumerate(value)
    else:
        return {path: value}
    found = {}
    for name, inner in pairs:
        found.update(_leaves(inner, f"{path}/{name}" if path else str(name)))
    return found


def _rules(definition):
    """Return {where: rule} of a definition; of a list of rules for one target, each by number."""
    found = {}
    kinds = Counter()
    for document in definition.get("documents") or []:
        kinds[document["kind"]] += 1
        where = f"{document['kind']} {kinds[document['kind']]}"
        found[where] = _without_fields(document)
        _add_rules(found, where, document)
    for name, codes in (definition.get("code_maps") or {}).items():
        found.update({f"{name}: {code}": ours for code, ours in codes.items()})
    return found


def _add_rules(found, where, rule):
    numbers = defaultdict(int)
    for inner in rule["fields"]:
        numbers[inner["target"]] += 1
        number = numbers[inner["target"]]
        name = f"{where} > {inner['target']}" + (f" ({number})" if number > 1 else "")
        found[name] = _without_fields(inner)
        if "fields" in inner:
            _add_rules(found, name, inner)


def _without_fields(rule):
    return {name: value for name, value in rule.items() if name != "fields"}
