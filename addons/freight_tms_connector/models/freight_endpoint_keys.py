from odoo import _, models

from ..vault import Vault, VaultError


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    def _health_findings(self):
        """Add the secrets that no configured key opens."""
        findings = super()._health_findings()
        known = self.env["freight.vault"].sudo()._known_keys()
        # A list asks with ``bin_size``, and would read sizes in the place of what is sealed.
        for endpoint in self.with_context(bin_size=False):
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
