from . import (
    test_access,
    test_accounts_to_approve,
    test_accrual,
    test_accruing,
    test_announcements,
    test_clearing,
    test_duplicates,
    test_gates,
    test_invoice,
    test_matching,
    test_rating,
    test_views,
)
from . import test_unmapped_codes
from . import test_vehicle_not_used
from . import test_charge_table
from . import test_order_of_arrival
from . import test_audit_log
