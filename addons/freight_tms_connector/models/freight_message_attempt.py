from odoo import fields, models


class FreightMessageAttempt(models.Model):
    """One attempt to deliver a message."""

    _name = "freight.message.attempt"
    _description = "Delivery Attempt"
    _order = "id desc"
    _log_access = False

    message_id = fields.Many2one(
        "freight.message.out", required=True, ondelete="cascade", index=True
    )
    started = fields.Datetime(required=True)
    duration = fields.Float(help="Seconds.")
    status = fields.Integer(help="HTTP status, 0 when there was no answer.")
    outcome = fields.Char()
    answer = fields.Text(help="The beginning of the answer, or the error.")
