from . import hooks
from . import payloads
from . import api
from . import oauth
