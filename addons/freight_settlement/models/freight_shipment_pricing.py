"""What contracts say a shipment costs."""

from odoo import _, api, fields, models

from .. import rating
from ..accruing import Milestone
from ..money import to_decimal
from ..sentence import Sentence
from ..sentence import mark as _s

#: The charge code of a vehicle that was ordered and is not used.
NOT_USED = "VOR"


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def _estimate_charges(self):
        """Price these shipments by the contracts of their carriers, before anything happened."""
        result = super()._estimate_charges()
        self._price("estimated")
        return result

    def _carrier_known(self):
        """Price by contract what a carrier has accepted."""
        result = super()._carrier_known()
        self._price_contract()
        return result

    def _ship_date_moved(self):
        """Price by contract anew where another contract is in force on the day they went."""
        result = super()._ship_date_moved()
        contracts = self._contracts_in_question()
        stale = self.sudo().filtered(lambda shipment: shipment._is_stale(contracts))
        charges = self.env["freight.charge"]
        charges._replace_stage(stale, "contract", [])
        not_used = stale.charge_ids.filtered("vehicle_not_used")
        (not_used - not_used._entered()).unlink()
        stale._price_contract()
        return result

    def _contracts_in_question(self):
        return self.env["freight.contract"].sudo().search(
            [("company_id", "in", self.company_id.ids)]
        )  # fmt: skip

    def _is_stale(self, contracts):
        """Return whether another of ``contracts`` than on record prices what a carrier does."""
        self.ensure_one()
        priced = self.charge_ids.filtered(
            lambda charge: charge.stage == "contract" or charge.vehicle_not_used
        )
        on_record = priced.freight_rate_id.contract_id
        if not on_record:
            return False
        try:
            charges = self._cheapest_charges(contracts)
        except rating.RatingError:
            return True
        rates = self.env["freight.contract.rate"].browse(
            [charge["freight_rate_id"] for charge in charges]
        )
        return rates.contract_id != on_record

    def _price_contract(self):
        """Price by contract what was accepted or moved, once: a price that stands stays."""
        self.filtered(
            lambda shipment: (
                shipment.carrier_id
                and not shipment.vehicle_not_used
                and shipment._milestone() > Milestone.NONE
                and not shipment.charge_ids.filtered(lambda charge: charge.stage == "contract")
            )
        )._price("contract")

    def _price(self, stage):
        """Replace the charges of ``stage`` by what the contracts say.

        While no carrier is chosen, the cheapest offer is taken.
        A shipment that no contract covers keeps what it has; one that its contract cannot price
        gets a case that says why.
        """
        contracts = self._contracts_in_question()
        priced, values = self.browse(), []
        for shipment in self.sudo():
            try:
                charges = shipment._cheapest_charges(contracts)
            except rating.RatingError as error:
                shipment._report_no_rate(error.sentence)
                continue
            if charges:
                priced |= shipment
                values += charges
        self.env["freight.charge"]._replace_stage(priced, stage, values)
        self.env["freight.exception"]._close_cases(
            "no_rate", [f"shipment:{shipment.id}" for shipment in priced], _("Priced by contract.")
        )

    def _cheapest_charges(self, contracts):
        """Return the values of the charges of the carrier that asks least, none without contract.

        :raise RatingError: when two contracts of a carrier fit equally well or a figure is missing
        """
        self.ensure_one()
        day = self.ship_date or fields.Date.context_today(self)
        fitting = contracts.filtered(lambda contract: contract._covers(self, day))
        by_carrier = fitting.grouped(lambda contract: contract.carrier_id.commercial_partner_id)
        offers = [
            self._contract_charges(self._most_specific(offered)) for offered in by_carrier.values()
        ]
        return min(offers, key=lambda charges: self._offer_total(charges, day), default=[])

    def _offer_total(self, charges, day):
        """Return the sum of ``charges`` (values) in the company's currency."""
        company = self.company_id
        currencies = self.env["res.currency"]
        return sum(
            currencies.browse(charge["currency_id"])._convert(
                charge["amount"], company.currency_id, company, day
            )
            for charge in charges
        )

    def _contract_charges(self, contract):
        """Return the values of the charges that ``contract`` gives.

        :raise RatingError: when a figure is missing
        """
        self.ensure_one()
        load = rating.Load(weight=to_decimal(self.weight, 3))
        digits = contract.currency_id.decimal_places
        rates = {rate.id: rate for rate in contract.rate_ids if self._is_due(rate)}
        charges = rating.rate((rate._rating_rate() for rate in rates.values()), load, digits)
        return [
            {
                "shipment_id": self.id,
                "code_id": rates[charge.source].code_id.id,
                "quantity": float(charge.quantity),
                "unit": charge.unit,
                "rate": float(charge.rate),
                "amount": float(charge.amount),
                "currency_id": contract.currency_id.id,
                "source": f"{contract.name} v{rates[charge.source].version}",
                "explanation": self.company_id._freight_sentence(*charge.explanation),
                "freight_rate_id": charge.source,
            }
            for charge in charges
        ]

    def _is_due(self, rate):
        """Return whether ``rate`` is for what happens: for moving, or for a vehicle not used."""
        return (rate.code_id.code == NOT_USED) == bool(self.vehicle_not_used)

    def _not_used_values(self):
        """Take the contracts' rates for vehicles that were ordered and are not used."""
        values = super()._not_used_values()
        contracts = self._contracts_in_question()
        for shipment in self.sudo():
            values[shipment.id] |= shipment._contract_values_not_used(contracts)
        return values

    def _contract_values_not_used(self, contracts):
        self.ensure_one()
        try:
            charges = self._cheapest_charges(contracts)
        except rating.RatingError as error:
            return {"explanation": self.company_id._freight_sentence(error.sentence)}
        return charges[0] if charges else {}

    @api.model
    def _most_specific(self, contracts):
        """Return the one of a carrier's ``contracts`` that is made for the shipment's mode.

        :raise RatingError: when two fit equally well
        """
        best = contracts.filtered("mode") or contracts
        if len(best) > 1:
            raise rating.RatingError(
                Sentence(
                    _s("Contracts %(names)s fit equally well: end one of them."),
                    {"names": ", ".join(best.mapped("name"))},
                )
            )
        return best

    def _report_no_rate(self, sentence):
        self.env["freight.exception"]._raise_case(
            "no_rate",
            f"shipment:{self.id}",
            self.company_id._freight_sentence(sentence),
            shipment=self,
        )
