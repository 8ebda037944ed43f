from odoo import fields, models


class FreightMessageDuplicate(models.Model):
    """One more arrival of a message that was there already.

    Appended, never counted up in place: a storm of repeats must not contend for the row that is
    being worked off.
    """

    _name = "freight.message.duplicate"
    _description = "Repeated Message"
    _log_access = False

    message_id = fields.Many2one(
        "freight.message.in", required=True, ondelete="cascade", index=True
    )
    received = fields.Datetime(required=True)
