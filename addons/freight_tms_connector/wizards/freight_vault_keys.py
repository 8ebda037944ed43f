from odoo import _, api, fields, models
from odoo.exceptions import AccessError

from ..vault import VaultError

MANAGER = "freight_tms_connector.group_integration_manager"


class FreightVaultKeys(models.TransientModel):
    """Which keys seal what, and which of them may go."""

    _name = "freight.vault.keys"
    _description = "Vault Keys"

    name = fields.Char(readonly=True, default=lambda self: _("Keys"))
    line_ids = fields.One2many("freight.vault.keys.line", "keys_id", readonly=True)
    current = fields.Char(string="Key for what is new", readonly=True)
    problem = fields.Char(readonly=True)
    missing = fields.Char(readonly=True)
    left = fields.Integer(string="Still to be sealed anew", readonly=True)
    removable = fields.Char(readonly=True)

    @api.model
    def action_open(self):
        """Open the page of the keys, as they are now.

        :raise AccessError: for who is neither Integration Manager nor Auditor
        """
        self.check_access_rights("create")
        keys = self.create(self._state())
        return {
            "type": "ir.actions.act_window",
            "name": _("Keys"),
            "res_model": self._name,
            "res_id": keys.id,
            "view_mode": "form",
            "target": "current",
        }

    @api.model
    def _state(self):
        service = self.env["freight.vault"].sudo()
        known, current, problem = frozenset(), False, False
        try:
            vault = service._vault()
            known, current = vault.keys, vault.current
        except VaultError as error:
            problem = str(error)
        used, lines = set(), []
        for (model, _column), counts in service._keys_in_use().items():
            what = self.env[model]._description
            used |= counts.keys()
            lines += [
                {"key": key, "what": what, "count": count, "state": _state(key, current, known)}
                for key, count in sorted(counts.items())
            ]
        lines += [
            {"key": key, "count": 0, "state": "unused"} for key in sorted(known - used - {current})
        ]
        return {
            "line_ids": [(0, 0, line) for line in lines],
            "current": current,
            "problem": problem,
            "missing": ", ".join(sorted(used - known)) or False,
            "left": sum(line["count"] for line in lines if line["state"] == "old"),
            "removable": ", ".join(sorted(known - used - {current})) or False,
        }

    def action_rotate(self):
        """Have everything sealed anew that another key than the current one sealed.

        :raise AccessError: for who is no Integration Manager
        """
        if not self.env.user.has_group(MANAGER):
            raise AccessError(_("Integration Managers have values sealed anew."))
        self.env.ref("freight_tms_connector.cron_vault_rotation").sudo()._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": _(
                    "What lies under older keys is being sealed anew. Look again shortly."
                ),
                "type": "success",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class FreightVaultKeysLine(models.TransientModel):
    """How many values of one kind a key seals."""

    _name = "freight.vault.keys.line"
    _description = "Use of a Vault Key"

    keys_id = fields.Many2one("freight.vault.keys", required=True, ondelete="cascade")
    key = fields.Char(readonly=True)
    what = fields.Char(string="Seals", readonly=True)
    count = fields.Integer(string="How many", readonly=True)
    state = fields.Selection(
        [
            ("current", "Seals what is new"),
            ("old", "Being replaced"),
            ("missing", "Not configured"),
            ("unused", "May be removed"),
        ],
        readonly=True,
    )


def _state(key, current, known):
    if key == current:
        return "current"
    return "old" if key in known else "missing"
