from odoo import api, models


class FreightBench(models.AbstractModel):
    """Work that is no work: what is measured is the way to it."""

    _name = "freight.bench"
    _description = "Freight Bench"

    @api.model
    def _consume_nothing(self, events):
        """Be a consumer of the event ledger."""

    @api.model
    def do_nothing(self):
        """Be a job of queue_job."""
