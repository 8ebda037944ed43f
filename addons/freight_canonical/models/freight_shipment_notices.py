"""Whom to tell of a shipment, and what they were told."""

from odoo import fields, models


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    notice_ids = fields.One2many("freight.customer.notice", "shipment_id", readonly=True)

    def _notice_partner(self):
        """Return who is told of this shipment, by the policy of its company. May be empty."""
        self.ensure_one()
        return self.consignee_id
