from odoo import _, models

from ..vault import Vault, VaultError


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    def _health_findings(self):
        """Add the secrets that no configured key opens."""
        findings = super()._health_findings()
        known = self.env["freight.vault"].sudo()._known_keys()
        for endpoint in self:
            sealed = endpoint.sudo().credential_ids.filtered("sealed").mapped("sealed")
            for key in sorted({_key_of(one) for one in sealed} - known):
                findings[endpoint.id].append(
                    ("red", _("Its secret cannot be opened: the vault key %s is missing.", key))
                )
        return findings


def _key_of(sealed):
    try:
        return Vault.key_id(bytes(sealed))
    except VaultError:
        return "?"
