"""What every codec gives back and the one error it may raise."""

from dataclasses import dataclass, field

ENVELOPE_KINDS = ("interchange", "group")
LOST = "lost"

_BOM = "\ufeff"


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


def text_of(raw, encoding=None):
    """Return the text of `raw` without byte order mark and without NUL characters.

    Without an encoding UTF-8 is tried first and Latin-1, which reads any byte, second.

    :raises CodecError: nothing there, unknown encoding, or bytes that it does not allow.
    """
    if encoding:
        text = _decode(raw, encoding)
    else:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
    text = text.removeprefix(_BOM).strip("\0\x1a \t\r\n")
    if not text:
        raise CodecError("There is no content.")
    return text.replace("\0", "\ufffd")


def _decode(raw, encoding):
    try:
        return raw.decode(encoding)
    except LookupError as error:
        raise CodecError(f"The encoding {encoding} is not known.") from error
    except UnicodeError as error:
        raise CodecError(f"The bytes are not {encoding}: {error}.") from error
