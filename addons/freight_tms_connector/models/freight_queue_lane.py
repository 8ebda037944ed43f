from odoo import fields, models


class FreightQueueLane(models.Model):
    _inherit = "freight.queue.lane"

    queue = fields.Selection(
        selection_add=[("inbox", "Inbox"), ("outbox", "Outbox")],
        ondelete={"inbox": "cascade", "outbox": "cascade"},
    )
