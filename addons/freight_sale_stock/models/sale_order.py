from datetime import timedelta

from odoo import _, api, fields, models

#: Days from pickup to delivery where the order promises no date.
USUAL_TRANSIT = timedelta(days=2)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    freight_by_tms = fields.Boolean(
        string="Ship through the TMS",
        compute="_compute_freight_by_tms",
        store=True,
        readonly=False,
        precompute=True,
        help="On confirmation the delivery is released as a shipment.",
    )
    freight_shipment_ids = fields.Many2many(
        "freight.shipment", "freight_shipment_sale_order_rel", string="Shipments", copy=False
    )
    freight_shipment_count = fields.Integer(compute="_compute_freight_shipment_count")

    @api.depends("company_id")
    def _compute_freight_by_tms(self):
        for order in self:
            company = order.company_id
            order.freight_by_tms = (
                bool(company.freight_tms_id) and company.freight_release_policy == "confirm"
            )

    @api.depends("freight_shipment_ids")
    def _compute_freight_shipment_count(self):
        for order in self:
            order.freight_shipment_count = len(order.freight_shipment_ids)

    def action_confirm(self):
        """Confirm, then hand what is to be delivered to the TMS."""
        result = super().action_confirm()
        self.filtered("freight_by_tms").action_freight_release()
        return result

    def action_freight_release(self):
        """Make a shipment of each open delivery that has none yet, and release it.

        :raise AccessError: for who may not change the orders
        """
        self.check_access_rights("write")
        self.check_access_rule("write")
        shipments = self._freight_make_shipments()
        shipments.action_release()
        return shipments

    def _freight_make_shipments(self):
        """Create the shipments of these orders' deliveries. Return them."""
        shipments = self.env["freight.shipment"].sudo()
        for order in self:
            open_deliveries = order.picking_ids.filtered(
                lambda picking: (
                    picking.picking_type_code == "outgoing"
                    and picking.state not in ("done", "cancel")
                    and not picking.freight_shipment_id
                )
            )
            for picking in open_deliveries:
                shipment = shipments.create(order._freight_shipment_values(picking))
                picking.sudo().freight_shipment_id = shipment
                shipments |= shipment
        return shipments

    def _freight_shipment_values(self, picking):
        self.ensure_one()
        pickup, delivery = self._freight_dates(picking)
        lines = picking._freight_line_values()
        shipper = picking.picking_type_id.warehouse_id.partner_id or self.company_id.partner_id
        consignee = picking.partner_id or self.partner_shipping_id
        references = [("so", self.name), ("delivery_order", picking.name)]
        if self.client_order_ref:
            references.append(("po", self.client_order_ref))
        return {
            "company_id": self.company_id.id,
            "currency_id": self.company_id.currency_id.id,
            "tms_id": self.company_id.freight_tms_id.id,
            "mode": self.company_id._freight_mode_for(sum(line["weight"] for line in lines)),
            "origin": self.name,
            "sale_order_ids": [(4, self.id)],
            "shipper_id": shipper.id,
            "consignee_id": consignee.id,
            "bill_to_id": self.company_id.partner_id.id,
            "planned_pickup": pickup,
            "planned_delivery": delivery,
            "stop_ids": [
                (0, 0, {**_stop(1, "pickup", shipper), "window_start": pickup}),
                (0, 0, {**_stop(2, "delivery", consignee), "window_end": delivery}),
            ],
            "line_ids": [(0, 0, line) for line in lines],
            "reference_ids": [(0, 0, {"type": kind, "value": value}) for kind, value in references],
        }

    def _freight_dates(self, picking):
        """Return (pickup, delivery), naive UTC: what the order promises, and when to leave for it.

        The goods leave in time for the promised day, but not before they are ordered.
        """
        delivery = self.commitment_date or picking.scheduled_date + USUAL_TRANSIT
        pickup = min(picking.scheduled_date, delivery - USUAL_TRANSIT)
        return max(pickup, min(self.date_order, delivery)), delivery

    def _action_cancel(self):
        """Cancel shipments that are not under way; who handles the others is told."""
        result = super()._action_cancel()
        shipments = self.freight_shipment_ids.sudo()
        open_states = ("draft", "released", "tendered", "declined", "accepted")
        cancellable = shipments.filtered(lambda one: one.transport_state in open_states)
        cancellable.action_cancel()
        for shipment in (shipments - cancellable).filtered(
            lambda one: one.transport_state != "cancelled"
        ):
            shipment.message_post(
                body=_("Order %s was cancelled, but the goods are under way.", shipment.origin)
            )
        return result

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


def _stop(sequence, role, partner):
    return {
        "sequence": sequence,
        "role": role,
        "partner_id": partner.id,
        "name": partner.name,
        "city": partner.city,
        "zip": partner.zip,
        "state_code": partner.state_id.code,
        "country_id": partner.country_id.id,
    }
