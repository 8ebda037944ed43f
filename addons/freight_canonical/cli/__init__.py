from . import freight_audit
