"""What was released before knows its orders: a later change of them is recognised as one."""

from odoo import SUPERUSER_ID, api
from odoo.addons.freight_canonical.models.freight_shipment_release import CHANGEABLE


def migrate(cr, version):
    """Remember what the orders of open shipments say. People's settings stay as they are."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    shipments = env["freight.shipment"].search(
        [
            ("transport_state", "in", ("draft", *CHANGEABLE)),
            ("picking_ids", "!=", False),
            ("order_basis", "=", False),
        ]
    )
    shipments._remember_orders()
