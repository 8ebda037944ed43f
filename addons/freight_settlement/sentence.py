"""Sentences that the pure parts write and the models translate.

A pure part knows nothing of languages: it returns the English template together with its values.
The template is marked with ``_`` so that it reaches the ``.pot`` file; the models look the
translation up when they store the sentence.
"""

from dataclasses import dataclass, field


def mark(text):
    """Mark a template for translation (imported as ``_``); returns it unchanged."""
    return text


@dataclass(frozen=True)
class Sentence:
    """One explanation: an English template with named placeholders, and their values."""

    text: str
    values: dict = field(default_factory=dict, hash=False)

    def __str__(self):
        """Return the sentence in English."""
        return self.text % self.values

    def render(self, translations):
        """Return the sentence in the language of ``translations`` (template -> template)."""
        return (translations.get(self.text) or self.text) % self.values
