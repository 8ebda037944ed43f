"""What of this addon the audit log follows: release policies, and who had what released."""

from odoo import models


class FreightReleasePolicy(models.Model):
    _name = "freight.release.policy"
    _inherit = ["freight.release.policy", "freight.audited"]


class FreightReleaseRule(models.Model):
    _name = "freight.release.rule"
    _inherit = ["freight.release.rule", "freight.audited"]


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _freight_release_now(self):
        shipments = super()._freight_release_now()
        self._freight_note(
            "release", self.filtered(lambda one: one.freight_shipment_id in shipments)
        )
        return shipments

    def action_freight_hold(self):
        """Take transfers off their shipments, and record who did."""
        before = {
            picking.id: {"freight_shipment_id": picking.freight_shipment_id.name or None}
            for picking in self.sudo()
        }
        result = super().action_freight_hold()
        self._freight_note("hold", self, before=before)
        return result

    def action_freight_resume(self):
        """Let transfers go by the TMS again, and record who did."""
        result = super().action_freight_resume()
        self._freight_note("resume", self)
        return result

    def _freight_validate(self):
        result = super()._freight_validate()
        self._freight_note("validate", self, role="posted")
        return result

    def _freight_note(self, action, pickings, **told):
        """Record ``action`` on ``pickings``, each with the shipment that it travels by now."""
        after = {
            picking.id: {
                "freight_shipment_id": picking.freight_shipment_id.name or None,
                "state": picking.state,
            }
            for picking in pickings.sudo()
        }
        self.env["freight.audit"]._note(action, pickings, after=after, **told)
