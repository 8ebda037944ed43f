"""A mapping as one JSON file: written one way only, read with errors that say where.

Pure. The file is a definition (see :mod:`.mapping`) with the codes that people added, by choice,
as "added_codes": {code map: {their code: our code}}.
"""

import json

from .json_lines import lines
from .mapping_rules import FORMAT, SCHEMA, MappingError, compile

CODECS = ("x12", "edifact", "json", "csv")

#: The keys in the order in which people read them; others follow by name.
_ORDER = (
    "format", "schema", "code", "name", "direction", "codec", "kind", "version", "documents",
    "code_maps", "added_codes", "target", "foreach", "when", "because", "refuse", "source", "cast",
    "date_formats", "zone", "code_map", "lookup", "default", "report", "required", "longest",
    "require", "distinct", "fields",
)  # fmt: skip
_PLACE = {name: place for place, name in enumerate(_ORDER)}
#: Objects whose keys are codes: they are in the order of the alphabet.
_OF_CODES = frozenset({"code_maps", "added_codes"})
_HEADER = {"code": str, "name": str, "codec": str, "kind": str, "version": int}


class FileError(ValueError):
    """A file is no mapping. ``line`` is where it shows, None where that cannot be said."""

    def __init__(self, message, line=None):
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


def write(definition):
    """Return the text of a file: the same for the same definition, whatever the order of keys."""
    return json.dumps(_ordered(definition), indent=2, ensure_ascii=False) + "\n"


def read(text):
    """Return the definition in the ``text`` of a file.

    :raise FileError: when it is no JSON, of another format, or has a rule that cannot be used
    """
    definition = parse(text)
    if definition.get("format") != FORMAT or definition.get("schema") != SCHEMA:
        raise FileError(f"this is no mapping of format {FORMAT} {SCHEMA}", 1)
    for name, kind in _HEADER.items():
        value = definition.get(name)
        if not isinstance(value, kind) or isinstance(value, bool) or not value:
            raise FileError(f"{name} is missing", lines(text).get(name, 1))
    if definition["codec"] not in CODECS:
        raise FileError(f"the codec is none of {', '.join(CODECS)}", lines(text)["codec"])
    check(definition, text)
    return definition


def parse(text):
    """Return the JSON object in ``text``.

    :raise FileError: naming the line
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise FileError(error.msg, error.lineno) from error
    except RecursionError as error:
        raise FileError("it is nested too deep") from error
    if not isinstance(value, dict):
        raise FileError("this is no JSON object", 1)
    return value


def check(definition, text, added=()):
    """Return the compiled ``definition``, which stands in ``text``.

    :raise FileError: naming the rule and its line
    """
    try:
        _check_codes(definition.get("added_codes", {}), "added_codes")
        return compile(definition, added)
    except MappingError as error:
        raise FileError(str(error), line_of(error.rule, text)) from error


def line_of(rule, text):
    """Return the line of ``text`` on which a rule stands, as a :class:`MappingError` names it."""
    path = rule.partition(" (")[0]
    known = lines(text)
    while path and path not in known:
        path = path.rpartition(".")[0]
    return known.get(path)


def _check_codes(maps, where):
    if not isinstance(maps, dict) or not all(isinstance(codes, dict) for codes in maps.values()):
        raise MappingError(where, "is no object of code maps")
    for name, codes in maps.items():
        for code, ours in codes.items():
            if not isinstance(ours, str):
                raise MappingError(f"{where}.{name}.{code}", "is no text")


def _ordered(value, of_codes=0):
    """Return ``value`` with its keys in order; ``of_codes`` counts the levels of codes below."""
    if isinstance(value, list):
        return [_ordered(one) for one in value]
    if not isinstance(value, dict):
        return value
    names = sorted(value) if of_codes else sorted(value, key=_place)
    return {
        name: _ordered(value[name], of_codes - 1 if of_codes else 2 * (name in _OF_CODES))
        for name in names
    }


def _place(name):
    return (_PLACE.get(name, len(_PLACE)), name)
