from . import empty
