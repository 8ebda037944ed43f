"""Carrier and charges of the tender acceptance in force."""

from collections import defaultdict

from odoo import api, fields, models

from .. import db


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    acceptance_id = fields.Many2one(
        "freight.tender.acceptance", readonly=True, copy=False, ondelete="set null"
    )
    acceptance_ids = fields.One2many(
        "freight.tender.acceptance", "shipment_id", string="Acceptances"
    )
    nominated_carrier_id = fields.Many2one(
        "res.partner",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The carrier chosen before a tender was accepted: again, if no acceptance stands.",
    )

    @api.model
    def _guarded(self):
        return super()._guarded() | {"acceptance_id", "nominated_carrier_id"}

    def _carriers(self):
        """Add who was to carry it before another one accepted: what they report may come later."""
        accepted = self.sudo().acceptance_ids.carrier_id
        return super()._carriers() | self.nominated_carrier_id | accepted.with_env(self.env)

    def _project_tenders(self, states):
        """Let these shipments have carrier and tendered charges of the acceptance in force."""
        system = self.sudo()
        in_force = system.env["freight.tender.acceptance"]._in_force(states)
        nothing = system.env["freight.tender.acceptance"]
        changed = system.filtered(lambda one: one.acceptance_id != in_force.get(one.id, nothing))
        if not changed:
            return
        changed._take_carriers(in_force)
        accepted = nothing.union(*(in_force[one.id] for one in changed if one.id in in_force))
        self.env["freight.charge"]._replace_stage(changed, "tendered", accepted._charge_values())
        accepted.shipment_id._carrier_known()

    def _take_carriers(self, in_force):
        """Write the carrier that accepted, or the one from before where no acceptance stands."""
        codes = {one.scac for one in in_force.values() if one.scac}
        partners = self.env["res.partner"]
        known = partners._freight_carriers_by_scac(codes, self.company_id) if codes else {}
        rows, moves = {}, defaultdict(self.browse)
        for shipment in self:
            acceptance = in_force.get(shipment.id)
            before = shipment.acceptance_id or not shipment.carrier_id
            nominated = shipment.nominated_carrier_id if before else shipment.carrier_id
            accepted = acceptance and known.get((acceptance.scac, shipment.company_id.id))
            rows[shipment.id] = (acceptance.id if acceptance else None, nominated.id or None)
            if (accepted or nominated) != shipment.carrier_id:
                moves[accepted or nominated] |= shipment
        db.update_rows(self, ("acceptance_id", "nominated_carrier_id"), rows)
        for carrier, shipments in moves.items():
            shipments.carrier_id = carrier
        # What another carrier's contract said is not what this one asks.
        moved = self.browse().union(*moves.values())
        self.env["freight.charge"]._replace_stage(moved, "contract", [])
        not_used = moved.charge_ids.filtered("vehicle_not_used")
        (not_used - not_used._entered()).unlink()
