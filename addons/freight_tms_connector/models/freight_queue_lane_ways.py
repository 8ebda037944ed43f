from odoo import fields, models


class FreightQueueLane(models.Model):
    _inherit = "freight.queue.lane"

    queue = fields.Selection(
        selection_add=[("polls", "Polled APIs"), ("folders", "SFTP folders")],
        ondelete={"polls": "cascade", "folders": "cascade"},
    )
