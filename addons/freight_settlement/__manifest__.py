{
    "name": "Freight Settlement",
    "summary": "What freight is worth: accruals, the audit of carrier invoices, journal entries",
    "version": "17.0.1.0.0",
    "category": "Accounting/Freight",
    "author": "Freight Suite Contributors",
    "website": "https://github.com/freight-suite/freight-suite",
    "license": "LGPL-3",
    "application": True,
    "depends": ["freight_tms_connector", "account"],
    "data": [],
}
