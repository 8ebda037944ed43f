"""Loops of EDI messages: from a table of tags to a tree.

A structure is written as indented text, which reads like the tables of an implementation guide:

    B10 L11
    LX: L11 AT8
      AT7: MS1 MS2

A line with a colon opens a loop by its first segment and lists the plain segments of that loop;
the lines indented below it are its inner loops. A line without a colon lists plain segments of
the level it stands on.
"""

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
