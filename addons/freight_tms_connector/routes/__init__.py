"""The operations of this addon's API, in the order in which its pages show them."""

from .access import ABOUT, ACCESS
from .documents import DOCUMENTS
from .events import EVENTS
from .masters import MASTER_DATA
from .outbox import OUTBOX
from .parties import PARTIES
from .shipments import SHIPMENTS
from .subscriptions import SCHEMAS, SUBSCRIPTIONS

OPERATIONS = (
    *ACCESS,
    *SHIPMENTS,
    *EVENTS,
    *DOCUMENTS,
    *MASTER_DATA,
    *PARTIES,
    *SUBSCRIPTIONS,
    *OUTBOX,
    *SCHEMAS,
    *ABOUT,
)

__all__ = ["OPERATIONS"]
