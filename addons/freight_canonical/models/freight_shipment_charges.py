"""What a shipment's course makes of its charges."""

from odoo import _, models


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def _estimate_charges(self):
        """Price these shipments before anything happened; an addon that knows rates does it."""

    def _take_tendered_charges(self, document, codes):
        """Replace the tendered charges by those of a tender acceptance.

        :param document: the :class:`~..documents.Document` of the acceptance
        :param dict codes: charge codes by code; a charge with a code not in it opens a case
        """
        self.ensure_one()
        charges = document.data.get("charges") or []
        currencies = {currency.name: currency for currency in self.env["res.currency"].search([])}
        values = []
        for charge in charges:
            code, currency = codes.get(charge["code"]), currencies.get(charge["currency"])
            if not code or not currency:
                self._report_unknown_charge(document, charge)
                continue
            values.append(
                {
                    "shipment_id": self.id,
                    "code_id": code.id,
                    "currency_id": currency.id,
                    "amount": float(charge["amount"]),
                    "quantity": float(charge.get("quantity") or 1),
                    "rate": float(charge.get("rate") or charge["amount"]),
                    "unit": charge.get("unit"),
                    "source": document.system.name,
                }
            )
        if charges:
            self.env["freight.charge"]._replace_stage(self, "tendered", values)

    def _report_unknown_charge(self, document, charge):
        self.env["freight.exception"]._raise_case(
            "unknown_code",
            f"{document.system.code}:charge:{charge['code']}:{charge['currency']}",
            _(
                "%(system)s sends a charge of %(amount)s %(currency)s under code %(code)s, which"
                " is no charge code or currency in use.",
                system=document.system.name,
                amount=charge["amount"],
                currency=charge["currency"],
                code=charge["code"],
            ),
            shipment=self,
        )

    def _carrier_known(self):
        """A carrier took these shipments; an addon that knows its rates prices them."""

    def _charge_vehicles_not_used(self):
        """Let those cancelled after dispatch have the charge for it, and no others.

        A retracted cancellation takes the charge along. An amount that a person entered stays.
        """
        cancelled = self.filtered("vehicle_not_used")
        charged = self.charge_ids.filtered("vehicle_not_used")
        missing = cancelled - charged.shipment_id
        (charged - cancelled.charge_ids).sudo().unlink()
        self.env["freight.charge"].sudo().create(
            [
                {
                    "shipment_id": shipment.id,
                    "code_id": self.env.ref("freight_canonical.charge_code_vor").id,
                    "stage": "estimated",
                    "authorised": True,
                    "vehicle_not_used": True,
                    "source": _("Cancellation"),
                    **shipment._not_used_values(),
                }
                for shipment in missing
            ]
        )

    def _not_used_values(self):
        """Return amount, currency and explanation; an addon that knows rates does better."""
        self.ensure_one()
        return {
            "amount": 0.0,
            "currency_id": self.currency_id.id,
            "explanation": _("No rate is known for it: enter what was agreed with the carrier."),
        }
