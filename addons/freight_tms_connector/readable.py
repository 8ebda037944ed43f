"""Bodies of messages as people read them: laid out, as a tree, as a table; never all at once."""

import csv
import io
import json
import re

#: Characters of a body that one look shows.
MOST_TEXT = 64 * 1024

#: Nodes of a JSON tree, and lines of a table or of segments, that one look shows.
MOST_NODES = 2000
MOST_LINES = 500

#: Bytes of a body that are looked at for its segments, its tree or its table.
MOST_READ = 4 * 1024 * 1024

_DELIMITERS = ",;\t|"
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}


def encoding_of(body):
    """Return the encoding that ``body`` reads as: UTF-8, else Latin-1, which reads anything."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def text_of(body, encoding=None, codec=None):
    """Return ``body`` as text for people, laid out; what is no character becomes U+FFFD."""
    return laid_out(codec, body.decode(encoding or encoding_of(body), "replace"))


def laid_out(codec, text):
    """Return ``text`` with line breaks where people expect them; what it says stays the same.

    >>> laid_out("json", '{"a":[1.10,{}]}').splitlines()
    ['{', '  "a": [', '    1.10,', '    {}', '  ]', '}']
    """
    if text.startswith("ISA") and len(text) > 105:
        return _segment_lines(text, text[105])
    if text.startswith("UNA") and len(text) > 8:
        return _segment_lines(text, text[8])
    if text.startswith("UNB"):
        return _segment_lines(text, "'")
    return _indented(text) if codec == "json" else text


def same_text(one, other):
    """Tell whether two texts differ in line breaks and margins only."""
    return one.split() == other.split()


def _segment_lines(text, terminator):
    """Put each segment on a line of its own; a released terminator (``?'``) ends none."""
    if terminator in "\r\n":
        return text
    joined = text.replace("\r", "").replace("\n", "")
    pieces = re.split(rf"(?<!\?){re.escape(terminator)}", joined)
    return f"{terminator}\n".join(pieces) if len(pieces) > 1 else text


def _indented(text):
    """Return JSON ``text`` indented, token by token, so that every number stays as it was sent.

    What is no JSON is returned as it is.
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    tokens = _TOKENS.findall(text)
    parts, depth = [], 0
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        previous = tokens[place - 1] if place else ""
        if token in _CLOSING:
            parts.append(token)
            if following != _CLOSING[token]:
                depth += 1
                parts.append(_margin(depth))
        elif token in "}]":
            if _CLOSING.get(previous) != token:
                depth -= 1
                parts.append(_margin(depth))
            parts.append(token)
        elif token == ",":
            parts.append(f",{_margin(depth)}")
        else:
            parts.append(": " if token == ":" else token)
    return "".join(parts)


def _margin(depth):
    return "\n" + "  " * depth


def json_tree(text, most=MOST_NODES):
    """Return the nodes of JSON ``text``, breadth of each level kept, at most about ``most``.

    A node is ``{"type", "value"}``: ``value`` is the text of a scalar exactly as sent, or, for
    ``object`` and ``array``, a list of ``[key or index, node]``; ``count`` says how many children
    there are, also of those that are not shown.

    :raises ValueError: no JSON, or too much of it
    """
    if len(text) > MOST_READ:
        raise ValueError("too much JSON for a tree")
    try:
        root = json.loads(
            text.removeprefix("\ufeff"),
            parse_float=_Number,
            parse_int=_Number,
            object_pairs_hook=_Members,
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return _Tree(most).node(root)


class _Number(str):
    """A number as it was sent."""


class _Members(list):
    """The (name, value) pairs of an object, repeated names included."""


class _Tree:
    def __init__(self, most):
        self.left = most

    def node(self, value):
        """Return the node of ``value`` and of those below it, as long as nodes are left."""
        self.left -= 1
        if isinstance(value, _Members):
            return self._branch("object", value)
        if isinstance(value, list):
            return self._branch("array", list(enumerate(value)))
        return _leaf(value)

    def _branch(self, kind, members):
        children = []
        for name, value in members:
            if self.left <= 0:
                break
            children.append([name, self.node(value)])
        return {"type": kind, "count": len(members), "value": children}


def _leaf(value):
    if isinstance(value, _Number):
        return {"type": "number", "value": str(value)}
    if value is None or isinstance(value, bool):
        return {"type": "word", "value": json.dumps(value)}
    return {"type": "string", "value": value}


def table(text, delimiter=None, quote='"', most=MOST_LINES):
    """Return ``{"header", "rows", "more"}`` of CSV ``text``, as sent, ``most`` rows at most.

    :param delimiter: by default the one that the header has most of
    :raises csv.Error: what is no CSV
    """
    delimiter = delimiter or max(_DELIMITERS, key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    header = next(reader, [])
    rows = []
    for row in reader:
        if len(rows) == most:
            return {"header": header, "rows": rows, "more": True}
        if row:
            rows.append(row)
    return {"header": header, "rows": rows, "more": False}
