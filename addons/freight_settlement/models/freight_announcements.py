"""What the world is told of costs, accruals and payments, where somebody asks for it.

Costs and accruals are internal: carriers never hear of them. What concerns a bill is told to its
own carrier and to none else.
"""

from odoo import models


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def _price(self, stage):
        """Price, and tell whose expected costs are others now."""
        name = "cost.estimated" if stage == "estimated" else "cost.changed"
        asked = self._asked_for(name)
        before = {shipment.id: shipment._costs(stage) for shipment in asked}
        result = super()._price(stage)
        told = asked.filtered(
            lambda shipment: shipment._costs(stage) not in ([], before[shipment.id])
        )
        self.env["freight.emitter"]._emit(name, told, lambda one: one._cost_announcement(stage))
        return result

    def _asked_for(self, event_type):
        """Return those of these shipments in whose company somebody wants to hear of it."""
        emitter = self.env["freight.emitter"]
        companies = self.company_id.filtered(lambda one: emitter._is_wanted(event_type, one))
        return self.sudo().filtered(lambda shipment: shipment.company_id in companies)

    def _costs(self, stage):
        """Return what these charges of ``stage`` are, as partners see them."""
        charges = self.charge_ids.filtered(lambda charge: charge.stage == stage).sorted("id")
        return [
            {
                "code": charge.code_id.code,
                "amount": f"{charge.amount:.{charge.currency_id.decimal_places}f}",
                "currency": charge.currency_id.name,
            }
            for charge in charges
        ]

    def _cost_announcement(self, stage):
        return {
            "shipment": self.env["freight.announcer"]._body_of_shipment(self),
            "cost": {"stage": stage, "charges": self._costs(stage)},
        }


class FreightAccrual(models.Model):
    _inherit = "freight.accrual"

    def _accrue(self, shipments, causes=None):
        """Accrue, and tell by shipment what was posted and what was taken back."""
        rows = super()._accrue(shipments, causes)
        for kind, name in (("accrued", "accrual.posted"), ("reversed", "accrual.reversed")):
            told = rows.shipment_id._asked_for(name)
            if told:
                concerned = rows.filtered(
                    lambda row, kind=kind, told=told: row.kind == kind and row.shipment_id in told
                )
                concerned._announce_accruals(name)
        return rows

    def _announce_accruals(self, name):
        by_shipment = self.grouped("shipment_id")
        self.env["freight.emitter"]._emit(
            name,
            self.shipment_id,
            lambda shipment: {
                "shipment": self.env["freight.announcer"]._body_of_shipment(shipment),
                "accruals": [row._announcement() for row in by_shipment[shipment]],
            },
        )

    def _announcement(self):
        currency, own = self.currency_id, self.company_currency_id
        return {
            "code": self.code_id.code,
            "date": self.date.isoformat(),
            "amount": f"{self.amount_currency:.{currency.decimal_places}f}",
            "currency": currency.name,
            "company_amount": f"{self.amount:.{own.decimal_places}f}",
            "company_currency": own.name,
            "provisional": self.provisional,
        }


class FreightCarrierInvoice(models.Model):
    _inherit = "freight.carrier.invoice"

    def _receive(self, documents):
        """Keep bills, and tell that they arrived."""
        bills = super()._receive(documents)
        bills.browse(bills.ids)._announce("received")
        return bills

    def _post_bills(self):
        """Post bills, and tell that what they are for is settled."""
        result = super()._post_bills()
        self._tell("settlement.completed")
        return result

    def _note_payment(self):
        """Follow payments, and tell which bills were paid and which are no more."""
        before = {bill.id: bill.state for bill in self}
        result = super()._note_payment()
        moved = self.filtered(lambda bill: bill.state != before[bill.id])
        moved.filtered(lambda bill: bill.state == "paid")._tell("payment.confirmed")
        moved.filtered(lambda bill: bill.state == "posted")._tell("payment.voided")
        return result
