from fnmatch import fnmatchcase

from odoo import api, fields, models


class FreightSubscription(models.Model):
    """What an endpoint wants to be told."""

    _name = "freight.subscription"
    _description = "Subscription"
    _inherit = "freight.guarded"
    _order = "endpoint_id, pattern"
    _rec_name = "pattern"

    endpoint_id = fields.Many2one("freight.endpoint", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True)
    pattern = fields.Char(
        required=True, default="shipment.*", help="Event names; * stands for anything."
    )
    active = fields.Boolean(default=True)

    @api.model
    def _endpoints_for(self, event_type, company):
        """Return the active endpoints of ``company`` that want to hear of ``event_type``."""
        subscriptions = self.sudo().search([("company_id", "=", company.id)])
        wanted = subscriptions.filtered(lambda one: fnmatchcase(event_type, one.pattern))
        return wanted.endpoint_id._takes_messages()
