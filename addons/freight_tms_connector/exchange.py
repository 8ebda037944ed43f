"""What the envelopes of one EDI message say, and the answers that they are owed. Pure."""

from .codecs.acknowledged import PARTLY, REJECTED, read_acknowledgement
from .codecs.acknowledging import Acknowledger

#: Codecs whose messages have envelopes.
EDI_CODECS = ("x12", "edifact")
ACKNOWLEDGEMENTS = ("997", "CONTRL")


class Exchange:
    """What the envelopes of one message say, gathered while it is read."""

    def __init__(self):
        self.interchanges = {}
        self.acknowledged = []
        self._acknowledger = Acknowledger()

    def note(self, item, error):
        """Take note of a decoded item.

        :param error: why its content could not be used, None where it could
        """
        place = item.control.get("place", (0, 0))[0]
        if place:
            self.interchanges.setdefault(place, item.control)
        self._acknowledger.note(item, error=error)
        if item.kind in ACKNOWLEDGEMENTS and not item.error:
            self.acknowledged += read_acknowledgement(item.tree)

    @property
    def rejections(self):
        """What the partner could not read of ours, all of it or a part."""
        return [one for one in self.acknowledged if one.status in (REJECTED, PARTLY)]

    def verdicts(self):
        """Return {place of the interchange: Verdict} of those that are to be answered."""
        return self._acknowledger.verdicts()

    def answers(self, numbers, moment):
        """Return {place of the interchange: Answer} of those that are to be answered."""
        return self._acknowledger.answers_by_place(numbers, moment)
