"""Partners hear when a case about their shipment opens and when it is resolved."""

from odoo import api, models

#: Kinds of exception that are about the goods. Others concern nobody but us.
ABOUT_GOODS = frozenset({"delay", "damage", "shortage", "overage", "refusal", "return"})


class FreightException(models.Model):
    _inherit = "freight.exception"

    @api.model_create_multi
    def create(self, vals_list):
        """Open cases and say so."""
        cases = super().create(vals_list)
        cases.filtered(lambda case: case.state == "open")._announce("shipment.exception_opened")
        return cases

    def write(self, vals):
        """Write, and say so if that resolves cases."""
        were_open = self.filtered(lambda case: case.state == "open")
        result = super().write(vals)
        if vals.get("state") == "resolved":
            were_open._announce("shipment.exception_resolved")
        return result

    def _announce(self, name):
        told = self.sudo().filtered(lambda case: case.shipment_id and case.code in ABOUT_GOODS)
        announcer = self.env["freight.announcer"].sudo()
        if told:
            announcer.env["freight.emitter"]._announce(
                [announcer._announcement_of_case(name, case) for case in told]
            )
