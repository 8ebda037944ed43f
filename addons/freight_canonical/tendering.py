"""What becomes of a tender when its carrier answers, and who is asked next.

Pure: no ORM, no clock. :data:`ANSWERS` is the one place where the course of a tender is written
down; whatever is not in it is kept and changes nothing.
"""

from collections.abc import Iterable

#: Canonical event type -> what the carrier says with it.
KINDS = {
    "tender_accepted": "accept",
    "tender_conditional": "conditional",
    "tender_countered": "counter",
    "tender_declined": "decline",
}

#: The carrier was asked and nothing is decided: nobody else is asked meanwhile.
OPEN = ("sent", "conditional", "countered")
#: The carrier asks for something: a person decides.
UNDECIDED = ("conditional", "countered")
#: Nothing more comes of these by themselves.
ENDED = ("declined", "expired", "cancelled", "superseded")
#: Whoever holds one of these must hear of a change or a cancellation.
HELD = (*OPEN, "accepted")

#: Transport states in which a carrier may be looked for.
TENDERABLE = ("released", "tendered", "declined")

#: (state, answer) -> state that the answer brings the tender to.
ANSWERS = {
    ("sent", "accept"): "accepted",
    ("sent", "conditional"): "conditional",
    ("sent", "counter"): "countered",
    ("sent", "decline"): "declined",
    # While we think about what it asked for, the carrier may still say something else.
    ("conditional", "accept"): "accepted",
    ("conditional", "counter"): "countered",
    ("conditional", "decline"): "declined",
    ("countered", "accept"): "accepted",
    ("countered", "conditional"): "conditional",
    ("countered", "decline"): "declined",
    # It gives the load back.
    ("accepted", "decline"): "declined",
}


def answered(state: str, answer: str) -> tuple[str, str]:
    """Return the state after ``answer``, and the verdict on the answer.

    The verdict is ``counted``, ``repeated`` (it says what stands), or ``late`` (the tender was
    over, or its acceptance stands and the carrier asks for more: a person decides).

    >>> answered("sent", "accept"), answered("expired", "accept"), answered("accepted", "accept")
    (('accepted', 'counted'), ('expired', 'late'), ('accepted', 'repeated'))
    """
    target = ANSWERS.get((state, answer))
    if target:
        return target, "counted"
    repeats = {
        "accept": ("accepted",),
        "conditional": ("conditional",),
        "counter": ("countered",),
        "decline": ENDED,
    }
    return state, "repeated" if state in repeats[answer] else "late"


def due_next(tenders: Iterable[tuple[int, str]]) -> int | None:
    """Return the position to be sent next, None while somebody is asked or nobody is left.

    :param tenders: (position, state) pairs of one shipment
    """
    tenders = sorted(tenders)
    if any(state in HELD for _position, state in tenders):
        return None
    return next((position for position, state in tenders if state == "waiting"), None)


def is_exhausted(states: Iterable[str]) -> bool:
    """Return whether everybody was asked and nobody carries: a person must go on.

    What we withdrew ourselves leaves nothing to do.
    """
    states = list(states)
    return bool({"declined", "expired"} & set(states)) and all(one in ENDED for one in states)


def needs_second_person(offered: float, asked: float, limit: float) -> bool:
    """Return whether ``asked`` is above ``offered`` by more than ``limit`` per cent.

    Where nothing was offered there is nothing to compare with: a second person looks.
    """
    return asked > offered * (1 + limit / 100) if offered else bool(asked)
