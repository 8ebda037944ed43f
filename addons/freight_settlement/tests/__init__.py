from . import test_accruing, test_duplicates, test_gates, test_matching, test_rating
