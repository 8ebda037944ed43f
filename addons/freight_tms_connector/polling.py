"""A partner's API read page by page: which request comes next, and what an answer holds.

Where the pages hang together is data: JMESPath for the items, for the next cursor and for an item's
id. The cursor is text, whatever it is over there.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from requests.utils import parse_header_links

from .codecs import CodecError, json_codec
from .expressions import ExpressionError, compile_expression
from .outgoing import Response, same_origin

#: How the pages hang together.
KINDS = ("none", "cursor", "link", "page", "since")
#: Characters; a longer one is no cursor but content.
LONGEST_CURSOR = 4000
_EXCERPT = 200
_REFUSED = {401, 403}
_NOTHING = {204, 304}


class PollError(Exception):
    """An answer that cannot be used. The message is for a person.

    :ivar stops: asking again is of no use before a person did something
    :ivar retry_after: the answer's ``Retry-After`` header, if it had one
    """

    def __init__(self, message, stops=False, retry_after=None):
        super().__init__(message)
        self.stops = stops
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Source:
    """How one API is read; the expressions are functions of `expressions.compile_expression`.

    :ivar kind: one of `KINDS`: one page and no more; a cursor, a page number or a time in the query
        parameter ``parameter``; or a link to the next page
    :ivar items: finds the items in the answer; None: the whole answer is one message
    :ivar next: finds the next cursor; None with ``link``: the header ``Link: <...>; rel="next"``
    :ivar item_id: finds an item's id; None: its content is its identity
    :ivar restart: at the end begin again at the first page, instead of staying on the last one
    """

    url: str
    parameters: dict = field(default_factory=dict)
    kind: str = "none"
    items: Callable | None = None
    next: Callable | None = None
    item_id: Callable | None = None
    parameter: str = ""
    first_page: int = 1
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One message: its bytes, whether they are JSON, and the partner's id of it."""

    body: bytes
    is_json: bool
    key: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """What an answer holds.

    :ivar cursor: where to go on; None: the beginning
    :ivar more: another page is worth asking for now
    """

    items: list
    cursor: str | None
    more: bool


def expression(text):
    """Return the function of the JMESPath ``text``, None for an empty one.

    :raise ExpressionError: it is none
    """
    return compile_expression(text) if text else None


def address(source: Source, cursor: str | None) -> str:
    """Return the URL of the page at ``cursor``; None or "" is the first one."""
    if source.kind == "link" and cursor:
        return cursor
    values = dict(source.parameters)
    if source.kind == "page":
        values[source.parameter] = cursor or str(source.first_page)
    elif source.kind in ("cursor", "since") and cursor:
        values[source.parameter] = cursor
    parts = urlsplit(source.url)
    kept = [pair for pair in parse_qsl(parts.query, True) if pair[0] not in values]
    query = urlencode([*kept, *values.items()])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def read(source: Source, cursor: str | None, response: Response) -> Page:
    """Return the :class:`Page` that ``response`` holds, asked for at ``cursor``.

    :raise PollError: for an answer that is none
    """
    _check_status(response)
    if response.status in _NOTHING or not response.body.strip():
        return _page(source, cursor, [], None)
    if source.items is None:
        return _page(source, cursor, [Item(response.body, False, None)], None)
    tree = _tree(response)
    return _page(source, cursor, _items(source, tree), _next(source, tree, response))


def _check_status(response):
    status = response.status
    if 200 <= status < 300 or status == 304:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise PollError("The answer is compressed, which was not asked for.")
        if response.headers.get("Content-Type", "").lower().startswith("text/html"):
            raise PollError(f"They answered with a web page, not with data. {_excerpt(response)}")
        return
    said = _excerpt(response)
    if status in _REFUSED:
        raise PollError(
            f"They refuse our credentials (HTTP {status}): renew them, then start this again."
            f" {said}",
            stops=True,
        )
    if 300 <= status < 400:
        raise PollError(
            f"They redirect (HTTP {status}), and redirects are not followed: enter the address"
            f" itself. {response.headers.get('Location', '')[:_EXCERPT]}"
        )
    raise PollError(
        f"They answered HTTP {status}. {said}", retry_after=response.headers.get("Retry-After")
    )


def _tree(response):
    try:
        return json_codec.load(response.body)
    except CodecError as error:
        raise PollError(f"The answer is no JSON: {error} {_excerpt(response)}") from error


def _items(source, tree):
    found = _find(source.items, tree, "the items")
    if found is None:
        return []
    if not isinstance(found, list):
        raise PollError(
            "The path of the items leads to something that is no list: correct it under"
            " What the answer looks like."
        )
    return [_item(source, one) for one in found if one is not None]


def _item(source, value):
    key = None
    if source.item_id and isinstance(value, dict | list):
        key = _text(_find(source.item_id, value, "an item's id"))
    if isinstance(value, str):
        return Item(value.encode(), False, key)
    return Item(dumps(value).encode(), True, key)


def _next(source, tree, response):
    """Return the next cursor that the answer names, None for none."""
    if source.kind in ("none", "page"):
        return None
    if source.next is None:
        found = _link_header(response.headers.get("Link", ""))
    else:
        found = _text(_find(source.next, tree, "the next cursor"))
    if found and len(found) > LONGEST_CURSOR:
        raise PollError(f"Their cursor is longer than {LONGEST_CURSOR} characters.")
    if found and source.kind == "link":
        found = _link(source, found)
    return found


def _link(source, found):
    try:
        link = urljoin(source.url, found)
        own = same_origin(link, source.url)
    except ValueError as error:
        raise PollError(f"Their next page is no address: {found[:_EXCERPT]}") from error
    if not own:
        raise PollError(f"Their next page lies on another server: {link[:_EXCERPT]}")
    return link


def _page(source, cursor, items, found):
    if source.kind == "none":
        return Page(items, None, False)
    if source.kind == "page":
        number = _number(cursor, source.first_page)
        if items:
            return Page(items, str(number + 1), True)
        last = None if source.restart else str(max(number - 1, source.first_page))
        return Page(items, last, False)
    moved = bool(found) and found != cursor
    if moved:
        # The same moment may hold more than came: a time is asked for until it stands still.
        return Page(items, found, bool(items))
    return Page(items, None if source.restart else cursor or None, False)


def _number(cursor, first):
    return int(cursor) if cursor and cursor.isascii() and cursor.isdigit() else first


def _find(expression, tree, what):
    try:
        return expression(tree)
    except ExpressionError as error:
        raise PollError(f"The path of {what} cannot be applied: {error}") from error


def _text(value):
    if value is None or value == "" or isinstance(value, dict | list | bool):
        return None
    return str(value)


def _link_header(text):
    """Return the target of rel="next" in a ``Link`` header (RFC 8288), None for none."""
    links = parse_header_links(text) if text else []
    return next((one["url"] for one in links if one.get("rel") == "next" and one["url"]), None)


def _excerpt(response):
    return " ".join(response.body[:_EXCERPT].decode("utf-8", "replace").split())


def dumps(value):
    """Return ``value`` as JSON, numbers as they were sent: a Decimal keeps its zeros."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)}: {dumps(one)}" for key, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dumps, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
