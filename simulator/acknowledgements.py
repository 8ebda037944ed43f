"""What became of the carriers' interchanges: sent, and acknowledged by a 997.

Read here on its own, apart from the addons: two readers that agree prove more than one.
"""

import threading
from collections import Counter
from dataclasses import dataclass

WAITING = "waiting"
#: AK901 and AK501, as people call them.
VERDICTS = {"A": "accepted", "E": "accepted", "P": "partly accepted", "R": "rejected"}
STATES = ("accepted", "partly accepted", "rejected", WAITING)


@dataclass(frozen=True)
class Acknowledgement:
    """One 997.

    :param receiver: whom it is for
    :param control: the control number of what it answers
    :param verdict: one of ``VERDICTS``' values
    :param rejected: the control numbers of the sets that could not be read
    """

    receiver: str
    control: int
    verdict: str
    rejected: tuple[str, ...]


def read_segments(body: bytes) -> list[list[str]]:
    """Return the elements of each segment of an interchange; the ISA names its delimiters.

    :raise ValueError: when it is none
    """
    text = body.decode("ascii")
    if not text.startswith("ISA") or len(text) < 106:
        raise ValueError("this is no X12 interchange")
    element, end = text[3], text[105]
    return [part.strip().split(element) for part in text.split(end) if part.strip()]


def read_control(body: bytes) -> int:
    """Return the control number of an interchange."""
    return int(read_segments(body)[0][13])


def read_acknowledgement(body: bytes) -> Acknowledgement:
    """Read a 997. The carriers number a group as its interchange, so AK102 tells which one.

    :raise ValueError: when the interchange holds none, or one that says nothing
    """
    segments = read_segments(body)
    try:
        return _read(segments)
    except IndexError:
        raise ValueError("this 997 lacks an element") from None


def _read(segments: list[list[str]]) -> Acknowledgement:
    control = verdict = current = None
    rejected = []
    for name, *elements in segments:
        if name == "AK1":
            control = int(elements[1])
        elif name == "AK2":
            current = elements[1]
        elif name == "AK5" and elements[0] == "R":
            rejected.append(current)
        elif name == "AK9":
            verdict = VERDICTS.get(elements[0])
    if control is None or verdict is None:
        raise ValueError("this is no 997 that says what became of a group")
    return Acknowledgement(segments[0][8].strip(), control, verdict, tuple(rejected))


class Interchanges:
    """What became of the interchanges that each carrier sent."""

    def __init__(self):
        self._lock = threading.Lock()
        self._states: dict[str, dict[int, str]] = {}

    def sent(self, scac: str, control: int) -> None:
        """Note an interchange that was taken in; its acknowledgement may have come before."""
        with self._lock:
            self._states.setdefault(scac, {}).setdefault(control, WAITING)

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        """Note the answer to an interchange."""
        with self._lock:
            states = self._states.setdefault(acknowledgement.receiver, {})
            states[acknowledgement.control] = acknowledgement.verdict

    def counts(self) -> dict[str, Counter]:
        """Return how many interchanges of each carrier are in which of ``STATES``."""
        with self._lock:
            return {scac: Counter(states.values()) for scac, states in self._states.items()}
