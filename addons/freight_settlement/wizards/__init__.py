from . import account_payment_register, freight_invoice_decision
