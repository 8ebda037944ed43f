{
    "name": "Freight Settlement",
    "summary": "What freight is worth: accruals, the audit of carrier invoices, journal entries",
    "version": "17.0.1.2.0",
    "category": "Accounting/Freight",
    "author": "Freight Suite Contributors",
    "website": "https://github.com/freight-suite/freight-suite",
    "license": "LGPL-3",
    "application": True,
    "depends": ["freight_tms_connector", "account"],
    "data": [
        # Security
        "security/freight_settlement_groups.xml",
        "security/ir.model.access.csv",
        "security/freight_settlement_rules.xml",
        # Data
        "data/ir_sequence_data.xml",
        "data/freight_consumer_data.xml",
        "data/res_company_data.xml",
        "data/freight_announcement_type_data.xml",
        # Views
        "views/freight_accrual_views.xml",
        "views/freight_invoice_decision_views.xml",
        "views/freight_carrier_invoice_views.xml",
        "views/freight_contract_views.xml",
        "views/freight_tolerance_views.xml",
        "views/freight_charge_code_views.xml",
        "views/freight_shipment_views.xml",
        "views/account_move_views.xml",
        "views/res_config_settings_views.xml",
        "views/freight_settlement_menus.xml",
    ],
    "demo": ["demo/freight_settlement_demo.xml"],
}
