"""Without a vault key nothing moves: messages wait, and no attempt of theirs is used up."""

import logging

from odoo import api, models

from ..vault import VaultError

_logger = logging.getLogger(__name__)


class FreightMessage(models.AbstractModel):
    _inherit = "freight.message"

    @api.model
    def _queue_step(self):
        """Work a batch off, if there is a key to read it with."""
        return super()._queue_step() if self._has_key() else 0

    @api.model
    def _queue_rescue(self):
        """Take up what a dead worker left, if there is a key to read it with."""
        return super()._queue_rescue() if self._has_key() else 0

    @api.model
    def _has_key(self):
        try:
            self.env["freight.vault"]._vault()
        except VaultError as error:
            _logger.error("%s waits, nothing of it is lost: %s", self._description, error)
            return False
        return True
