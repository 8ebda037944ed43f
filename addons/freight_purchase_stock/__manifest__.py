{
    "name": "Freight for Purchase Orders",
    "summary": "Confirmed purchase orders whose carriage is ours become inbound shipments",
    "version": "17.0.1.0.0",
    "category": "Inventory/Freight",
    "author": "Freight Suite Contributors",
    "license": "LGPL-3",
    "depends": ["freight_stock", "purchase_stock"],
    "auto_install": True,
    "data": [
        # Security
        "security/ir.model.access.csv",
        # Views
        "views/purchase_order_views.xml",
        "views/freight_shipment_views.xml",
    ],
}
