from . import test_portal
from . import test_release_changes
from . import test_release_fulfilment
from . import test_release_policy
from . import test_sale_order
