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
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .casting import CASTS, CastError
from .expressions import ExpressionError, compile_expression, is_true

FORMAT = "freight.mapping"
SCHEMA = 1

_DOCUMENT_KEYS = {"kind", "foreach", "when", "fields"}
_FIELD_KEYS = {
    "target", "source", "code_map", "default", "when", "date_formats", "zone", "cast", "report",
}  # fmt: skip
_LIST_KEYS = {"target", "foreach", "when", "require", "distinct", "fields"}

_EMPTY_DOCUMENTS = {
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

Expression = Callable[[dict], object]


class MappingError(ValueError):
    """A definition cannot be used.

    :ivar rule: which of its rules, as a path ("documents[0].fields[2] (occurred)").
    """

    def __init__(self, rule, message):
        super().__init__(f"{rule}: {message}")
        self.rule = rule
        self.message = message


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Fills one field; `target` is its path, `cast` a function (value, rule, zone) -> value."""

    target: tuple[str, ...]
    source: Expression | None
    when: Expression | None
    cast: Callable
    code_map: str | None
    default: object
    zone: Expression | None
    date_formats: tuple[str, ...]
    digits: int | None
    report: bool


@dataclass(frozen=True, slots=True)
class ListRule:
    """Appends items to the list at `target`."""

    target: tuple[str, ...]
    foreach: tuple[Expression, ...]
    when: Expression | None
    require: tuple[str, ...]
    distinct: bool
    fields: tuple["FieldRule | ListRule", ...]


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """Makes one document of a canonical kind for each item that `foreach` finds."""

    kind: str
    foreach: tuple[Expression, ...]
    when: Expression | None
    fields: tuple[FieldRule | ListRule, ...]


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """A compiled definition. It holds no state and may be shared and cached."""

    documents: tuple[DocumentRule, ...]
    code_maps: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A code that the map does not know, and the field it was meant for."""

    map_name: str
    code: str
    target: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that could not be converted; its field stayed empty."""

    target: str
    detail: str


@dataclass(frozen=True, slots=True)
class Translation:
    """What a tree gave: canonical documents, not yet checked against their schema.

    `unmapped` and `problems` name each case once.
    """

    documents: list[dict]
    unmapped: list[Unmapped] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def translate(version, tree, *, implied_decimals=None):
    """Apply a `MappingVersion` to the tree of a codec and return a `Translation`.

    :param implied_decimals: how many decimals the partner's amounts imply, in place of what the
        mapping says; 0 for one who always sends the decimal point.
    """
    run = _Run(version.code_maps, implied_decimals)
    scope = {"doc": tree, "each": tree, "outer": None, "outers": [], "index": 0}
    documents = [
        run.filled(_EMPTY_DOCUMENTS[rule.kind](), rule.fields, inner)
        for rule in version.documents
        for inner in run.scopes(rule.foreach, scope)
        if run.holds(rule.when, inner)
    ]
    return Translation(documents, list(run.unmapped), list(run.problems))


class _Run:
    """One translation: what the rules need and what they report."""

    def __init__(self, code_maps, implied_decimals):
        self.code_maps = code_maps
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
            if any(item.get(name) is None for name in rule.require):
                continue
            if not (rule.distinct and item in items):
                items.append(item)
        if items:
            _put(document, rule.target, items)

    def fill(self, document, rule, scope):
        """Set the field of `rule`, to null where a code is unknown and somebody has to map it."""
        if _existing(document, rule.target) is not None:
            return
        target = ".".join(rule.target)
        value, unknown = self.value(rule, scope, target), False
        if value is not None and rule.code_map:
            value, unknown = self.mapped(rule, str(value), target)
        if value is None:
            value = rule.default
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

    def mapped(self, rule, code, target):
        """Return (our code or None, whether the code is reported as unknown)."""
        known = self.code_maps[rule.code_map].get(code)
        unknown = known is None and rule.report
        if unknown:
            self.unmapped[Unmapped(rule.code_map, code, target)] = True
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


# Compiling ----------------------------------------------------------------------------------------


def compile(definition):
    """Return the `MappingVersion` of a definition.

    :raises MappingError: an unknown key, kind, cast or code map, a missing target or an
        expression that is no JMESPath; the error names the rule.
    """
    if definition.get("format", FORMAT) != FORMAT or definition.get("schema", SCHEMA) != SCHEMA:
        raise MappingError("definition", f"is not in the format {FORMAT} {SCHEMA}")
    code_maps = {
        name: {str(code): ours for code, ours in codes.items()}
        for name, codes in definition.get("code_maps", {}).items()
    }
    documents = tuple(
        _document_rule(rule, f"documents[{place}]", code_maps)
        for place, rule in enumerate(definition.get("documents") or [])
    )
    if not documents:
        raise MappingError("definition", "has no documents")
    return MappingVersion(documents, code_maps)


def _document_rule(rule, where, code_maps):
    _check_keys(rule, _DOCUMENT_KEYS, where)
    kind = rule.get("kind")
    if kind not in _EMPTY_DOCUMENTS:
        raise MappingError(where, f"the kind {kind} is none of {', '.join(_EMPTY_DOCUMENTS)}")
    return DocumentRule(
        kind,
        _foreach(rule, where),
        _expression(rule.get("when"), where),
        _fields(rule, where, code_maps),
    )


def _fields(rule, where, code_maps):
    rules = rule.get("fields")
    if not isinstance(rules, list) or not rules:
        raise MappingError(where, "has no fields")
    compiled = tuple(
        _rule(inner, f"{where}.fields[{place}]", code_maps) for place, inner in enumerate(rules)
    )
    _check_targets({rule.target for rule in compiled}, where)
    return compiled


def _check_targets(targets, where):
    """Refuse targets within another target, which could not hold both a value and fields."""
    for target in targets:
        for length in range(1, len(target)):
            if target[:length] in targets:
                path, outer = ".".join(target), ".".join(target[:length])
                raise MappingError(where, f"the target {path} lies within the target {outer}")


def _rule(rule, where, code_maps):
    target = rule.get("target") if isinstance(rule, dict) else None
    if not isinstance(target, str) or not target.removesuffix("[]"):
        raise MappingError(where, "has no target")
    where = f"{where} ({target})"
    path = tuple(target.removesuffix("[]").split("."))
    if target.endswith("[]"):
        return _list_rule(rule, path, where, code_maps)
    return _field_rule(rule, path, where, code_maps)


def _list_rule(rule, path, where, code_maps):
    _check_keys(rule, _LIST_KEYS, where)
    return ListRule(
        path,
        _foreach(rule, where),
        _expression(rule.get("when"), where),
        tuple(rule.get("require", ())),
        bool(rule.get("distinct")),
        _fields(rule, where, code_maps),
    )


def _field_rule(rule, path, where, code_maps):
    _check_keys(rule, _FIELD_KEYS, where)
    code_map = rule.get("code_map")
    if code_map and code_map not in code_maps:
        raise MappingError(where, f"there is no code map {code_map}")
    if "source" not in rule and "default" not in rule:
        raise MappingError(where, "has neither a source nor a default")
    cast, _colon, digits = rule.get("cast", "strip").partition(":")
    if cast not in CASTS or not (digits or "0").isdecimal():
        raise MappingError(where, f"the cast {cast} is none of {', '.join(CASTS)}")
    return FieldRule(
        path,
        _expression(rule.get("source"), where),
        _expression(rule.get("when"), where),
        CASTS[cast],
        code_map,
        rule.get("default"),
        _expression(rule.get("zone"), where),
        tuple(rule.get("date_formats", ())),
        int(digits) if digits else None,
        rule.get("report", True),
    )


def _foreach(rule, where):
    expressions = rule.get("foreach", [])
    if isinstance(expressions, str):
        expressions = [expressions]
    return tuple(_expression(text, where) for text in expressions)


def _expression(text, where):
    if text is None:
        return None
    try:
        return compile_expression(text)
    except ExpressionError as error:
        raise MappingError(where, str(error)) from error


def _check_keys(rule, known, where):
    if not isinstance(rule, dict):
        raise MappingError(where, "is not an object")
    unknown = sorted(set(rule) - known)
    if unknown:
        raise MappingError(where, f"has unknown keys: {', '.join(unknown)}")
