from odoo import fields, models


class FreightEventWorkDecision(models.Model):
    """Who decided what about work that a consumer had given up, when and why.

    The work itself is gone, or done, by the time somebody asks.
    """

    _name = "freight.event.work.decision"
    _description = "Decision on Event Work"
    _order = "id desc"
    _rec_name = "event_id"

    event_id = fields.Many2one(
        "freight.event", required=True, readonly=True, ondelete="restrict", index=True
    )
    consumer_id = fields.Many2one(
        "freight.consumer", required=True, readonly=True, ondelete="cascade", index=True
    )
    shipment_id = fields.Many2one(
        "freight.shipment", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    decision = fields.Selection(
        [("retry", "Tried again"), ("skip", "Skipped")], required=True, readonly=True
    )
    reason = fields.Text(readonly=True)
    error = fields.Text(readonly=True, help="What the consumer had said.")
    user_id = fields.Many2one("res.users", string="Decided by", readonly=True, ondelete="set null")
    decided = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
