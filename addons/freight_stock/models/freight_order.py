from odoo import _, api, fields, models
from odoo.addons.freight_canonical.documents import iso_utc


class FreightOrder(models.AbstractModel):
    """An order whose transfers become shipments. It has ``picking_ids`` and ``company_id``."""

    _name = "freight.order"
    _description = "Order with Freight"

    freight_by_tms = fields.Boolean(
        string="Ship through the TMS",
        compute="_compute_freight_by_tms",
        store=True,
        readonly=False,
        precompute=True,
        help="Its transfers become shipments by the release policy. Untick it where the other "
        "side has the goods moved.",
    )
    freight_shipment_count = fields.Integer(compute="_compute_freight_shipment_count")
    freight_releasable = fields.Boolean(compute="_compute_freight_releasable")

    @api.depends("company_id")
    def _compute_freight_by_tms(self):
        for order in self:
            order.freight_by_tms = (
                bool(order.company_id.freight_tms_id) and order._freight_is_ours()
            )

    @api.depends("freight_shipment_ids")
    def _compute_freight_shipment_count(self):
        for order in self:
            order.freight_shipment_count = len(order.freight_shipment_ids)

    @api.depends("picking_ids.state", "picking_ids.freight_shipment_id.transport_state")
    def _compute_freight_releasable(self):
        for order in self:
            transfers = order.sudo().picking_ids
            order.freight_releasable = any(one._freight_is_releasable() for one in transfers)

    def _freight_is_ours(self):
        """Return whether the terms of this order leave it to us to have the goods moved."""
        return True

    def _freight_touch(self):
        """Look at the transfers of these orders again before the transaction commits."""
        self.sudo().picking_ids._freight_touch()

    def action_freight_release(self):
        """Make shipments of the open transfers that have none, and release them now.

        :raise AccessError: for who may not read the orders or not release shipments
        :raise UserError: naming what keeps a transfer from being released
        """
        self.check_access_rights("read")
        self.check_access_rule("read")
        pickings = self.env["stock.picking"]
        pickings._freight_check_may_release()
        return self.sudo().picking_ids._freight_release_now()

    def action_open_freight_shipments(self):
        """Open the shipments of this order."""
        self.ensure_one()
        action = {
            "type": "ir.actions.act_window",
            "name": _("Shipments"),
            "res_model": "freight.shipment",
            "view_mode": "tree,form",
            "domain": [("id", "in", self.freight_shipment_ids.ids)],
        }
        if self.freight_shipment_count == 1:
            action |= {"view_mode": "form", "res_id": self.freight_shipment_ids.id}
        return action

    def _freight_trace_node(self):
        """Return this order as a node of the trace page."""
        self.ensure_one()
        return {
            "stage": "order",
            "model": self._name,
            "res_id": self.id,
            "title": self.name,
            "subtitle": self.partner_id.name,
            "time": iso_utc(self.date_order.replace(microsecond=0)),
            "amount": self.currency_id.format(self.amount_total),
            "state": None,
            "trace_id": None,
            "parent": None,
        }
