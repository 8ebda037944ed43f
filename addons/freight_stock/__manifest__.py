{
    "name": "Freight for Transfers",
    "summary": "Deliveries and receipts become shipments by policy, and stay in step with them",
    "version": "17.0.1.0.0",
    "category": "Inventory/Freight",
    "author": "Freight Suite Contributors",
    "license": "LGPL-3",
    "depends": ["freight_canonical", "stock"],
    "auto_install": True,
    "data": [
        # Security
        "security/ir.model.access.csv",
        "security/freight_rules.xml",
        # Data
        "data/freight_consumer_data.xml",
        "data/ir_cron_data.xml",
        # Views
        "views/freight_release_policy_views.xml",
        "views/stock_picking_views.xml",
        "views/stock_warehouse_views.xml",
        "views/freight_shipment_views.xml",
        "views/res_config_settings_views.xml",
    ],
}
