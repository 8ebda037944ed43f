from odoo import fields, models


class FreightMessagePayload(models.Model):
    """The sealed body of a message, apart from it so that the queues stay narrow."""

    _name = "freight.message.payload"
    _description = "Sealed Payload"
    _log_access = False

    direction = fields.Selection([("in", "In"), ("out", "Out")], required=True)
    message_id = fields.Integer(required=True)
    sealed = fields.Binary(attachment=False, required=True)

    _sql_constraints = [
        ("one_each", "unique(direction, message_id)", "A message has one payload."),
    ]
