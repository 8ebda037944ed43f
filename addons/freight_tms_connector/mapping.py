"""Mappings: from the tree of a codec to canonical documents, by rules that are data.

A definition is the content of one file of `data/mappings`:

    {"format": "freight.mapping", "schema": 1, "version": 1,
     "code": "x12_214", "name": "...", "codec": "x12", "kind": "214",
     "documents": [
        {"kind": "event", "foreach": ["doc.LX", "each.AT7"], "when": "each.AT701",
         "fields": [
            {"target": "type", "source": "each.AT701", "code_map": "statuses"},
            {"target": "occurred", "source": "[each.AT705, each.AT706]",
             "cast": "datetime", "zone": "each.AT707"},
            {"target": "classifier", "default": "actual"},
            {"target": "shipment.references[]", "foreach": "outer.L11",
             "require": ["value"], "distinct": true, "fields": [...]}]}],
     "code_maps": {"statuses": {"X3": "pickup_arrived"}}}

Expressions are JMESPath over {"doc": the tree, "each": the innermost item, "outer": the item
around it, "outers": all items around it, the tree first, "index": the place of `each`}.
A field takes the first of its rules that gives a value. A list target ("...[]") appends one item
per `each` of its own `foreach`; an item without a `require`d field is left out, a `distinct` one
is not repeated. A code that its map does not know gives the default, else null, and is reported
unless the rule says `"report": false`; another rule keeps it in a raw field.

In place of a code map a rule may name a "lookup", one of LOOKUPS: what the sending system's code
stands for here. Its codes are no part of a definition; they are handed to `translate`.

With `"direction": "out"` the rules make the tree that a codec's writer takes, of kind "message",
from what we announce; see :mod:`.writing`. A `required` rule that gives nothing, a text that is
longer than `longest`, and a "refuse" whose condition holds are problems.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .casting import CastError
from .expressions import ExpressionError, is_true
from .mapping_rules import FORMAT, LOOKUPS, SCHEMA, ListRule, MappingError, compile

__all__ = ["FORMAT", "LOOKUPS", "SCHEMA", "MappingError", "compile", "translate"]

_EMPTY_DOCUMENTS = {
    "message": dict,
    "event": lambda: {
        "kind": "event",
        "id": None,
        "shipment": {"references": []},
        "type": None,
        "reason": None,
    },
    "invoice": lambda: {"kind": "invoice", "references": [], "lines": []},
    "shipment": lambda: {
        "kind": "shipment",
        "references": [],
        "parties": [],
        "stops": [],
        "lines": [],
    },
}


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A code that the map does not know, and the field it was meant for, of a kind of document.

    `meant` is what it stands for where the map knows it by an added code.
    """

    map_name: str
    code: str
    target: str
    kind: str = field(default="", compare=False)
    meant: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that could not be converted; its field stayed empty."""

    target: str
    detail: str


@dataclass(frozen=True, slots=True)
class Translation:
    """What a tree gave: canonical documents, not yet checked against their schema.

    `unmapped`, `problems` and `added`, the added codes that were used, name each case once.
    """

    documents: list[dict]
    unmapped: list[Unmapped] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    added: list[Unmapped] = field(default_factory=list)


def translate(version, tree, *, implied_decimals=None, lookups=None):
    """Apply a `MappingVersion` to the tree of a codec and return a `Translation`.

    :param implied_decimals: how many decimals the partner's amounts imply, in place of what the
        mapping says; 0 for one who always sends the decimal point.
    :param lookups: {name of a lookup: {their code: what it stands for}}
    """
    code_maps = {**version.code_maps, **(lookups or {})}
    run = _Run(code_maps, version.added, implied_decimals)
    scope = {"doc": tree, "each": tree, "outer": None, "outers": [], "index": 0}
    documents = [
        run.document(rule, inner)
        for rule in version.documents
        for inner in run.scopes(rule.foreach, scope)
        if run.holds(rule.when, inner)
    ]
    return Translation(documents, list(run.unmapped), list(run.problems), list(run.used))


class _Run:
    """One translation: what the rules need and what they report."""

    def __init__(self, code_maps, added, implied_decimals):
        self.code_maps = code_maps
        self.added = added
        self.used = {}
        self.implied_decimals = implied_decimals
        self.unmapped = {}
        self.problems = {}

    def scopes(self, foreach, scope) -> Iterator[dict]:
        """Yield the scope of each item that the nested loops of `foreach` come by."""
        if not foreach:
            yield scope
            return
        expression, *inner = foreach
        outers = [*scope["outers"], scope["each"]]
        for index, item in enumerate(self.items(expression, scope)):
            yield from self.scopes(
                inner,
                {
                    "doc": scope["doc"],
                    "each": item,
                    "outer": scope["each"],
                    "outers": outers,
                    "index": index,
                },
            )

    def items(self, expression, scope):
        found = self.evaluated(expression, scope, "foreach")
        if found is None:
            return []
        return found if isinstance(found, list) else [found]

    def holds(self, condition, scope):
        return condition is None or is_true(self.evaluated(condition, scope, "when"))

    def evaluated(self, expression, scope, target):
        try:
            return expression(scope)
        except ExpressionError as error:
            self.problem(target, str(error))
            return None

    def document(self, rule, scope):
        """Return the document that `rule` makes of an item."""
        for refusal in rule.refuse:
            if self.holds(refusal.when, scope):
                self.problem("", refusal.because)
        return self.filled(_EMPTY_DOCUMENTS[rule.kind](), rule.fields, scope)

    def filled(self, document, rules, scope):
        """Return `document` with the values of `rules` in it."""
        for rule in rules:
            if not self.holds(rule.when, scope):
                continue
            if isinstance(rule, ListRule):
                self.append(document, rule, scope)
            else:
                self.fill(document, rule, scope)
        return document

    def append(self, document, rule, scope):
        items = _existing(document, rule.target) or []
        for inner in self.scopes(rule.foreach, scope):
            item = self.filled({}, rule.fields, inner)
            if not item or any(item.get(name) is None for name in rule.require):
                continue
            if not (rule.distinct and item in items):
                items.append(item)
        if items:
            _put(document, rule.target, items)
        elif rule.required:
            self.problem(rule.path, "is required, and there is nothing to write")

    def fill(self, document, rule, scope):
        """Set the field of `rule`, to null where a code is unknown and somebody has to map it."""
        if _existing(document, rule.target) is not None:
            return
        target = ".".join(rule.target)
        value, unknown = self.value(rule, scope, target), False
        if value is not None and rule.code_map:
            value, unknown = self.mapped(rule, str(value))
        if value is None:
            value = rule.default
        if value is None and rule.required and not unknown:
            self.problem(rule.path, "is required, and there is nothing to write")
        if rule.longest and value is not None and len(str(value)) > rule.longest:
            self.problem(rule.path, f"{value!r} is longer than {rule.longest} characters")
        if value is not None or unknown:
            _put(document, rule.target, value)

    def value(self, rule, scope, target):
        value = self.evaluated(rule.source, scope, target) if rule.source else None
        if not is_true(value) and value is not False:
            return None
        zone = self.evaluated(rule.zone, scope, target) if rule.zone else None
        return self.converted(rule, value, zone, target)

    def converted(self, rule, value, zone, target):
        try:
            return rule.cast(value, rule, zone, self.implied_decimals)
        except CastError as error:
            self.problem(target, str(error))
            return None

    def mapped(self, rule, code):
        """Return (our code or None, whether the code is reported as unknown)."""
        known = self.code_maps.get(rule.code_map, {}).get(code)
        unknown = known is None and rule.report
        if unknown:
            self.unmapped[Unmapped(rule.code_map, code, rule.path, rule.kind)] = True
        elif (rule.code_map, code) in self.added:
            self.used[Unmapped(rule.code_map, code, rule.path, rule.kind, known)] = True
        return known, unknown

    def problem(self, target, detail):
        self.problems[Problem(target, detail)] = True


def _existing(document, path):
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _put(document, path, value):
    *parents, name = path
    for parent in parents:
        document = document.setdefault(parent, {})
    document[name] = value
