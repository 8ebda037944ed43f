"""What is kept of a partner's answer: its beginning, readable, without what proves us."""

from base64 import b64encode

#: Characters of an answer that are kept.
EXCERPT = 500
#: Bytes to read of an answer so that nothing hidden is cut where it could still be seen.
READ = 4096
HIDDEN = "[...]"
#: Texts shorter than this would hide words that mean something.
_SHORTEST = 6


def excerpt(body: bytes, hidden=()) -> str:
    """Return the beginning of ``body`` for people to read.

    :param body: at most :data:`READ` bytes of it
    :param hidden: texts, such as secrets and signatures, that a partner may have echoed
    """
    text = body[:READ].decode("utf-8", "replace")
    for secret in sorted(_spellings(hidden), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    shown = "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)
    return shown.strip()[:EXCERPT]


def _spellings(hidden):
    """Return ``hidden`` as answers may spell them: as they are, in JSON, in Base64."""
    for text in hidden:
        if text and len(text) >= _SHORTEST:
            yield text
            yield text.replace("/", "\\/")
            yield b64encode(text.encode()).decode()
