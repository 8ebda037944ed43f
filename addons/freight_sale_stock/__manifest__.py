{
    "name": "Freight for Sales Orders",
    "summary": "Confirmed sales orders with a delivery become shipments",
    "version": "17.0.1.1.0",
    "category": "Inventory/Freight",
    "author": "Freight Suite Contributors",
    "license": "LGPL-3",
    "depends": ["freight_stock", "sale_stock"],
    "auto_install": True,
    "data": [
        # Security
        "security/ir.model.access.csv",
        # Views
        "views/sale_order_views.xml",
        "views/freight_shipment_views.xml",
        "views/sale_portal_templates.xml",
    ],
    "assets": {
        "web.assets_tests": ["freight_sale_stock/static/tests/tours/**/*"],
    },
}
