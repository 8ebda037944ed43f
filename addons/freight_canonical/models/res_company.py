from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..units import SYSTEMS


class ResCompany(models.Model):
    _inherit = "res.company"

    freight_tms_id = fields.Many2one(
        "freight.system",
        string="TMS",
        domain="[('kind', '=', 'tms')]",
        help="The system that plans and executes this company's freight.",
    )
    freight_mode = fields.Selection(
        selection=lambda self: self.env["freight.shipment"]._fields["mode"].selection,
        string="Usual mode",
        default="ltl",
        required=True,
    )
    freight_close_after = fields.Integer(
        string="Close shipments after (days)",
        default=30,
        help="Delivered shipments without open exceptions are closed by themselves so many days "
        "after delivery. 0: people close them.",
    )
    freight_unit_system = fields.Selection(
        SYSTEMS,
        string="Units of measure",
        default="metric",
        required=True,
        help="In what weights, volumes and distances are shown. They are stored in kg, m³ and km.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_without_ledger(self):
        """Refuse: what happened to a company's freight outlives the company."""
        for company in self.sudo():
            if self.env["freight.event"].sudo().search_count([("company_id", "=", company.id)], 1):
                raise UserError(
                    _(
                        "%s has freight events, which nobody can delete: archive the company "
                        "instead.",
                        company.name,
                    )
                )

    def _freight_tz(self):
        """Return the name of the time zone of this company, for places that have none."""
        return self.partner_id.tz or "UTC"
