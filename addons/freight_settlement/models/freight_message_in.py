from odoo import api, models


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    @api.model
    def _document_handlers(self):
        return {**super()._document_handlers(), "invoice": "freight.carrier.invoice"}

    @api.model
    def _reread(self, portion):
        """Read the bills again, too, that wait for a person because of a code nobody knew."""
        result = super()._reread(portion)
        self.env["freight.carrier.invoice"]._reread(
            [
                document
                for one in portion
                for position, document in one.documents.items()
                if position not in one.outcomes and document.data["kind"] == "invoice"
            ]
        )
        return result
