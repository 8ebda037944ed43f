from odoo import fields, models
from odoo.addons.freight_canonical.models.freight_shipment_release import CHANGEABLE

BEFORE_PICKUP = ("draft", *CHANGEABLE)


class FreightShipmentLine(models.Model):
    _inherit = "freight.shipment.line"

    stock_move_id = fields.Many2one(
        "stock.move",
        string="Transfer line",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="What Odoo ships: of one order several transfers, of several orders one shipment.",
    )

    def _leave_with_move(self):
        """Delete these lines, whose goods Odoo no longer moves, unless they are under way."""
        self.filtered(lambda line: line.shipment_id.transport_state in BEFORE_PICKUP).unlink()
