import base64

from odoo import fields, models


class FreightAuditCheck(models.TransientModel):
    """Compares the log with a checkpoint file that was kept elsewhere."""

    _name = "freight.audit.check"
    _description = "Check the Audit Log against a File"

    file = fields.Binary(string="Checkpoint file", required=True, attachment=False)
    file_name = fields.Char()

    def action_check(self):
        """Verify the log and that it still holds what the file vouches for.

        :raise AccessError: for who may not read the log
        :raise UserError: when the file is no checkpoint of this log
        """
        self.ensure_one()
        self.env["freight.audit.entry"].check_access_rights("read")
        checkpoints = self.env["freight.audit.checkpoint"].sudo()
        body = checkpoints._read_file(base64.b64decode(self.file))
        return self.env["freight.audit.verification"].sudo()._verify(body)._opened()
