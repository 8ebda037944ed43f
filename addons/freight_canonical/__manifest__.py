{
    "name": "Freight Canonical Model",
    "summary": "Shipments, stops, references, charges and an append-only ledger of freight events",
    "version": "17.0.1.0.0",
    "category": "Inventory/Freight",
    "author": "Freight Suite Contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["mail", "product"],
    "data": [
        # Security
        "security/freight_groups.xml",
        "security/ir.model.access.csv",
        "security/freight_rules.xml",
        # Data
        "data/ir_sequence_data.xml",
        "data/freight.event.type.csv",
        "data/freight.exception.reason.csv",
        "data/freight.charge.code.csv",
        "data/freight.equipment.type.csv",
        "data/freight_queue_lane_data.xml",
        "data/ir_cron_data.xml",
        # Views
        "views/freight_event_views.xml",
        "views/freight_exception_views.xml",
        "views/freight_stop_views.xml",
        "views/freight_shipment_views.xml",
        "views/freight_code_list_views.xml",
        "views/freight_system_views.xml",
        "views/freight_queue_views.xml",
        "views/res_partner_views.xml",
        "views/freight_menus.xml",
    ],
    "demo": ["demo/freight_demo.xml"],
    "assets": {
        "web.assets_backend": ["freight_canonical/static/src/**/*"],
    },
}
