"""CloudEvents 1.0 over HTTP: what the door must know of them, without reading their data."""

import json
import re
from json.decoder import WHITESPACE

from .codecs import CodecError

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
REQUIRED = ("specversion", "id", "source", "type")
MAX_ITEMS = 500

_SPECVERSION = "1.0"
_DECODER = json.JSONDecoder()
#: A host as a sender names itself in ``WebHook-Request-Origin``.
_ORIGIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?", re.ASCII)
_RATE = re.compile(r"[0-9]{1,9}", re.ASCII)


class TooManyItems(Exception):
    """A batch of more than ``MAX_ITEMS`` events."""


def split(body):
    """Return the items of a JSON array, as the bytes that were sent.

    Writing an item anew would change its numbers and its digest. What is wrong inside of an item,
    and yet JSON, is found when it is read alone.

    :raise TooManyItems: for more than ``MAX_ITEMS``
    :raise CodecError: not JSON, or no array
    """
    try:
        return _split(body.decode("utf-8-sig"))
    except RecursionError as error:
        raise CodecError("JSON is nested too deeply.") from error
    except ValueError as error:
        raise CodecError(f"No JSON array of events: {error}.") from error


def _split(text):
    position = _expect(text, _skip(text, 0), "[")
    items = []
    while text[position : position + 1] != "]" or items:
        if len(items) == MAX_ITEMS:
            raise TooManyItems
        _value, end = _DECODER.raw_decode(text, position)
        items.append(text[position:end].encode())
        position = _skip(text, end)
        if text[position : position + 1] == "]":
            break
        position = _expect(text, position, ",")
    _expect(text, _expect(text, position, "]"), "")
    return items


def _expect(text, position, character):
    """Return where what follows ``character``, or the end, begins.

    :raise ValueError: where something else stands
    """
    if text[position : position + 1] != character:
        raise ValueError(f"expected {character or 'the end'} at character {position}")
    return _skip(text, position + 1)


def _skip(text, position):
    return WHITESPACE.match(text, position).end()


def fault(event):
    """Return what keeps the JSON value ``event`` from being a CloudEvent, None if nothing does."""
    if not isinstance(event, dict):
        return "A CloudEvent is a JSON object."
    missing = [name for name in REQUIRED if not _is_filled(event.get(name))]
    if missing:
        return f"The CloudEvent lacks {', '.join(missing)}."
    if event["specversion"] != _SPECVERSION:
        return f"The CloudEvent must have specversion {_SPECVERSION}."
    return None


def identity(event):
    """Return what makes an event the same again, its source and id; None where one is missing."""
    if not isinstance(event, dict):
        return None
    source, number = event.get("source"), event.get("id")
    return f"{source} {number}" if _is_filled(source) and _is_filled(number) else None


def traceparent(event):
    """Return the event's own trace context (Distributed Tracing extension), or None."""
    found = event.get("traceparent") if isinstance(event, dict) else None
    return found if isinstance(found, str) else None


def _is_filled(value):
    return isinstance(value, str) and bool(value.strip())


def handshake(origin, rate, quota):
    """Return the headers that grant a sender its webhook, none where it names no valid origin.

    Abuse protection of the CloudEvents web hook specification 1.0. ``WebHook-Request-Callback`` is
    ignored: nothing is ever called because a stranger named it.

    :param origin: ``WebHook-Request-Origin``
    :param rate: ``WebHook-Request-Rate``, messages per minute, or None
    :param quota: the source's :class:`~.limiting.Quota`
    """
    if not origin or not _ORIGIN.fullmatch(origin):
        return {}
    headers = {"WebHook-Allowed-Origin": origin}
    if rate is not None:
        headers["WebHook-Allowed-Rate"] = _allowed_rate(rate, quota)
    return headers


def _allowed_rate(rate, quota):
    if not quota.limited:
        return "*"
    asked = int(rate) if _RATE.fullmatch(rate) else quota.per_minute
    return str(max(1, min(asked, quota.per_minute)))
