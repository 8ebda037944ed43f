"""What an upper addon hands to a handler of canonical documents, and what it gets back.

A handler is a model method ``_apply_freight_documents(documents) -> list[Outcome]``, one outcome
for each document in order. It works in sets and raises only for faults of the system; whatever is
wrong with a document is an outcome.
"""

from dataclasses import dataclass
from datetime import datetime

APPLIED = "applied"
DUPLICATE = "duplicate"
UNMATCHED = "unmatched"
REFUSED = "refused"
#: Kept out by the filter of its source, and counted.
FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class Document:
    """A canonical document on its way into the model.

    ``data`` follows the JSON Schema of its kind; ``system`` is the ``freight.system`` it comes
    from, ``company`` the ``res.company`` it is for; ``received`` is UTC; ``message_id`` is the id
    of the inbound message, if there was one.
    """

    data: dict
    system: object
    company: object
    received: datetime
    trace_id: str
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document. ``detail`` is a sentence for people where it was not applied.

    ``event_id`` is the event of the ledger that it was recorded as.
    """

    status: str
    detail: str = ""
    shipment_id: int | None = None
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Ambiguous(Outcome):
    """References that may mean several shipments, which is reported and never guessed."""


def plain_number(number):
    """Return a float as decimal text, exact to six places: "2.5", "1234567".

    >>> plain_number(1234567.0), plain_number(0.1), plain_number(0.0)
    ('1234567', '0.1', '0')
    """
    return f"{number:.6f}".rstrip("0").rstrip(".")


def iso_utc(moment):
    """Return a naive UTC ``moment`` as ISO 8601 with Z, None for none."""
    return f"{moment.isoformat()}Z" if moment else None
