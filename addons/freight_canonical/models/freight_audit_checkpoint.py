"""Signed statements of how far every chain had come: kept here, and better kept elsewhere."""

import base64
import hashlib
import json
import logging
import os
from pathlib import Path

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import config
from odoo.tools.translate import _lt

from .. import db
from ..audit_keys import KeyMissing, KeyWrong, is_signed
from ..chain import canonical

_logger = logging.getLogger(__name__)

FORMAT = "freight-audit-checkpoint/1"
FOLDER_OPTION = "freight_audit_checkpoint_dir"

#: The newest link of each chain, found by hopping through the index from chain to chain.
HEADS = """
    WITH RECURSIVE hop AS (
        (SELECT chain FROM freight_audit_link ORDER BY chain LIMIT 1)
        UNION ALL
        SELECT (SELECT l.chain FROM freight_audit_link l WHERE l.chain > hop.chain
                 ORDER BY l.chain LIMIT 1)
          FROM hop WHERE hop.chain IS NOT NULL)
    SELECT hop.chain, head.number, head.digest, head.id
      FROM hop CROSS JOIN LATERAL (SELECT id, number, digest FROM freight_audit_link l
                                    WHERE l.chain = hop.chain ORDER BY number DESC LIMIT 1) head
     ORDER BY hop.chain
"""


class FreightAuditCheckpoint(models.Model):
    """The heads of all chains at one moment, signed. Its file proves later that nothing was cut.

    Signed with Ed25519: whoever has the public key checks the file without us.
    """

    _name = "freight.audit.checkpoint"
    _description = "Audit Checkpoint"
    _inherit = "freight.append.only"
    _order = "number desc"
    _rec_name = "number"
    _log_access = False

    _instead_of_creation = _lt("Take a checkpoint with the button: nobody writes one.")
    _instead_of_change = _lt("A checkpoint is signed: take a new one instead.")
    _instead_of_deletion = _lt("Checkpoints stay: they show that the log was not cut.")

    number = fields.Integer(required=True, readonly=True)
    taken = fields.Datetime(required=True, readonly=True)
    body = fields.Text(required=True, readonly=True, help="What is signed, in its one spelling.")
    signature = fields.Char(required=True, readonly=True, help="Ed25519, base64.")
    key = fields.Char(required=True, readonly=True, help="Id and fingerprint of the key.")
    chain_count = fields.Integer(string="Chains", compute="_compute_counts")
    entry_count = fields.Integer(string="Entries", compute="_compute_counts")
    public_key = fields.Char(compute="_compute_counts")
    file = fields.Binary(compute="_compute_file")
    file_name = fields.Char(compute="_compute_file")

    _sql_constraints = [("number_unique", "unique(number)", "Checkpoints are numbered.")]

    @api.depends("body")
    def _compute_counts(self):
        for checkpoint in self:
            told = json.loads(checkpoint.body)
            checkpoint.chain_count = len(told["heads"])
            checkpoint.entry_count = sum(head["number"] for head in told["heads"])
            checkpoint.public_key = told["public_key"]

    @api.depends("body", "signature")
    def _compute_file(self):
        for checkpoint in self:
            checkpoint.file = base64.b64encode(checkpoint._file_bytes())
            checkpoint.file_name = f"audit-checkpoint-{checkpoint.number:06}.json"

    def _file_bytes(self):
        self.ensure_one()
        tree = {"checkpoint": json.loads(self.body), "signature": self.signature}
        return json.dumps(tree, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"

    @api.model
    def _take(self):
        """Sign how far all chains have come. Return the new checkpoint.

        :raise UserError: without a key, or before anything was sealed
        """
        try:
            key = self.env["freight.audit"]._keyring().current
        except (KeyMissing, KeyWrong) as error:
            raise UserError(_("No checkpoint can be signed: %s", error)) from error
        self.env.cr.execute(HEADS)
        heads = [
            {"chain": chain, "number": number, "digest": digest}
            for chain, number, digest, _id in self.env.cr.fetchall()
        ]
        if not heads:
            raise UserError(_("Nothing is sealed yet. Take a checkpoint in a minute."))
        last = self.sudo().search([], limit=1)
        now = fields.Datetime.now()
        body = canonical(
            {
                "format": FORMAT,
                "log": self.env["freight.audit"]._log_id(),
                "number": last.number + 1,
                "taken": f"{now.isoformat()}Z",
                "previous": hashlib.sha256(last.body.encode()).hexdigest() if last else None,
                "heads": heads,
                "public_key": key.public,
            }
        )
        ((new,),) = db.insert_rows(
            self.env.cr,
            self._table,
            ("number", "taken", "body", "signature", "key"),
            [(last.number + 1, now, body.decode(), key.sign(body), key.label)],
        )
        return self.browse(new)

    @api.model
    def action_take(self):
        """Take a checkpoint and open it, for its file to be downloaded.

        :raise AccessError: for who may not read checkpoints
        """
        self.check_access_rights("read")
        checkpoint = self.sudo()._take()
        self.env["freight.audit"]._note("take_checkpoint", checkpoint, stream="access")
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": checkpoint.id,
            "view_mode": "form",
        }

    @api.model
    def _cron_take(self):
        """Take the day's checkpoint, and put its file into the configured folder."""
        self.env.cr.execute("SELECT EXISTS (SELECT FROM freight_audit_link)")
        if not self.env.cr.fetchone()[0]:
            return
        checkpoint = self._take()
        folder = config.get(FOLDER_OPTION)
        if folder:
            checkpoint._export(Path(folder))

    def _export(self, folder):
        """Write the file into ``folder``, whole or not at all; a case tells where that fails."""
        path = folder / self.file_name
        partial = path.with_suffix(".partial")
        try:
            partial.write_bytes(self._file_bytes())
            os.replace(partial, path)
        except OSError as error:
            _logger.exception("The audit checkpoint was not exported")
            self.env["freight.exception"]._raise_case(
                "audit_unsealed",
                "checkpoint",
                _(
                    "The audit checkpoint was not written to %(folder)s: %(error)s. Mend the folder"
                    " or download the file from the list of checkpoints.",
                    folder=folder,
                    error=error,
                ),
                company=self.env.ref("base.main_company"),
            )

    # Reading a file ------------------------------------------------------------------------------

    @api.model
    def _read_file(self, content):
        """Return the body (a dict) of a checkpoint file, if its signature is ours.

        :raise UserError: when it is no such file, of another log, or signed by another key
        """
        try:
            tree = json.loads(content)
            body, signature = tree["checkpoint"], tree["signature"]
            heads = [(str(one["chain"]), int(one["number"]), str(one["digest"])) for one in
                     body["heads"]]  # fmt: skip
            if body["format"] != FORMAT or not heads:
                raise ValueError(body["format"])
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(_("This is no checkpoint file of an audit log.")) from error
        if body.get("log") != self.env["freight.audit"]._log_id():
            raise UserError(_("This checkpoint is of the audit log of another database."))
        if not is_signed(canonical(body), signature, str(body.get("public_key"))):
            raise UserError(_("The file was changed after it was signed: it proves nothing."))
        if body["public_key"] not in self._public_keys():
            raise UserError(
                _(
                    "The file is signed by a key that is not among the configured ones. Configure"
                    " the key that it was signed with, or check the file by its public key alone."
                )
            )
        return body

    @api.model
    def _public_keys(self):
        keys = self.env["freight.audit"]._keyring()
        return {key.public for key in keys.all()}

    @api.model
    def _anchors(self):
        """Return ({chain: {number: digest}} that our checkpoints vouch for, faulty checkpoints)."""
        anchors, faulty = {}, []
        for checkpoint in self.sudo().search([("number", ">", 0)], order="number"):
            body = json.loads(checkpoint.body)
            if not is_signed(checkpoint.body.encode(), checkpoint.signature, body["public_key"]):
                faulty.append(checkpoint.number)
                continue
            add_anchors(anchors, body)
        return anchors, faulty


def add_anchors(anchors, body):
    """Add to ``anchors`` what the ``body`` of a checkpoint vouches for."""
    for head in body["heads"]:
        anchors.setdefault(head["chain"], {})[head["number"]] = head["digest"]
