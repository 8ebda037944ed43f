"""On which line of a JSON text each of its values stands.

Pure. A value is named by its path: "documents[0].fields[2].target"; the whole is "".
"""

import json
import re

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def lines(text):
    r"""Return {path: line, counted from 1} of the values of a JSON ``text`` that can be parsed.

    >>> lines('{"a": [1,\n 2]}')["a[1]"]
    2
    """
    tokens = _Tokens(text)
    found = {}
    _value(tokens, "", found)
    return found


class _Tokens:
    def __init__(self, text):
        self._matches = _TOKEN.finditer(text)
        self._text = text
        self._at = 0
        self._line = 1
        self.token = None
        self.line = 1
        self.next()

    def next(self):
        """Go on to the next token, "" at the end; ``line`` is where it stands."""
        match = next(self._matches, None)
        if match:
            self._line += self._text.count("\n", self._at, match.start())
            self._at, self.line = match.start(), self._line
        self.token = match.group() if match else ""


def _value(tokens, path, found):
    found.setdefault(path, tokens.line)
    opening = tokens.token
    tokens.next()
    if opening == "{":
        _members(tokens, path, found)
    elif opening == "[":
        _elements(tokens, path, found)


def _members(tokens, path, found):
    while tokens.token not in ("}", ""):
        name = json.loads(tokens.token)
        tokens.next()
        tokens.next()
        _value(tokens, f"{path}.{name}" if path else name, found)
        if tokens.token == ",":
            tokens.next()
    tokens.next()


def _elements(tokens, path, found):
    number = 0
    while tokens.token not in ("]", ""):
        _value(tokens, f"{path}[{number}]", found)
        number += 1
        if tokens.token == ",":
            tokens.next()
    tokens.next()
