from odoo import api, fields, models


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    interchange_ids = fields.One2many("freight.interchange", "message_id", readonly=True)

    @api.model
    def _record(self, readings):
        """Keep the control numbers too, and answer the sender."""
        result = super()._record(readings)
        self.env["freight.interchange"]._record(readings)
        return result
