"""UN/EDIFACT (ISO 9735): trees to interchanges, the inverse of `edifact`.

    encode([tree, ...], Envelope(sender="US", receiver="THEM", control="12", moment=now))

Counts and trailers are computed, service characters in the data released. The UNA is written when
the separators are not those of the standard.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from .base import CodecError
from .edifact_framing import HIDDEN, Separators
from .edifact_messages import STRUCTURES
from .structure import flatten, segment_tags

SERVICE_TAGS = ("UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ")

# The repertoires of ISO 9735 (element 0001); the first two are subsets of ASCII.
_ENCODINGS = {
    "UNOA": "ascii", "UNOB": "ascii", "UNOC": "latin-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5",
    "UNOF": "iso8859-7", "UNOW": "utf-8", "UNOY": "utf-8",
}  # fmt: skip
_LONG_DATE_SINCE = "4"
_TAG = re.compile(r"[A-Z][A-Z0-9]{2}")
_PLACE = re.compile(r"(0[1-9]|[1-9][0-9]){2}")
_MAX_CONTROL = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What an interchange says around its messages.

    :ivar control: interchange control reference, up to 14 characters.
    :ivar moment: aware; written as the wall clock of its own zone.
    :ivar syntax: syntax identifier, which names the repertoire; `encoding` overrules it.
    :ivar application: application reference (0026), where the partner asks for one.
    :ivar acknowledge: asks for a CONTRL (0031).
    :ivar line_end: written after each terminator, for people.
    """

    sender: str
    receiver: str
    control: str
    moment: datetime
    sender_qualifier: str = ""
    receiver_qualifier: str = ""
    syntax: str = "UNOC"
    syntax_version: str = "3"
    application: str = ""
    acknowledge: bool = False
    test: bool = False
    separators: Separators = field(default_factory=Separators)
    line_end: str = ""
    encoding: str = ""


def encode(trees, envelope):
    """Return the bytes of one interchange with `trees`, in the shape that `edifact.decode` gives.

    Of a tree's "set" the "id" counts, the "version" ("D:00B"), and its "control" if there is one.

    :raises CodecError: positioned by the segment or element that cannot be written.
    """
    line = segment_writer(envelope)
    messages = []
    for number, tree in enumerate(trees, start=1):
        kind, body = tree["set"]["id"], {k: v for k, v in tree.items() if isinstance(v, list)}
        segments = (_elements(*item) for item in flatten(body, STRUCTURES.get(kind, {})))
        control = tree["set"].get("control") or str(number)
        version = tree["set"].get("version", "D:00B")
        lines = [line(segment) for segment in segments]
        messages.append(message_text(kind, version, control, "".join(lines), len(lines), line))
    return interchange(messages, envelope)


def interchange(messages, envelope):
    """Return the bytes of an interchange of written messages, see `message_text`."""
    line = segment_writer(envelope)
    control = envelope.control
    if not 0 < len(control) <= _MAX_CONTROL:
        raise CodecError(f"{control!r} is no control reference.", "UNB0501")
    parts = [_una(envelope), line(_unb(envelope)), *messages]
    parts.append(line(["UNZ", [str(len(messages))], [control]]))
    encoding = envelope.encoding or _ENCODINGS.get(envelope.syntax, "latin-1")
    try:
        return "".join(parts).encode(encoding)
    except (LookupError, UnicodeError) as error:
        raise CodecError(f"The text cannot be written as {encoding}: {error}.") from error


def message_text(kind, version, control, body, count, line):
    """Return the text of one message from UNH to UNT, around that of its `count` segments.

    :param version: version and release, such as "D:00B".
    :param line: what `segment_writer` gave.
    """
    header = line(["UNH", [control], [kind, *version.split(":"), "UN"]])
    return f"{header}{body}{line(['UNT', [str(count + 2)], [control]])}"


def segment_writer(envelope):
    """Return a function: the tag and the elements of a segment, each a list of components -> text.

    Empty components and elements at the end are left out.
    """
    marks = envelope.separators
    released = {ord(service): marks.release + service for service in marks.services if service}
    refused = {"\r", "\n", "\0", *HIDDEN}
    if not marks.release:
        refused.update(marks.services[1:])

    def text_of(value, position):
        if not isinstance(value, str):
            raise CodecError(f"{value!r} is no text.", position)
        if not refused.isdisjoint(value):
            [found, *_others] = sorted(refused.intersection(value))
            raise CodecError(f"The value holds {found!r}, which cannot be written.", position)
        return value.translate(released)

    def write(segment):
        tag, *elements = segment
        texts = [tag]
        for place, components in enumerate(elements, start=1):
            position = f"{tag}{place:02d}"
            texts.append(_joined([text_of(part, position) for part in components], marks.component))
        return _joined(texts, marks.element) + marks.terminator + envelope.line_end

    return write


def _joined(parts, separator):
    """Join `parts` without the empty ones at the end."""
    while parts and not parts[-1]:
        parts.pop()
    return separator.join(parts)


def _elements(tag, elements):
    """Return the tag and the elements of a segment in their places, each a list of components."""
    if not _TAG.fullmatch(tag) or tag in SERVICE_TAGS:
        raise CodecError(f"{tag!r} is no segment of a message.")
    places = {}
    inner = segment_tags(elements)
    for key, value in elements.items():
        if key in inner:
            continue
        if not (key.startswith(tag) and _PLACE.fullmatch(key[3:])):
            raise CodecError(f"{tag} has no such component.", key)
        places.setdefault(int(key[3:5]), {})[int(key[5:7])] = value
    return [tag, *(_in_places(places.get(place, {})) for place in _up_to(places))]


def _in_places(components):
    return [components.get(part, "") for part in _up_to(components)]


def _up_to(places):
    return range(1, max(places, default=0) + 1)


def _una(envelope):
    marks = envelope.separators
    if marks == Separators():
        return ""
    if len({marks.component, marks.element, marks.release, marks.terminator}) < 4:
        raise CodecError("The separators must differ.", "UNA")
    release = marks.release or " "
    return f"UNA{marks.component}{marks.element}{marks.decimal}{release} {marks.terminator}"


def _unb(envelope):
    moment = envelope.moment
    day = f"{moment:%Y%m%d}" if envelope.syntax_version >= _LONG_DATE_SINCE else f"{moment:%y%m%d}"
    return [
        "UNB",
        [envelope.syntax, envelope.syntax_version],
        [envelope.sender, envelope.sender_qualifier],
        [envelope.receiver, envelope.receiver_qualifier],
        [day, f"{moment:%H%M}"],
        [envelope.control],
        [],
        [envelope.application],
        [],
        ["1" if envelope.acknowledge else ""],
        [],
        ["1" if envelope.test else ""],
    ]
