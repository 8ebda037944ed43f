from odoo import api, fields, models


class FreightEvent(models.Model):
    _inherit = "freight.event"

    message_id = fields.Many2one("freight.message.in", ondelete="restrict", index="btree_not_null")

    @api.model
    def _append_columns(self):
        return (*super()._append_columns(), "message_id")

    @api.model
    def _row(self, document, shipment, code, stop):
        row = super()._row(document, shipment, code, stop)
        return {**row, "message_id": document.message_id}

    def _trace_node(self):
        node = super()._trace_node()
        if self.message_id:
            node["parent"] = f"freight.message.in,{self.message_id.id}"
        return node
