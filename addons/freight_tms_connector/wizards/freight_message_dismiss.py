from odoo import _, models


class FreightMessageDismiss(models.TransientModel):
    """Gives dead letters up, those picked or those of a filter, for one reason."""

    _name = "freight.message.dismiss"
    _description = "Dismiss Messages"
    _inherit = "freight.message.choice"

    def action_dismiss(self):
        """Dismiss what is chosen and is dead or quarantined.

        :raise AccessError: for who may not write messages
        :raise UserError: where nothing is chosen
        """
        count = self._chosen()._dismiss_in_batches(self.reason)
        return self._told(_("%s messages were dismissed.", count))
