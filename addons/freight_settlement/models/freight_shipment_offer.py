"""What a carrier is offered for a shipment: what its own contract says."""

from odoo import models

from .. import rating


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def _offered_charges(self, carrier):
        """Offer what the contract of ``carrier`` says; without one, what a person estimated.

        An estimate that comes from another carrier's contract is nothing to tell this one.
        """
        offers = super()._offered_charges(carrier)
        partner = carrier.commercial_partner_id
        contracts = self._contracts_in_question().filtered(
            lambda one: one.carrier_id.commercial_partner_id == partner
        )
        priced = self.filtered("charge_ids.freight_rate_id")
        offers.update(dict.fromkeys(priced.ids, []))
        for shipment in self if contracts else ():
            try:
                charges = shipment._cheapest_charges(contracts)
            except rating.RatingError:
                # The contract cannot price it: the carrier names its price.
                offers[shipment.id] = []
                continue
            if charges:
                offers[shipment.id] = [self._in_document(charge) for charge in charges]
        return offers

    def _in_document(self, values):
        """Return ``values`` of a charge as canonical documents have it."""
        currency = self.env["res.currency"].browse(values["currency_id"])
        return {
            "code": self.env["freight.charge.code"].browse(values["code_id"]).code,
            "amount": f"{values['amount']:.{currency.decimal_places}f}",
            "currency": currency.name,
        }
