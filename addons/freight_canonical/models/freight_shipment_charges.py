"""What a shipment's course makes of its charges."""

from odoo import _, api, models


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    @api.ondelete(at_uninstall=False)
    def _unlink_only_without_authorised_charges(self):
        """The database deletes the charges along, and asks nobody."""
        self.charge_ids._unlink_only_unauthorised()

    def _estimate_charges(self):
        """Price these shipments before anything happened; an addon that knows rates does it."""

    def _carrier_known(self):
        """A carrier took these shipments; an addon that knows its rates prices them."""

    def _ship_date_moved(self):
        """These shipments went on another day than was known; an addon that knows rates looks."""

    def _charge_vehicles_not_used(self):
        """Let those cancelled after dispatch have the charge for it, and no others.

        A retracted cancellation takes the charge along. An amount that a person entered stays.
        What a contract asked for moving the goods goes: they do not move.
        """
        cancelled = self.filtered("vehicle_not_used")
        charged = self.charge_ids.filtered("vehicle_not_used")
        missing = cancelled - charged.shipment_id
        (charged - cancelled.charge_ids).sudo().unlink()
        self.env["freight.charge"]._replace_stage(missing, "contract", [])
        if not missing:
            return
        code = self.env.ref("freight_canonical.charge_code_vor")
        values = missing._not_used_values()
        self.env["freight.charge"].sudo().create(
            [
                {
                    "shipment_id": shipment.id,
                    "code_id": code.id,
                    "stage": "estimated",
                    "authorised": True,
                    "vehicle_not_used": True,
                    "source": _("Cancellation"),
                    **values[shipment.id],
                }
                for shipment in missing
            ]
        )

    def _not_used_values(self):
        """Return {shipment id: amount, currency and explanation} of the charge for it.

        An addon that knows rates does better.
        """
        explanation = _("No rate is known for it: enter what was agreed with the carrier.")
        return {
            shipment.id: {
                "amount": 0.0,
                "currency_id": shipment.currency_id.id,
                "explanation": explanation,
            }
            for shipment in self
        }
