from . import freight_invoice_decision
