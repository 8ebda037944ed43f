from odoo import _, api, models
from odoo.exceptions import AccessError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def check(self, mode, values=None):
        """Refuse people to change or delete what proves a delivery.

        :raise AccessError: for a document of a proof
        """
        super().check(mode, values=values)
        if self.env.su or mode not in ("write", "unlink") or not self.ids:
            return
        proofs = self.env["freight.proof"].sudo()
        if proofs.search_count([("document_ids", "in", self.ids)], limit=1):
            raise AccessError(
                _(
                    "This document proves a delivery and stays as it is. Take the report back and "
                    "report anew, with the right document."
                )
            )
