"""The CONTRL that answers one EDIFACT interchange."""

import io

from .edifact_writer import Envelope, interchange, message_text, segment_writer
from .faults import REJECTED, WITH_ERRORS, Answer, Verdict, summary

_KIND = "CONTRL"
# Element 0083
_REJECTED, _ACKNOWLEDGED = "4", "7"
# Element 0085: an invalid value, for a document that was read and cannot be used
_INVALID = "12"
_SYNTAX_4 = "4"
_NAME, _REFERENCE, _TYPE = 35, 14, 6  # characters that the elements have


class Interchange:
    """What became of the messages of one interchange."""

    def __init__(self, control):
        self._control = control
        self._text = io.StringIO()
        self._segments = 0
        self._accepted = self._with_errors = self._rejected = 0
        self._damage = ""
        self._acknowledges = False  # whether it holds acknowledgements, which nobody answers
        self._line = segment_writer(_envelope(control, 1, None))

    def document(self, control, code, syntax, fault):
        """Note a message. One with errors is acknowledged: CONTRL has no word for its errors.

        :param code: one of `faults`.
        :param syntax: element 0085, why it is rejected.
        """
        if control["id"] == _KIND:
            self._acknowledges = True
            return
        rejected = code == REJECTED
        self._rejected += rejected
        self._accepted += not rejected
        self._with_errors += code == WITH_ERRORS
        kind = [_plain(part, _TYPE) for part in (control["id"], *control["version"].split(":"))]
        action = [[_REJECTED], [syntax or _INVALID]] if rejected else [[_ACKNOWLEDGED]]
        self._write(["UCM", [_plain(control["set"], _REFERENCE)], kind, *action])
        if rejected and fault:
            self._write(["UCS", [str(fault.segment)], [fault.code]])
            if fault.element:
                place = [str(fault.element), str(fault.component or "")]
                self._write(["UCD", [fault.element_code or _INVALID], place])

    def damaged(self, control):
        """Note what is wrong with the envelope."""
        self._damage = self._damage or control.get("syntax") or _INVALID

    def verdict(self):
        """Return the `Verdict`, None where no answer is due."""
        counts = (self._accepted, self._with_errors, self._rejected)
        if not any(counts) and (self._acknowledges or not self._damage):
            return None
        return Verdict(_KIND, 0, summary(*counts, bool(self._damage)), *counts)

    def answer(self, numbers, moment):
        """Return the `Answer`, None where none is due."""
        verdict = self.verdict()
        if verdict is None:
            return None
        control = self._control
        number, _group = numbers("edifact", control["receiver"], control["sender"], 0)
        envelope = _envelope(control, number, moment)
        syntax_4 = control["standard_version"] == _SYNTAX_4
        message = message_text(
            _KIND, "4:1" if syntax_4 else "D:3", "1", self._lines(), self._segments + 1, self._line
        )
        return Answer.to(control, verdict, interchange([message], envelope), number)

    def _write(self, segment):
        self._text.write(self._line(segment))
        self._segments += 1

    def _lines(self):
        """Return the text of the segments of the CONTRL, which begin with the interchange."""
        control = self._control
        action = _REJECTED if self._damage and not self._accepted else _ACKNOWLEDGED
        header = [
            "UCI",
            [_plain(control["interchange"], _REFERENCE)],
            [_plain(control["sender"], _NAME), _plain(control["sender_qualifier"], 4)],
            [_plain(control["receiver"], _NAME), _plain(control["receiver_qualifier"], 4)],
            [action],
            [self._damage],
        ]
        return self._line(header) + self._text.getvalue()


def _envelope(control, number, moment):
    """Return the envelope of the answer: the other way round, and what does not fit is cut."""
    syntax = control["standard"]
    return Envelope(
        sender=_plain(control["receiver"], _NAME),
        receiver=_plain(control["sender"], _NAME),
        sender_qualifier=_plain(control["receiver_qualifier"], 4),
        receiver_qualifier=_plain(control["sender_qualifier"], 4),
        control=str(number),
        moment=moment,
        syntax=syntax if len(syntax) == 4 and syntax.startswith("UNO") else "UNOC",
        syntax_version=_plain(control["standard_version"], 1) or "3",
        test=control["usage"] == "T",
        encoding="utf-8",
    )


def _plain(text, length):
    """Return `text` cut to what the element holds, without line breaks and the like."""
    return "".join(mark if mark.isprintable() else " " for mark in text[:length]).strip()
