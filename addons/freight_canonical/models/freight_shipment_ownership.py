"""What of a shipment belongs to which system, and what became of the claims of others."""

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .. import ownership
from ..lifecycle import RANK


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    creator_system_id = fields.Many2one(
        "freight.system",
        string="Created by system",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The system that told us of it. What it said is its own to change.",
    )
    refusal_ids = fields.One2many("freight.event.refusal", "shipment_id", string="Refused changes")
    route_is_held = fields.Boolean(compute="_compute_is_held")
    dispatch_is_held = fields.Boolean(compute="_compute_is_held")

    @api.model
    def _guarded(self):
        return super()._guarded() | {"creator_system_id"}

    @api.depends("transport_state", "tms_id", "company_id", "mode")
    def _compute_is_held(self):
        for shipment in self:
            shipment.route_is_held = shipment._is_held("route")
            shipment.dispatch_is_held = shipment._is_held("dispatch")

    def _owned_shipment(self):
        return self

    def _is_held(self, domain):
        """Return whether ``domain`` is out of people's hands: handed over and not Odoo's.

        A draft and a shipment without a TMS are changed freely.
        """
        held_from = ownership.HELD_FROM.get(domain, ownership.HELD_BY_DEFAULT)
        if not self.tms_id or RANK[self.transport_state] < RANK[held_from]:
            return False
        matrix = self.env["freight.ownership"]
        return not matrix._odoo_owns(domain, self.company_id.id, self.mode)

    def _refuse_people(self, domain, what):
        """Say whose ``what`` is and what to do.

        :raise UserError: always
        """
        owner = self.env["freight.ownership"]._owner_names(domain, self.company_id.id, self.mode)
        raise UserError(
            _(
                "%(what)s of %(shipment)s is not changed here: its system of record is %(owner)s."
                " Change it there, or ask a freight manager to name Odoo as system of record under"
                " Configuration, Systems and ownership.",
                what=what,
                shipment=self.name,
                owner=owner or _("none yet"),
            )
        )

    def _keep_refusals(self, document, refusals):
        """Keep the claims of a sender on what it does not own; return them as a sentence.

        They join the ledger as one event, whose identity is what was refused: said again, it is a
        duplicate and opens no second case.

        :param refusals: list of :class:`~..claims.Refusal`
        """
        self.ensure_one()
        event = self.env["freight.event"]._append_refusals(self, document, refusals)
        sentence = _(
            "%(system)s does not own what it changed of %(shipment)s, so it stays: %(what)s.",
            system=document.system.name,
            shipment=self.name,
            what="; ".join(self._refusal_sentences(refusals)),
        )
        if event:
            self.env["freight.exception"]._raise_case(
                "ownership",
                f"shipment:{self.id}:{document.system.code}",
                sentence,
                shipment=self,
            )
        return sentence

    def _refusal_sentences(self, refusals):
        labels = self.env["freight.event.refusal"]._labels(
            {(refusal.model, refusal.field, refusal.item) for refusal in refusals}
        )
        return [
            _(
                "%(label)s (kept: %(kept)s, refused: %(refused)s)",
                label=labels[refusal.model, refusal.field, refusal.item],
                kept=refusal.kept or "-",
                refused=refusal.refused or "-",
            )
            for refusal in refusals
        ]
