from odoo import _, api, models
from odoo.exceptions import AccessError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def check(self, mode, values=None):
        """Refuse people to change or delete what a partner sent.

        :raise AccessError: for the file of a received document
        """
        super().check(mode, values=values)
        if self.env.su or mode not in ("write", "unlink") or not self.ids:
            return
        documents = self.env["freight.api.document"].sudo()
        if documents.search_count([("attachment_id", "in", self.ids)], limit=1):
            raise AccessError(
                _("A partner sent this document: it stays as it came. Ask for a new one instead.")
            )
