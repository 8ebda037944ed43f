"""The rules of mapping definitions, compiled. Their format is told in :mod:`.mapping`."""

from collections.abc import Callable
from dataclasses import dataclass

from .casting import CASTS
from .expressions import ExpressionError, compile_expression

FORMAT = "freight.mapping"
SCHEMA = 1

_DOCUMENT_KEYS = {"kind", "foreach", "when", "refuse", "fields"}
_FIELD_KEYS = {
    "target", "source", "code_map", "lookup", "default", "when", "date_formats", "zone", "cast",
    "report", "required", "longest",
}  # fmt: skip
_LIST_KEYS = {"target", "foreach", "when", "require", "distinct", "required", "fields"}
_REFUSAL_KEYS = {"when", "because"}

#: What a code of the sending system may stand for: one of our own codes, or a whole place.
LOOKUPS = (
    "location",
    "warehouse",
    "legal_entity",
    "cost_centre",
    "payment_terms",
    "tax_category",
    "place",
)

#: What a definition makes, by its direction: canonical documents, or the tree of a codec.
KINDS = {"in": ("event", "invoice", "shipment"), "out": ("message",)}

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
    """Fills one field; `target` is its path, `cast` a function (value, rule, zone) -> value.

    `path` is the target from the document on, with the lists it lies in: "lines[].code".
    """

    kind: str
    path: str
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
    required: bool
    longest: int | None


@dataclass(frozen=True, slots=True)
class ListRule:
    """Appends items to the list at `target`."""

    path: str
    target: tuple[str, ...]
    foreach: tuple[Expression, ...]
    when: Expression | None
    require: tuple[str, ...]
    distinct: bool
    required: bool
    fields: tuple["FieldRule | ListRule", ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a document cannot express: `because` is a sentence about it."""

    when: Expression
    because: str


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """Makes one document of a canonical kind for each item that `foreach` finds."""

    kind: str
    foreach: tuple[Expression, ...]
    when: Expression | None
    refuse: tuple[Refusal, ...]
    fields: tuple[FieldRule | ListRule, ...]


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """A compiled definition. It holds no state and may be shared and cached.

    `added` are the codes, as (map, code), whose use is to be noted: people may change their minds.
    """

    documents: tuple[DocumentRule, ...]
    code_maps: dict[str, dict[str, str]]
    lookups: frozenset[str] = frozenset()
    added: frozenset[tuple[str, str]] = frozenset()


def compile(definition, added=()):
    """Return the `MappingVersion` of a definition.

    :param added: [(code map, their code, our code)] that lie over those of the definition
    :raises MappingError: an unknown key, kind, cast or code map, a missing target or an
        expression that is no JMESPath; the error names the rule.
    """
    if not isinstance(definition, dict):
        raise MappingError("definition", "is not an object")
    if definition.get("format", FORMAT) != FORMAT or definition.get("schema", SCHEMA) != SCHEMA:
        raise MappingError("definition", f"is not in the format {FORMAT} {SCHEMA}")
    kinds = _kinds(definition)
    code_maps = _code_maps(definition.get("code_maps") or {})
    for name, code, ours in added:
        code_maps.setdefault(name, {})[code] = ours
    documents = tuple(
        _document_rule(rule, f"documents[{place}]", code_maps, kinds)
        for place, rule in enumerate(_list(definition, "documents", "definition"))
    )
    if not documents:
        raise MappingError("definition", "has no documents")
    noted = frozenset((name, code) for name, code, _ours in added)
    return MappingVersion(documents, code_maps, frozenset(_lookups(documents)), noted)


def _kinds(definition):
    """Return the kinds of documents that a definition may make."""
    direction = definition.get("direction", "in")
    if not isinstance(direction, str) or direction not in KINDS:
        raise MappingError("direction", f"is none of {', '.join(KINDS)}")
    return KINDS[direction]


def _lookups(rules):
    """Yield the lookups that rules use, at whatever depth."""
    for rule in rules:
        if not isinstance(rule, FieldRule):
            yield from _lookups(rule.fields)
        elif rule.code_map in LOOKUPS:
            yield rule.code_map


def _code_maps(maps):
    """Return the code maps of a definition, with their codes as text."""
    if not isinstance(maps, dict):
        raise MappingError("code_maps", "is not an object")
    for name, codes in maps.items():
        if not isinstance(codes, dict):
            raise MappingError(f"code_maps.{name}", "is not an object")
        for code, ours in codes.items():
            if not isinstance(ours, str | None):
                raise MappingError(f"code_maps.{name}.{code}", "is no text")
    return {name: {str(code): ours for code, ours in codes.items()} for name, codes in maps.items()}


def _list(rule, name, where):
    """Return the list in ``rule`` under ``name``, empty where there is none."""
    value = rule.get(name) or []
    if not isinstance(value, list):
        raise MappingError(where, f"{name} is not a list")
    return value


def _texts(rule, name, where):
    value = _list(rule, name, where)
    if not all(isinstance(text, str) for text in value):
        raise MappingError(where, f"{name} is not a list of texts")
    return tuple(value)


def _document_rule(rule, where, code_maps, kinds):
    _check_keys(rule, _DOCUMENT_KEYS, where)
    kind = rule.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise MappingError(where, f"the kind {kind} is none of {', '.join(kinds)}")
    return DocumentRule(
        kind,
        _foreach(rule, where),
        _expression(rule.get("when"), where),
        tuple(
            _refusal(one, f"{where}.refuse[{place}]")
            for place, one in enumerate(_list(rule, "refuse", where))
        ),
        _fields(rule, where, code_maps, (kind, "")),
    )


def _refusal(rule, where):
    _check_keys(rule, _REFUSAL_KEYS, where)
    when, because = _expression(rule.get("when"), where), rule.get("because")
    if when is None or not isinstance(because, str) or not because:
        raise MappingError(where, "needs a condition and says because of what")
    return Refusal(when, because)


def _fields(rule, where, code_maps, place):
    rules = rule.get("fields")
    if not isinstance(rules, list) or not rules:
        raise MappingError(where, "has no fields")
    compiled = tuple(
        _rule(inner, f"{where}.fields[{number}]", code_maps, place)
        for number, inner in enumerate(rules)
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


def _rule(rule, where, code_maps, place):
    """Return the compiled rule.

    :param place: (kind of the document, the lists around the rule as "lines[].")
    """
    target = rule.get("target") if isinstance(rule, dict) else None
    if not isinstance(target, str) or not target.removesuffix("[]"):
        raise MappingError(where, "has no target")
    where = f"{where} ({target})"
    path = tuple(target.removesuffix("[]").split("."))
    if target.endswith("[]"):
        return _list_rule(rule, path, where, code_maps, place)
    return _field_rule(rule, path, where, code_maps, place)


def _list_rule(rule, path, where, code_maps, place):
    kind, around = place
    _check_keys(rule, _LIST_KEYS, where)
    return ListRule(
        f"{around}{rule['target']}",
        path,
        _foreach(rule, where),
        _expression(rule.get("when"), where),
        _texts(rule, "require", where),
        bool(rule.get("distinct")),
        bool(rule.get("required")),
        _fields(rule, where, code_maps, (kind, f"{around}{rule['target']}.")),
    )


def _field_rule(rule, path, where, code_maps, place):
    _check_keys(rule, _FIELD_KEYS, where)
    kind, around = place
    code_map = _code_map(rule, where, code_maps)
    if "source" not in rule and "default" not in rule:
        raise MappingError(where, "has neither a source nor a default")
    cast, _colon, digits = str(rule.get("cast", "strip")).partition(":")
    if cast not in CASTS or not (digits or "0").isdecimal():
        raise MappingError(where, f"the cast {cast} is none of {', '.join(CASTS)}")
    if cast == "wall_clock" and not rule.get("date_formats"):
        raise MappingError(where, "the cast wall_clock needs the date format to write")
    return FieldRule(
        kind,
        f"{around}{rule['target']}",
        path,
        _expression(rule.get("source"), where),
        _expression(rule.get("when"), where),
        CASTS[cast],
        code_map,
        rule.get("default"),
        _expression(rule.get("zone"), where),
        _texts(rule, "date_formats", where),
        int(digits) if digits else None,
        rule.get("report", True),
        bool(rule.get("required")),
        _longest(rule, where),
    )


def _longest(rule, where):
    longest = rule.get("longest")
    if longest is not None and (type(longest) is not int or longest < 1):
        raise MappingError(where, "longest is no number of characters")
    return longest


def _code_map(rule, where, code_maps):
    """Return the name of the code map or lookup of a rule, None for none."""
    code_map, lookup = rule.get("code_map"), rule.get("lookup")
    if code_map and lookup:
        raise MappingError(where, "has a code map and a lookup: only one of them can be meant")
    if code_map and not (isinstance(code_map, str) and code_map in code_maps):
        raise MappingError(where, f"there is no code map {code_map}")
    if lookup and lookup not in LOOKUPS:
        raise MappingError(where, f"the lookup {lookup} is none of {', '.join(LOOKUPS)}")
    return code_map or lookup


def _foreach(rule, where):
    if isinstance(rule.get("foreach"), str):
        return (_expression(rule["foreach"], where),)
    return tuple(_expression(text, where) for text in _texts(rule, "foreach", where))


def _expression(text, where):
    if text is None:
        return None
    if not isinstance(text, str):
        raise MappingError(where, f"{text!r} is no expression")
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
