from odoo import fields, models


class FreightFolderHostKey(models.TransientModel):
    """The key that a server showed, for a person to compare with what its owner says."""

    _name = "freight.folder.host.key"
    _description = "Key of an SFTP Server"

    folder_id = fields.Many2one("freight.folder", required=True, readonly=True, ondelete="cascade")
    known = fields.Char(related="folder_id.host_key", string="Confirmed so far")
    fingerprint = fields.Char(required=True, readonly=True)
    key_type = fields.Char(string="Kind of key", required=True, readonly=True)

    def action_confirm(self):
        """Trust this key from now on.

        :raise AccessError: for who may not change the folder
        """
        self.ensure_one()
        folder = self.folder_id
        folder.check_access_rights("write")
        folder.check_access_rule("write")
        folder.sudo().write({"host_key": self.fingerprint, "host_key_type": self.key_type})
        return {"type": "ir.actions.act_window_close"}
