"""Loops of EDI messages: from a table of tags to a tree.

A structure is written as indented text, which reads like the tables of an implementation guide:

    B10 L11
    LX: L11 AT8
      AT7: MS1 MS2

A line with a colon opens a loop by its first segment and lists the plain segments of that loop;
the lines indented below it are its inner loops. A line without a colon lists plain segments of
the level it stands on. The order of the lines is the order in which the segments are written.
"""

from .base import CodecError

_INDENT = 2


def parse_structure(text):
    """Return the structure that `text` describes: {tag: None, or the structure of the loop}."""
    levels = [{}]
    for line in text.strip("\n").splitlines():
        depth = (len(line) - len(line.lstrip())) // _INDENT
        del levels[depth + 1 :]
        trigger, colon, tags = line.partition(":")
        if colon:
            levels.append(levels[-1].setdefault(trigger.strip(), {}))
        levels[-1].update(dict.fromkeys((tags if colon else line).split()))
    return levels[0]


def nest(tree, structure, segments):
    """Hang `segments`, an iterable of (tag, elements dict), into `tree` and return it.

    A segment goes to the innermost open loop that knows its tag, which closes the loops within.
    One that no open loop knows stays with the innermost, so that nothing is dropped. Every tag
    holds a list, however often it occurs.
    """
    path = [(tree, structure)]
    for tag, elements in segments:
        owner, known = path[-1]
        if tag not in known:
            owner, known = _close_loops(path, tag)
        owner.setdefault(tag, []).append(elements)
        inner = known.get(tag)
        if inner is not None:
            path.append((elements, inner))
    return tree


def _close_loops(path, tag):
    """Leave the loops that do not know `tag`, or none when no loop does; return the innermost."""
    for depth in range(len(path) - 2, -1, -1):
        if tag in path[depth][1]:
            del path[depth + 1 :]
            break
    return path[-1]


def depth(path, tag):
    """Return how deep `tag` stands, and follow it: `path` has the open (tree, structure) pairs."""
    _tree, known = path[-1]
    if tag not in known:
        _tree, known = _close_loops(path, tag)
    level = len(path) - 1
    if known.get(tag) is not None:
        path.append((None, known[tag]))
    return level


def flatten(tree, structure):
    """Yield (tag, elements) of every segment in `tree`: what `nest` makes the same tree of.

    Elements come without the loops that hang on them. Each level is written in the order of its
    structure, except where the loop before would swallow a segment that is meant for the level.

    :raises CodecError: a segment stands where reading would not put it.
    """
    yield from _level(tree, [structure])


def _level(node, path):
    structure = path[-1]
    for tag in _writing_order(segment_tags(node), path):
        for elements in node[tag]:
            yield tag, elements
            if structure.get(tag) is not None:
                yield from _level(elements, [*path, structure[tag]])
            elif any(segment_tags(elements)):
                raise CodecError("Segments hang on one that opens no loop.", tag)


def segment_tags(node):
    """Return the tags of the segments that hang on `node`, beside its elements."""
    return [
        key
        for key, value in node.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]


def _writing_order(tags, path):
    *outer, structure = path
    for tag in tags:
        if tag not in structure and any(tag in known for known in outer):
            raise CodecError("The segment belongs to an outer loop.", tag)
    # A segment that no loop knows stays with the one open before it, so it is written first.
    order = [tag for tag in tags if tag not in structure]
    for tag in structure:
        if tag in tags:
            place = len(order)
            while place and tag in _reach(structure.get(order[place - 1])):
                place -= 1
            order.insert(place, tag)
    return order


def _reach(structure):
    """Return all tags that a loop of `structure` and its inner loops take."""
    if not structure:
        return set()
    return set(structure).union(*map(_reach, structure.values()))
