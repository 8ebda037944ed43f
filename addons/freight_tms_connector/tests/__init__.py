from . import test_retry
from . import test_signing
from . import test_vault
from . import test_pipeline
