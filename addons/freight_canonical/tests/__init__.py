from . import test_access
from . import test_event_ledger
from . import test_lifecycle
from . import test_queue
from . import test_references
from . import test_trace
from . import test_units
