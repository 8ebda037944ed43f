"""What a sender of a change says of a shipment, compared with what is known of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that its sender does not own. ``field`` is empty for a whole row.

    ``item`` names the row among its like: the sequence of a stop, the description of goods.
    """

    model: str
    field: str
    item: str
    kept: str
    refused: str


def pair_lines(ours, theirs):
    """Pair descriptions of goods: those of one wording first, in order, then what is left.

    :param ours: descriptions of the lines that stand
    :param theirs: descriptions of the lines of a message
    :return: (pairs of indexes, indexes of ours left over, indexes of theirs left over)

    >>> pair_lines(["Pallets", "Drums"], ["drums", "Crates", "Rolls"])
    ([(0, 1), (1, 0)], [], [2])
    """
    left, right = list(range(len(ours))), list(range(len(theirs)))
    pairs = []
    for mine in list(left):
        same = next((one for one in right if same_words(theirs[one], ours[mine])), None)
        if same is not None:
            pairs.append((mine, same))
            left.remove(mine)
            right.remove(same)
    rest = min(len(left), len(right))
    pairs += zip(left[:rest], right[:rest], strict=True)
    return sorted(pairs), left[rest:], right[rest:]


def same_words(one, other):
    """Return whether two texts say the same but for case and spaces."""
    return (one or "").casefold().split() == (other or "").casefold().split()
