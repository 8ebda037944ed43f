from . import test_accruing, test_clearing, test_duplicates, test_gates, test_matching, test_rating
from . import test_accrual
