from . import hooks
from . import api
from . import oauth
