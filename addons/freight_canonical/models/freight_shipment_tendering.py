"""A shipment that Odoo tenders itself: to whom, and what changes and cancellations do to that."""

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .. import tendering


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    tender_ids = fields.One2many("freight.tender", "shipment_id", string="Tenders", copy=False)
    tendering_is_ours = fields.Boolean(compute="_compute_tendering_is_ours")

    @api.depends("tms_id", "company_id", "mode")
    def _compute_tendering_is_ours(self):
        matrix = self.env["freight.ownership"]
        for shipment in self:
            shipment.tendering_is_ours = not shipment.tms_id or matrix._odoo_owns(
                "dispatch", shipment.company_id.id, shipment.mode
            )

    def _offered_charges(self, carrier):
        """Return {shipment id: charges offered to ``carrier``}; who knows its rates does better.

        Charges are as canonical documents have them: code, amount (decimal text), currency.
        """
        return {
            shipment.id: [
                charge._as_offered()
                for charge in shipment.charge_ids
                if charge.stage == "estimated" and charge.amount
            ]
            if shipment.carrier_id in (carrier, carrier.browse())
            else []
            for shipment in self
        }

    def _tender(self, sequence, not_before=None, remarks=None, plan=None):
        """Offer these to the carriers of ``sequence`` one after the other; begin at once.

        What waited of an earlier sequence is superseded; who holds one must be done with first.

        :param sequence: list of (``res.partner``, hours to answer)
        :raise AccessError: for who may not write shipments
        :raise UserError: saying which shipment cannot be tendered, or which carrier has no SCAC
        """
        self._check_may_write()
        self.env["freight.event"]._lock(self)
        self.invalidate_recordset(["transport_state", "tender_ids"])
        self.sudo()._check_tenderable(sequence)
        tenders = self.env["freight.tender"].sudo()
        self.sudo().tender_ids.filtered(lambda one: one.state == "waiting")._withdraw(
            "superseded", "elsewhere"
        )
        offers = {carrier: self.sudo()._offered_charges(carrier) for carrier, _hours in sequence}
        values = []
        for shipment in self.sudo():
            last = max(shipment.tender_ids.mapped("position"), default=0)
            for position, (carrier, hours) in enumerate(sequence, start=last + 1):
                values.append(
                    {
                        "shipment_id": shipment.id,
                        "company_id": shipment.company_id.id,
                        "carrier_id": carrier.id,
                        "position": position,
                        "number": f"{shipment.name}/T{position}",
                        "hours": hours,
                        "not_before": not_before if position == last + 1 else False,
                        "remarks": remarks,
                        "offered_charges": offers[carrier][shipment.id],
                        "user_id": self.env.uid,
                        "plan_id": plan.id if plan else False,
                        "trace_id": shipment.trace_id,
                    }
                )
        created = tenders.create(values)
        created._advance(self.sudo())
        self.sudo()._project()
        return created

    def _check_tenderable(self, sequence):
        for carrier, _hours in sequence:
            if not carrier.freight_scac:
                raise UserError(
                    _(
                        "%s has no SCAC, by which its answer is known: enter it on the carrier.",
                        carrier.name,
                    )
                )
        for shipment in self:
            if not shipment.tendering_is_ours:
                shipment._refuse_people("dispatch", _("The tendering"))
            held = shipment.tender_ids.filtered(lambda one: one.state in tendering.HELD)
            if held or shipment.transport_state not in tendering.TENDERABLE:
                raise UserError(
                    _(
                        "%s cannot be tendered: it must be released, with no tender open and no"
                        " carrier that accepted. Withdraw the tender first.",
                        shipment.name,
                    )
                )

    def action_send_change(self):
        """Tell the carriers asked or booked what has changed since they were told.

        :raise AccessError: for who may not write shipments
        """
        self._check_may_write()
        self._tenders_changed()

    def _tenders_changed(self):
        """Send the change of these to whoever holds a tender; nothing where nothing changed."""
        held = self.sudo().tender_ids.filtered(lambda one: one.state in tendering.HELD)
        held.filtered(lambda one: one.told_digest != one._digest())._change()

    def _announce_changed(self):
        """Tell of the change those who hold a tender, too."""
        result = super()._announce_changed()
        self._tenders_changed()
        return result

    def _project_tenders(self, states):
        """End the tenders of what was cancelled, closed or booked elsewhere, by whatever way."""
        result = super()._project_tenders(states)
        alive = (
            self.env["freight.tender"]
            .sudo()
            .search(
                [("shipment_id", "in", list(states)), ("state", "in", ("waiting", *tendering.HELD))]
            )
        )
        if not alive:
            return result
        ends = {key: state.transport_state for key, state in states.items()}
        cancelled = alive.filtered(lambda one: ends[one.shipment_id.id] == "cancelled")
        cancelled._withdraw(why="shipment")
        closed = alive.filtered(lambda one: ends[one.shipment_id.id] == "closed")
        closed.filtered(lambda one: one.state != "accepted")._conclude("shipment")
        others = (alive - cancelled - closed).shipment_id._booked_by_others()
        alive.filtered(lambda one: one.shipment_id in others)._conclude("elsewhere")
        return result

    def _booked_by_others(self):
        """Return those whose acceptance in force is not one that a tender of ours brought."""
        odoo = self.env.ref("freight_canonical.system_odoo")
        ours = self.acceptance_id.event_id.filtered(
            lambda one: one.source_id == odoo and one.source_event_id.startswith("tender_accepted:")
        )
        return self.filtered(
            lambda one: one.acceptance_id and one.acceptance_id.event_id not in ours
        )


class FreightCharge(models.Model):
    _inherit = "freight.charge"

    def _as_offered(self):
        """Return this charge as canonical documents have it."""
        return {
            "code": self.code_id.code,
            "amount": f"{self.amount:.{self.currency_id.decimal_places}f}",
            "currency": self.currency_id.name,
        }
