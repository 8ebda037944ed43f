"""Whatever happens to a transfer is followed once per transaction, just before its commit."""

from odoo import api, models

from .stock_picking import OPEN

KEY = "freight_transfers_to_follow"
#: Fields of a transfer by whose change its shipment may change.
TOLD = frozenset({"scheduled_date", "partner_id", "picking_type_id", "origin", "freight_hold"})


class StockPicking(models.Model):
    _inherit = "stock.picking"

    @api.model_create_multi
    def create(self, vals_list):
        """Create; its policy may release it."""
        pickings = super().create(vals_list)
        pickings._freight_touch()
        return pickings

    def write(self, vals):
        """Write; where places or dates change, the shipment follows."""
        result = super().write(vals)
        if TOLD & set(vals):
            self._freight_touch()
        return result

    def _freight_touch(self):
        """Look at these transfers again before the transaction commits."""
        if not self.ids:
            return
        hooks = self.env.cr.precommit
        if KEY not in hooks.data:
            hooks.data[KEY] = set()
            hooks.add(self.env["stock.picking"]._freight_follow_touched)
        hooks.data[KEY].update(self.ids)

    @api.model
    def _freight_follow_touched(self):
        touched = self.env.cr.precommit.data.pop(KEY, ())
        self.browse(sorted(touched))._freight_follow()

    def _freight_follow(self):
        """Bring the shipments of these transfers up to date, and release what is due."""
        pickings = self.sudo().exists()
        pickings = pickings.filtered(lambda picking: picking._freight_direction())
        if not pickings:
            return
        touched = self.env.cr.precommit.data.get(KEY)
        if touched:
            touched.difference_update(pickings.ids)
        leaving = pickings.freight_shipment_id._keep_in_step()
        free = pickings.filtered(lambda picking: picking.state in OPEN)
        (free | leaving)._freight_release_due()
