from odoo import api, models


class FreightMasterProposal(models.Model):
    _inherit = "freight.master.proposal"

    @api.model
    def _approvers_of_accounts(self):
        """Return the group of those who answer for where money goes."""
        return "freight_settlement.group_settlement_manager"
