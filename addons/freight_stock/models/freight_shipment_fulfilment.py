"""Events fulfil transfers, and transfers report that goods left: both by policy alone."""

import logging

from odoo import _, api, models
from odoo.addons.freight_canonical import db

_logger = logging.getLogger(__name__)

#: States in which a shipment has left its pickup, and in which its goods have arrived.
LEFT = ("in_transit", "arrived", "partially_delivered", "delivered", "closed")
ARRIVED = ("delivered", "closed")
#: States of a transfer whose goods are not there yet.
EARLY = ("draft", "waiting")


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    @api.model
    def _consume_fulfilment(self, events):
        """Validate the transfers of shipments that left or arrived, where the policy says so.

        What cannot be validated is a case; the consumer goes on.
        """
        shipments = events.sudo().shipment_id.filtered(lambda one: not one._is_cancelled())
        pickings = shipments.picking_ids.filtered(lambda one: one.state not in ("done", "cancel"))
        plans = pickings._freight_plans()
        told = pickings.filtered(
            lambda one: one.freight_shipment_id._is_reached(plans[one].policy.fulfil_on)
        )
        for company, mine in told.grouped("company_id").items():
            mine.with_company(company)._freight_fulfil()

    def _is_reached(self, milestone):
        """Return whether the ledger says that ``milestone`` of a policy was reached."""
        states = {"pickup": LEFT, "delivery": ARRIVED}.get(milestone, ())
        return self.transport_state in states

    def _report_own_pickup(self):
        """Report that these shipments left their pickup, if nobody did and nothing is left."""
        waiting = self.filtered(
            lambda one: (
                one.transport_state not in (*LEFT, "draft", "refused", "returned", "reconsigned")
                and not one._is_cancelled()
                and all(picking.state in ("done", "cancel") for picking in one.picking_ids)
            )
        )
        waiting._record_own("departed_pickup")


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _action_done(self):
        """Validate; by policy that is the report that the goods left."""
        result = super()._action_done()
        linked = self.sudo().filtered("freight_shipment_id")
        plans = linked._freight_plans() if linked else {}
        told = linked.filtered(lambda picking: plans[picking].policy.report_pickup)
        if told:
            # What was loaded is told before it leaves: after that it is a person's affair.
            told._freight_follow()
            told.freight_shipment_id._report_own_pickup()
        return result

    def _freight_fulfil(self):
        """Validate these transfers with what was ordered; where that fails, find which fails.

        Goods that an earlier step has not brought yet are not taken from nowhere.
        """
        for picking in self.filtered(lambda one: one.state in EARLY):
            picking._freight_report_unfulfilled(_("its goods wait for an earlier step."))
        (self - self.filtered(lambda one: one.state in EARLY))._freight_try_to_validate()

    def _freight_try_to_validate(self):
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                self._freight_validate()
        except Exception as error:
            if db.is_conflict(error):
                raise
            if len(self) > 1:
                half = len(self) // 2
                self[:half]._freight_try_to_validate()
                self[half:]._freight_try_to_validate()
                return
            _logger.info("Transfer %s is not validated: %s", self.name, error)
            self._freight_report_unfulfilled(str(error))

    def _freight_validate(self):
        """Validate with exact quantities, without a wizard."""
        moves = self.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
        for move in moves:
            move.quantity = move.product_uom_qty
        moves.picked = True
        self._action_done()

    def _freight_report_unfulfilled(self, reason):
        self.env["freight.exception"]._raise_case(
            "not_fulfilled",
            f"transfer:{self.id}",
            _(
                "%(shipment)s has been reported, but %(transfer)s could not be validated: "
                "%(reason)s Validate it by hand.",
                shipment=self.freight_shipment_id.name,
                transfer=self.name,
                reason=reason,
            ),
            shipment=self.freight_shipment_id,
        )
