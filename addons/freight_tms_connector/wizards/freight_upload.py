import base64

from odoo import Command, _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import UserError

from ..models.freight_admission import message_key
from ..models.freight_reception import sniff
from ..models.freight_way import Sender, arrival
from ..vault import DEFAULT_LIMIT, VaultError

CODECS = [("x12", "X12"), ("edifact", "EDIFACT"), ("json", "JSON"), ("csv", "CSV")]

#: Rows that a preview shows; a person reads no more.
SHOWN = 200


class FreightUpload(models.TransientModel):
    """Takes files in that a person has, after showing what would become of them.

    A preview stores no message and changes nothing. The files themselves lie in this wizard's
    rows until they are taken in, or until Odoo clears transient records away.
    """

    _name = "freight.upload"
    _description = "Upload of Files"

    endpoint_id = fields.Many2one(
        "freight.endpoint",
        string="From",
        required=True,
        domain="[('state', '=', 'active')]",
        help="Whose files these are: its mappings, encoding and dialect apply.",
    )
    file_ids = fields.One2many("freight.upload.file", "upload_id", string="Files")
    line_ids = fields.One2many("freight.upload.line", "upload_id", readonly=True)
    previewed = fields.Boolean(readonly=True)
    hidden_count = fields.Integer(readonly=True)

    def action_preview(self):
        """Read the files as the inbox would, and show what is in them."""
        self.ensure_one()
        self._check_files()
        room, lines, hidden = SHOWN, [], 0
        for file in self.file_ids:
            file.codec = file.codec or self.endpoint_id.codec or sniff(file._body())
            preview = self.env["freight.upload.preview"]._preview(
                self.endpoint_id, file.codec, file._body(), room
            )
            room -= len(preview.rows)
            hidden += preview.hidden
            lines += [{"file_id": file.id, **row} for row in preview.rows]
            file.write({"summary": preview.summary, "problem": preview.problem})
        self.write(
            {
                "line_ids": [Command.clear(), *map(Command.create, lines)],
                "previewed": True,
                "hidden_count": hidden,
            }
        )
        return self._reopen()

    def action_take_in(self):
        """Put the files into the inbox, each as one message, and open what came of them.

        :raise UserError: for files that nothing can be done with
        """
        self.ensure_one()
        self._check_files()
        endpoint = self.endpoint_id.sudo()
        sender = Sender(
            endpoint.id, endpoint.company_id.id, endpoint.codec, endpoint._codec_options()
        )
        arrivals = [self._arrival(file, sender) for file in self.file_ids]
        try:
            admissions = self.env["freight.admission"].sudo()._admit(arrivals)
        except VaultError as error:
            raise UserError(_("Nothing was taken in: %s Ask your administrator.", error)) from error
        self.file_ids.unlink()
        return self._open(admissions)

    @api.model
    def _arrival(self, file, sender):
        body = file._body()
        origin = f"{file.name} ({self.env.user.login})"
        return arrival(sender, body, "upload", origin, message_key(body), codec=file.codec or None)

    def _check_files(self):
        self.endpoint_id.check_access_rule("read")
        if self.endpoint_id.state != "active":
            raise UserError(
                _("%s takes nothing in: activate it first.", self.endpoint_id.display_name)
            )
        if not self.file_ids:
            raise UserError(_("Add a file first."))
        for file in self.file_ids:
            size = len(file._body())
            if not size:
                raise UserError(_("%s is empty: choose another file.", file.name))
            if size > DEFAULT_LIMIT:
                raise UserError(
                    _(
                        "%(name)s has %(size)s bytes, and a message has at most %(limit)s: cut it"
                        " into several files.",
                        name=file.name,
                        size=size,
                        limit=DEFAULT_LIMIT,
                    )
                )

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": _("Upload files"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _open(self, admissions):
        """Return the action that opens the messages, and says which were there before."""
        with db.read_committed(self.pool) as cr:  # this transaction does not see them yet
            cr.execute(
                "SELECT id FROM freight_message_in WHERE uuid = ANY(%s) ORDER BY id",
                [[admission.uuid for admission in admissions]],
            )
            ids = [row[0] for row in cr.fetchall()]
        action = {
            "type": "ir.actions.act_window",
            "name": _("Taken in"),
            "res_model": "freight.message.in",
            "view_mode": "tree,form",
            "views": [(False, "tree"), (False, "form")],
            "domain": [("id", "in", ids)],
        }
        if len(ids) == 1:
            action.update(view_mode="form", views=[(False, "form")], res_id=ids[0])
        known = sum(admission.duplicate for admission in admissions)
        if not known:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": _("%s of the files came before; nothing of them counts twice.", known),
                "type": "warning",
                "sticky": True,
                "next": action,
            },
        }


class FreightUploadFile(models.TransientModel):
    """One file that a person chose."""

    _name = "freight.upload.file"
    _description = "Uploaded File"

    upload_id = fields.Many2one("freight.upload", required=True, ondelete="cascade")
    name = fields.Char(required=True, default=lambda self: _("File"))
    # In the row and not in the filestore, where it would outlive the wizard unsealed.
    data = fields.Binary(string="File", attachment=False)
    codec = fields.Selection(CODECS, string="Format", help="Empty: told by its first bytes.")
    summary = fields.Char(readonly=True)
    problem = fields.Text(readonly=True)

    def _body(self):
        self.ensure_one()
        return base64.b64decode(self.with_context(bin_size=False).data or b"")


class FreightUploadLine(models.TransientModel):
    """What the inbox would make of one item of a file."""

    _name = "freight.upload.line"
    _description = "Preview of an Uploaded Item"
    _order = "id"

    upload_id = fields.Many2one("freight.upload", required=True, ondelete="cascade")
    file_id = fields.Many2one("freight.upload.file", ondelete="cascade", readonly=True)
    place = fields.Char(readonly=True)
    status = fields.Selection(
        [
            ("fine", "Fine"),
            ("code", "Unknown code"),
            ("waits", "Not matched"),
            ("ignored", "Says nothing"),
            ("bad", "Refused"),
        ],
        readonly=True,
    )
    says = fields.Char(readonly=True)
    shipment_id = fields.Many2one("freight.shipment", readonly=True)
    detail = fields.Text(readonly=True)
