"""JMESPath expressions compiled once, and run fast.

jmespath walks the syntax tree on every search. The plain paths that mappings mostly consist of
become closures here; anything else is left to jmespath's own interpreter, with the same results.
"""

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter

_INTERPRETER = TreeInterpreter()


class ExpressionError(ValueError):
    """An expression cannot be compiled, or cannot be applied to a value."""


def compile_expression(text):
    """Return a function that applies the JMESPath `text` to a value.

    The function raises ExpressionError where JMESPath does, for instance when a function of it
    gets a type that it does not take.

    :raises ExpressionError: `text` is no JMESPath.
    """
    try:
        return _closure(jmespath.compile(text).parsed)
    except JMESPathError as error:
        raise ExpressionError(f"{text!r} is no JMESPath: {error}") from error


def is_true(value):
    """Tell whether JMESPath takes `value` for true: anything but null, false and empty."""
    return bool(value) or not (value is None or value is False or value in ("", [], {}))


def _closure(node):
    build = _BUILDERS.get(node["type"])
    return build(node) if build else _interpreted(node)


def _field(node):
    name = node["value"]
    return lambda value: value.get(name) if isinstance(value, dict) else None


def _index(node):
    place = node["value"]

    def at_place(value):
        if not isinstance(value, list):
            return None
        return value[place] if -len(value) <= place < len(value) else None

    return at_place


def _chain(node):
    steps = [_closure(child) for child in node["children"]]

    def follow(value):
        for step in steps:
            value = step(value)
        return value

    return follow


def _either(node):
    left, right = map(_closure, node["children"])

    def first_true(value):
        found = left(value)
        return found if is_true(found) else right(value)

    return first_true


def _both(node):
    left, right = map(_closure, node["children"])

    def last_true(value):
        found = left(value)
        return right(value) if is_true(found) else found

    return last_true


def _list(node):
    parts = [_closure(child) for child in node["children"]]
    return lambda value: None if value is None else [part(value) for part in parts]


def _comparison(node):
    if node["value"] not in ("eq", "ne"):
        return _interpreted(node)
    compare = _INTERPRETER.COMPARATOR_FUNC[node["value"]]
    left, right = map(_closure, node["children"])
    return lambda value: compare(left(value), right(value))


def _filter(node):
    base, result, condition = map(_closure, node["children"])

    def those_that_fit(value):
        items = base(value)
        if not isinstance(items, list):
            return None
        found = (result(item) for item in items if is_true(condition(item)))
        return [one for one in found if one is not None]

    return those_that_fit


def _identity(_node):
    return lambda value: value


def _literal(node):
    constant = node["value"]
    return lambda value: constant


def _interpreted(node):
    def interpret(value):
        try:
            return _INTERPRETER.visit(node, value)
        except (JMESPathError, TypeError, ValueError, ArithmeticError) as error:
            raise ExpressionError(str(error)) from error

    return interpret


_BUILDERS = {
    "field": _field,
    "index": _index,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "or_expression": _either,
    "and_expression": _both,
    "multi_select_list": _list,
    "literal": _literal,
    "comparator": _comparison,
    "filter_projection": _filter,
    "identity": _identity,
}
