from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import sftp
from ..outgoing import OutgoingError
from .freight_way import LIMITS

#: Bytes: what the vault seals at most.
LARGEST = 64 * 1024 * 1024


class FreightFolder(models.Model):
    """A folder on a partner's SFTP server that files are fetched from."""

    _name = "freight.folder"
    _description = "SFTP Folder"
    _inherit = "freight.way"
    _queue_lane = "folders"

    host = fields.Char(string="Server", required=True)
    port = fields.Integer(required=True, default=22)
    user = fields.Char(required=True, help="The password or key stands among the secrets.")
    host_key = fields.Char(
        string="Their key",
        help="The fingerprint of the server's key, SHA256:... Read it, and compare it with what"
        " the partner says by another way. Without it no connection is made.",
    )
    host_key_type = fields.Char(string="Kind of key", readonly=True)
    directory = fields.Char(help="Empty: where the login leads to.")
    pattern = fields.Char(
        string="Files", required=True, default="*", help="Such as *.edi *.csv, separated by spaces."
    )
    whole = fields.Selection(
        [
            ("stable", "Unchanged since the look before"),
            ("age", "Not written to for a while"),
            ("done", "A file of that name with .done stands beside it"),
        ],
        string="A file is whole when",
        required=True,
        default="stable",
        help="Names such as .x, x.tmp, x.part or x.filepart are left alone anyhow.",
    )
    min_age = fields.Integer(
        string="Seconds not written to", default=120, help="By their clock against ours."
    )
    after = fields.Selection(
        [("move", "Moved"), ("delete", "Deleted")],
        string="Afterwards it is",
        required=True,
        default="move",
    )
    done_folder = fields.Char(string="Moved into", default="done")
    refused_folder = fields.Char(
        string="What is refused goes into", required=True, default="refused"
    )
    max_bytes = fields.Integer(
        string="Largest file (bytes)", required=True, default=32 * 1024 * 1024
    )
    max_files = fields.Integer(string="Files in one run", required=True, default=500)
    seen = fields.Json(readonly=True, copy=False)

    _sql_constraints = [
        ("port_valid", "CHECK(port BETWEEN 1 AND 65535)", "A port is a number up to 65535."),
        ("files_positive", "CHECK(max_files > 0)", "Files in one run: at least one."),
        (
            "size_possible",
            f"CHECK(max_bytes BETWEEN 1 AND {LARGEST})",
            "Files are stored sealed, up to 64 MiB (67108864 bytes).",
        ),
    ]

    @api.model
    def _guarded(self):
        return super()._guarded() | {"seen", "host_key_type"}

    @api.constrains("done_folder", "refused_folder", "after", "directory", "host", "user")
    def _check_names(self):
        for folder in self:
            names = [folder.refused_folder]
            if folder.after == "move":
                names.append(folder.done_folder or "")
            if not all(sftp.is_plain(name) for name in names):
                raise ValidationError(_("%s: name plain subfolders, without slashes.", folder.name))
            for value in filter(None, (folder.directory, folder.host, folder.user)):
                if not value.isprintable():
                    raise ValidationError(_("%s: no line breaks, please.", folder.name))

    def write(self, vals):
        """Write; another server or fingerprint has another kind of key."""
        result = super().write(vals)
        if {"host", "port", "host_key"} & set(vals) and "host_key_type" not in vals:
            self.sudo().host_key_type = False
        return result

    def _login(self):
        """Return the pure :class:`~..sftp.Login` of this record, opened secrets included."""
        self.ensure_one()
        endpoint = self.endpoint_id
        return sftp.Login(
            host=self.host,
            port=self.port,
            user=self.user,
            fingerprint=self.host_key or "",
            key_type=self.host_key_type or None,
            password=endpoint._newest_secret("sftp_password"),
            private_key=endpoint._newest_secret("sftp_key"),
        )

    # What people do ------------------------------------------------------------------------------

    def action_read_host_key(self):
        """Ask the server for its key and show the fingerprint for a person to confirm.

        :raise UserError: there is no server
        """
        self.ensure_one()
        self.check_access_rights("write")
        self.check_access_rule("write")
        try:
            key = sftp.read_host_key(
                self.host, self.port, self.endpoint_id._outgoing_policy(), LIMITS
            )
        except (sftp.SftpError, OutgoingError) as error:
            raise UserError(str(error)) from error
        wizard = self.env["freight.folder.host.key"].create(
            {
                "folder_id": self.id,
                "fingerprint": key.fingerprint,
                "key_type": key.key_type,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": _("The key of %s", self.host),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_test(self):
        """Log in, look at the folder, take nothing, and say what is there."""
        self.ensure_one()
        self.check_access_rights("write")
        self.check_access_rule("write")
        plan = self.sudo()._plan()
        try:
            with sftp.session(plan.login, plan.policy, LIMITS) as session:
                files = session.files(plan.directory)
        except (sftp.SftpError, OutgoingError) as error:
            return self._notify(str(error), "danger")
        return self._notify(_("It works: %s files lie there.", len(files)))
