from . import test_releasing
from . import test_screens
