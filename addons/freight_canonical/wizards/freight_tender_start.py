from odoo import _, fields, models
from odoo.exceptions import UserError


class FreightTenderStart(models.TransientModel):
    """To whom shipments are offered, in which order and until when."""

    _name = "freight.tender.start"
    _description = "Tender Shipments"

    shipment_ids = fields.Many2many(
        "freight.shipment",
        required=True,
        default=lambda self: self.env["freight.shipment"].browse(
            self.env.context.get("active_ids", ())
        ),
    )
    plan_id = fields.Many2one(
        "freight.tender.plan",
        string="Routing guide",
        default=lambda self: self._default_plan(),
        help="Its carriers are asked one after the other.",
    )
    carrier_id = fields.Many2one(
        "res.partner",
        domain="[('freight_is_carrier', '=', True), ('freight_scac', '!=', False)]",
        help="Only this carrier, instead of a guide.",
    )
    hours = fields.Float(string="Hours to answer", default=2.0, required=True)
    not_before = fields.Datetime(string="Send not before", help="Empty: at once.")
    remarks = fields.Text(string="Note to the carrier")

    def _default_plan(self):
        shipments = self.env["freight.shipment"].browse(self.env.context.get("active_ids", ()))
        return self.env["freight.tender.plan"]._for(shipments[:1])

    def action_start(self):
        """Offer the shipments to the carrier, or along the guide.

        :raise AccessError: for who may not write shipments
        :raise UserError: when nobody is chosen, or a shipment cannot be tendered
        """
        self.ensure_one()
        if self.carrier_id:
            sequence, plan = [(self.carrier_id, self.hours)], None
        else:
            sequence = [(line.carrier_id, line.hours) for line in self.plan_id.line_ids]
            plan = self.plan_id
        if not sequence or any(hours <= 0 for _carrier, hours in sequence):
            raise UserError(
                _("Choose a carrier or a guide with carriers, and more than 0 hours to answer.")
            )
        self.shipment_ids._tender(sequence, self.not_before, self.remarks, plan)
        return {"type": "ir.actions.act_window_close"}
