"""How many pieces were loaded, delivered, refused, damaged, short or returned."""

from collections import defaultdict

#: Event type -> what it says of its pieces.
KINDS = {
    "loaded": "loaded",
    "partly_unloaded": "delivered",
    "delivered": "delivered",
    "refused": "refused",
    "damaged": "damaged",
    "short": "short",
    "returned": "returned",
}

#: A truck is loaded with what is on it: whoever reports it again does not load it again.
_ONCE = frozenset({"loaded"})


class Pieces:
    """The pieces of a stop or of a goods line, by what became of them.

    What one source reports in parts adds up. Two sources that tell of the same pieces do not:
    the one that tells of more is believed.
    """

    __slots__ = ("_told",)

    def __init__(self):
        self._told = defaultdict(lambda: defaultdict(float))

    def note(self, kind, source, quantity, running=False):
        """Take in that ``source`` tells of ``quantity`` pieces; ``running`` for a total so far."""
        if not quantity:
            return
        told = self._told[kind]
        if running or kind in _ONCE:
            told[source] = max(told[source], quantity)
        else:
            told[source] += quantity

    def of(self, kind):
        """Return how many pieces are known as ``kind``, 0 where nobody told."""
        return max(self._told.get(kind, {}).values(), default=0.0)

    def __bool__(self):
        return any(self._told.values())

    def __eq__(self, other):
        return isinstance(other, Pieces) and self._told == other._told

    def __repr__(self):
        return f"Pieces({ {kind: dict(told) for kind, told in self._told.items()} })"

    __hash__ = None


def variance(planned, told):
    """Return (over, short): pieces beyond the plan, and pieces of it that nobody accounts for.

    Refused pieces came and are no shortage. Where nobody told how many were delivered there is
    nothing to compare: that is what a carrier means who reports a delivery without a count.

    :param told: pieces by kind, as a mapping

    >>> variance(10, {"delivered": 7, "refused": 1})
    (0.0, 2.0)
    """
    delivered, short = told.get("delivered", 0), float(told.get("short", 0))
    if not delivered or not planned:
        return (0.0, short)
    accounted = delivered + told.get("refused", 0)
    return (max(accounted - planned, 0.0), max(planned - accounted, short, 0.0))
