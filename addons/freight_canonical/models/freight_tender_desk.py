"""What a dispatcher decides on a tender. Each action checks itself who asks."""

from odoo import _, models
from odoo.exceptions import UserError

from .. import tendering


class FreightTender(models.Model):
    _inherit = "freight.tender"

    def action_confirm(self):
        """Agree to the conditions or the price that the carrier asks for, and tell it so.

        :raise AccessError: for who may not write shipments
        :raise UserError: when nothing is asked, or a second person must agree
        """
        system = self._begin()
        for tender in system:
            if tender.state not in ("conditional", "countered"):
                raise UserError(_("%s asks for no decision.", tender.number))
            tender._check_second_person()
        agreed = {one.id: one.countered_charges or one.offered_charges for one in system}
        system._book(agreed)

    def action_refuse(self):
        """Refuse what the carrier asks for, and ask the next one.

        No transport format knows a refusal of its own: the carrier is told ``tender.cancelled``,
        whose ``reason`` is ``refused``.

        :raise AccessError: for who may not write shipments
        :raise UserError: when nothing is asked
        """
        system = self._begin()
        for tender in system:
            if tender.state not in ("conditional", "countered"):
                raise UserError(_("%s asks for no decision.", tender.number))
        system._withdraw("declined", "refused")
        system._record_decisions("tender_declined", "refused")
        system._advance(system.shipment_id)
        system.shipment_id._project()

    def action_honour(self):
        """Book a carrier whose acceptance came late; who is asked meanwhile is told.

        :raise AccessError: for who may not write shipments
        :raise UserError: when there is none, or another carrier has the load
        """
        self.ensure_one()
        system = self._begin()
        if not system.late_answer:
            raise UserError(_("No late acceptance of %s is known.", self.number))
        others = system.shipment_id.tender_ids - system
        holder = others.filtered(lambda one: one.state == "accepted")
        if holder:
            raise UserError(
                _(
                    "%(carrier)s has accepted %(shipment)s: withdraw its tender first.",
                    carrier=holder.carrier_id.name,
                    shipment=self.shipment_id.name,
                )
            )
        late = system.answer_ids.filtered(lambda one: one._is_late_acceptance())[:1]
        if late.charges:
            system._set({system.id: {"countered_charges": late.charges}})
            system._check_second_person()
        asked = others.filtered(lambda one: one.state in tendering.OPEN)
        asked._withdraw("superseded", "elsewhere")
        system._book({system.id: late.charges or system.offered_charges})

    def action_withdraw(self):
        """Take these back. Who was asked or had accepted is told; the next one is asked.

        :raise AccessError: for who may not write shipments
        """
        system = self._begin()
        gone = system.filtered(lambda one: one.state in (*tendering.HELD, "waiting"))
        held = gone._withdraw()
        held._record_decisions("tender_declined", "withdrawn")
        system._advance(held.shipment_id, by_hand=True)
        system.shipment_id._project()

    def _begin(self):
        """Check who asks, serialise with answers and the clock, and go on as the system."""
        self.shipment_id._check_may_write()
        self.env["freight.event"]._lock(self.shipment_id)
        self.invalidate_recordset()
        return self.sudo()

    def _book(self, agreed):
        """Give the load to these for what was agreed ({tender id: charges}), and tell them."""
        self._set(
            {
                one.id: {
                    "state": "accepted",
                    "purpose": "confirmation",
                    "version": one.version + 1,
                    "agreed_charges": agreed[one.id] or None,
                    "cancel_reason": None,
                }
                for one in self
            }
        )
        self._tell("tender.confirmed")
        self._record_decisions("tender_accepted", "confirmed", agreed)
        self.shipment_id._project()

    def _check_second_person(self):
        """Hold more than the company's limit above the offer to four eyes."""
        limit = self.company_id.freight_counter_limit
        asked = _total(self.countered_charges)
        above = tendering.needs_second_person(_total(self.offered_charges), asked, limit)
        if above and self.user_id == self.env.user:
            raise UserError(
                _(
                    "%(number)s: what %(carrier)s asks for is more than %(limit)g %% above the"
                    " offer. You tendered it, so another dispatcher must confirm it.",
                    number=self.number,
                    carrier=self.carrier_id.name,
                    limit=limit,
                )
            )


def _total(charges):
    return sum(float(charge["amount"]) for charge in charges or ())
