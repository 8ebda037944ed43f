{
    "name": "Freight TMS Connector",
    "summary": "Signed webhooks, EDI and files in and out; mappings as records; inbox and outbox",
    "version": "17.0.1.0.0",
    "category": "Inventory/Freight",
    "author": "Freight Suite Contributors",
    "license": "LGPL-3",
    "depends": ["freight_canonical"],
    "external_dependencies": {"python": ["fastjsonschema", "jmespath", "cryptography", "requests"]},
    "data": [
        # Security
        "security/freight_connector_groups.xml",
        "security/ir.model.access.csv",
        "security/freight_connector_rules.xml",
        # Data
        "data/freight_vault_data.xml",
        "data/freight_auth_profile_data.xml",
        "data/freight_queue_lane_data.xml",
        "data/freight_mapping_data.xml",
        "data/freight_message_cron_data.xml",
        # Views
        "views/freight_message_in_views.xml",
        "views/freight_message_out_views.xml",
        "views/freight_message_replay_views.xml",
        "wizards/freight_message_choice_views.xml",
        "wizards/freight_message_fix_views.xml",
        "views/freight_mapping_views.xml",
        "wizards/freight_mapping_overlap_views.xml",
        "views/freight_endpoint_views.xml",
        "views/freight_event_views.xml",
        "views/freight_shipment_views.xml",
        "views/freight_connector_menus.xml",
    ],
    "assets": {
        "web.assets_backend": ["freight_tms_connector/static/src/**/*"],
        "web.assets_tests": ["freight_tms_connector/static/tests/tours/**/*"],
    },
}
