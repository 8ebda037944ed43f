"""JMESPath expressions compiled once, and run fast.

jmespath walks the syntax tree on every search. The plain paths that mappings mostly consist of
become closures here; anything else is left to jmespath's own interpreter, with the same results.
"""

from math import prod

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter

_INTERPRETER = TreeInterpreter()

#: How often an expression may repeat what it reads: "[@,@]|[@,@]|..." doubles it at each step.
MOST_COPIES = 1000


class ExpressionError(ValueError):
    """An expression cannot be compiled, or cannot be applied to a value."""


def compile_expression(text):
    """Return a function that applies the JMESPath `text` to a value.

    The function raises ExpressionError where JMESPath does, for instance when a function of it
    gets a type that it does not take.

    :raises ExpressionError: `text` is no JMESPath, is nested too deep, or multiplies what it reads.
    """
    try:
        tree = jmespath.compile(text).parsed
        if _copies(tree) > MOST_COPIES:
            raise ExpressionError(f"{_short(text)} repeats what it reads too often")
        return _closure(tree)
    except JMESPathError as error:
        raise ExpressionError(f"{text!r} is no JMESPath: {error}") from error
    except RecursionError as error:
        raise ExpressionError(f"{_short(text)} is nested too deep") from error


def _short(text):
    return repr(text if len(text) <= 80 else f"{text[:80]}...")


def _copies(node):
    """Return a bound on how often what `node` reads may stand in what it gives."""
    kind = node["type"]
    if kind == "slice":  # its children are numbers
        return 1
    children = [_copies(child) for child in node["children"]]
    if kind in _GATHER:
        return max(1, sum(children))
    return prod(children) if kind in _FOLLOW else max(children, default=1)


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
        except (JMESPathError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            raise ExpressionError(str(error)) from error

    return interpret


#: Nodes that put what their children give side by side, and such that go on with it.
_GATHER = frozenset({"multi_select_list", "multi_select_dict", "function_expression"})
_FOLLOW = frozenset(
    {
        "pipe",
        "subexpression",
        "index_expression",
        "projection",
        "value_projection",
        "filter_projection",
        "key_val_pair",
    }
)

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
