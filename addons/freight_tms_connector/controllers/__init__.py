from . import hooks
from . import payloads
