"""What every codec gives back and the one error it may raise."""

import codecs
from dataclasses import dataclass, field

ENVELOPE_KINDS = ("interchange", "group")
LOST = "lost"

CHUNK = 1 << 16  # bytes that are read at a time
# What one document may have at most; a longer one is rejected alone, for its tree needs many times
# the memory of its text.
MAX_SEGMENTS = 100_000
MAX_CHARACTERS = 10_000_000
MAX_SEGMENT_LENGTH = 64_000

_BOM = "\ufeff"
_PADDING = "\0\x1a \t\r\n"


class CodecError(Exception):
    """The bytes cannot be read at all.

    :ivar message: one sentence for a person.
    :ivar position: where, in the words of the format ("segment 12", "line 3"), or "".
    """

    def __init__(self, message, position=""):
        super().__init__(f"{position}: {message}" if position else message)
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class Decoded:
    """One document found in the bytes: a transaction set, a message, a row or a JSON item.

    :ivar kind: what the document says it is ("214", "IFTSTA", "json", "csv"); one of
        `ENVELOPE_KINDS` for an envelope whose numbers are wrong around sound documents; `LOST`
        where something was sent that belongs to no document, or is missing.
    :ivar tree: nested dicts and lists of strings (JSON: any JSON value), None with an error.
    :ivar position: where the document begins, for people.
    :ivar error: why the document is rejected, with its position; None when it is sound.
    :ivar control: numbers and parties of the envelope; "syntax" is the code that an
        acknowledgement gives for the error (X12 element 718, EDIFACT 0085).
    """

    kind: str
    tree: dict | list | None
    position: str
    error: str | None = None
    control: dict = field(default_factory=dict)

    @property
    def is_envelope(self):
        """Tell whether this is a remark about an envelope, which takes nothing away."""
        return self.kind in ENVELOPE_KINDS


def texts(raw, encoding=None):
    """Yield the text of `raw` in chunks, so that a large message is never held a second time.

    Byte order mark and blanks around the content are taken away, NUL becomes U+FFFD. Without an
    encoding it is UTF-16 with a byte order mark, else UTF-8, else Latin-1, which reads any byte.

    :raises CodecError: nothing there, unknown encoding, or bytes that it does not allow; before
        the first chunk.
    """
    encoding = encoding or _likely_encoding(raw)
    if len(raw) > CHUNK:
        for _text in _decoded(raw, encoding):
            pass
    blanks, empty = "", True
    for text in _decoded(raw, encoding):
        text = text.lstrip(_BOM + _PADDING) if empty else text
        content = text.rstrip(_PADDING)
        if content:
            yield (blanks + content).replace("\0", "\ufffd")
            blanks, empty = "", False
        if not empty:
            blanks += text[len(content) :]
        if len(blanks) > CHUNK:
            yield blanks.replace("\0", "\ufffd")
            blanks = ""
    if empty:
        raise CodecError("There is no content.")


def _likely_encoding(raw):
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if raw.isascii():
        return "latin-1"
    try:
        for _text in _decoded(raw, "utf-8"):
            pass
    except CodecError:
        return "latin-1"
    return "utf-8"


def _decoded(raw, encoding):
    try:
        "".encode(encoding)  # refuses what is a codec, but not of text
        decoder = codecs.getincrementaldecoder(encoding)()
        for start in range(0, len(raw), CHUNK):
            yield decoder.decode(raw[start : start + CHUNK], start + CHUNK >= len(raw))
    except LookupError as error:
        raise CodecError(f"The encoding {encoding} is not known.") from error
    except UnicodeError as error:
        raise CodecError(f"The bytes are not {encoding}: {error}.") from error
