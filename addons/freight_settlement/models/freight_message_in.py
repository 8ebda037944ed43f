from odoo import api, models


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    @api.model
    def _document_handlers(self):
        return {**super()._document_handlers(), "invoice": "freight.carrier.invoice"}
