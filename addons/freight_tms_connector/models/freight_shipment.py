from odoo import _, fields, models


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    message_out_ids = fields.One2many("freight.message.out", "shipment_id", readonly=True)
    message_count = fields.Integer(compute="_compute_message_count")

    def _compute_message_count(self):
        documents = self.env["freight.message.document"]._read_group(
            [("shipment_id", "in", self.ids)], ["shipment_id"], ["message_id:count_distinct"]
        )
        inbound = {shipment.id: count for shipment, count in documents}
        for shipment in self:
            shipment.message_count = inbound.get(shipment.id, 0)

    def _inbound_messages(self):
        """Return the messages that any document for these shipments came in."""
        documents = self.env["freight.message.document"].search([("shipment_id", "in", self.ids)])
        return documents.message_id

    def action_open_messages(self):
        """Open the messages that speak of this shipment."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Messages"),
            "res_model": "freight.message.in",
            "view_mode": "tree,form",
            "domain": [("id", "in", self._inbound_messages().ids)],
        }

    def _trace_nodes(self):
        """Add what was sent and what came in."""
        sent = self._trace_records("freight.message.out", [("shipment_id", "=", self.id)])
        came = self._trace_records(
            "freight.message.in", [("document_ids.shipment_id", "=", self.id)]
        )
        messages = [message._trace_node() for message in (*sent, *came)]
        return super()._trace_nodes() + messages
