import os
import uuid
from functools import lru_cache

from odoo import api, models
from odoo.tools import config

from ..vault import Vault, parse_keys

KEYS_OPTION = "freight_vault_keys"
KEYS_VARIABLE = "FREIGHT_VAULT_KEYS"
VAULT_ID_PARAMETER = "freight.vault_id"


@lru_cache(maxsize=8)
def _vault(keys_text, vault_id):
    keys, current = parse_keys(keys_text)
    return Vault(keys, current, vault_id)


class FreightVault(models.AbstractModel):
    """Seals what must not be read in the database. Keys come from outside of it, never from it."""

    _name = "freight.vault"
    _description = "Freight Vault"

    @api.model
    def _vault(self):
        """Return the vault of this database.

        :raise MissingKey: when neither the configuration nor the environment has a key
        :raise WrongKey: when a key is malformed
        """
        keys = os.environ.get(KEYS_VARIABLE) or config.get(KEYS_OPTION) or ""
        parameters = self.env["ir.config_parameter"].sudo()
        return _vault(keys, parameters.get_param(VAULT_ID_PARAMETER, ""))

    @api.model
    def _make_vault_id(self):
        """Give this database its vault id, once; copies and restores keep it."""
        parameters = self.env["ir.config_parameter"].sudo()
        if not parameters.get_param(VAULT_ID_PARAMETER):
            parameters.set_param(VAULT_ID_PARAMETER, uuid.uuid4().hex)
