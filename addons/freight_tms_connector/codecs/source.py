"""A text that arrives in chunks, of which no more is kept than is not yet read."""

_BLANKS = " \t\r\n\0\x1a\ufffd"


class Source:
    """The text ahead: `text` from the place `at` on.

    :ivar ended: nothing more arrives.
    """

    def __init__(self, chunks):
        self._chunks = iter(chunks)
        self.text = ""
        self.at = 0
        self.ended = False

    def more(self):
        """Append the next chunk to what is not yet read; return whether there was one."""
        chunk = next(self._chunks, None)
        self.ended = chunk is None
        if not self.ended:
            self.text = self.text[self.at :] + chunk
            self.at = 0
        return not self.ended

    def ahead(self, length):
        """Return the next `length` characters, fewer at the end, without reading past them."""
        while len(self.text) - self.at < length and self.more():
            pass
        return self.text[self.at : self.at + length]

    def skip_blanks(self):
        """Go to the next character that is no blank; return whether there is one."""
        while True:
            rest = len(self.text)
            while self.at < rest and self.text[self.at] in _BLANKS:
                self.at += 1
            if self.at < rest:
                return True
            if not self.more():
                return False

    def seek(self, pattern):
        """Go to the next match of `pattern` after this place; return whether there is one.

        :param pattern: compiled; matches at most four characters.
        """
        self.at += 1
        while True:
            found = pattern.search(self.text, self.at)
            if found:
                self.at = found.start()
                return True
            self.at = max(self.at, len(self.text) - 3)
            if not self.more():
                return False
