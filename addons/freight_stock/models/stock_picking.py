from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.osv.expression import AND, OR

from .. import releasing

#: States of a transfer that is still to happen.
OPEN = ("waiting", "confirmed", "assigned")


class StockPicking(models.Model):
    _inherit = "stock.picking"

    freight_shipment_id = fields.Many2one(
        "freight.shipment",
        string="Shipment",
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        check_company=True,
    )
    freight_hold = fields.Boolean(
        string="Not by the TMS",
        readonly=True,
        tracking=True,
        help="Somebody has the goods moved otherwise: no policy releases them.",
    )
    freight_to_release = fields.Boolean(
        compute="_compute_freight_to_release",
        search="_search_freight_to_release",
        help="Goes by the TMS and has no shipment.",
    )

    freight_shipment_state = fields.Selection(related="freight_shipment_id.transport_state")
    freight_releasable = fields.Boolean(compute="_compute_freight_releasable")

    @api.depends("state", "freight_shipment_id.transport_state")
    def _compute_freight_releasable(self):
        for picking in self:
            picking.freight_releasable = picking._freight_is_releasable()

    def _freight_is_releasable(self):
        """Return whether a person may release this transfer: open, and not handed over."""
        shipment = self.sudo().freight_shipment_id
        return bool(
            self.state in OPEN
            and self._freight_direction()
            and (not shipment or shipment.transport_state in ("draft", "cancelled"))
        )

    def _compute_freight_to_release(self):
        waiting = self.search([("id", "in", self.ids), ("freight_to_release", "=", True)])
        for picking in self:
            picking.freight_to_release = picking in waiting

    @api.model
    def _search_freight_to_release(self, operator, value):
        domain = AND(
            [
                self._freight_open_domain(),
                [("freight_hold", "=", False), ("return_id", "=", False)],
                OR(self._freight_ours_domains() or [[(0, "=", 1)]]),
            ]
        )
        wanted = bool(value) == (operator == "=")
        return domain if wanted else ["!", *_as_one(domain)]

    @api.model
    def _freight_open_domain(self):
        """Return the domain of transfers to or from us that wait for a shipment."""
        return [
            ("picking_type_id.code", "in", self._freight_codes()),
            ("state", "in", OPEN),
            "|",
            ("freight_shipment_id", "=", False),
            ("freight_shipment_id.transport_state", "=", "cancelled"),
        ]

    @api.model
    def _freight_codes(self):
        """Return the kinds of operation that cross our door, or ship for us elsewhere."""
        kinds = dict(self.env["stock.picking.type"]._fields["code"].selection)
        return [code for code in kinds if code != "internal"]

    @api.model
    def _freight_ours_domains(self):
        """Return domains of transfers whose order says that they go by the TMS."""
        return []

    def _freight_direction(self):
        """Return how this transfer crosses our door, None for one that does not."""
        self.ensure_one()
        code, target = self.picking_type_id.code, self.location_dest_id.usage
        if code == "incoming":
            return releasing.DROPSHIP if target == "customer" else releasing.INCOMING
        return code if code in (releasing.OUTGOING, releasing.DROPSHIP) else None

    # What people do -----------------------------------------------------------------------------

    @api.model
    def _freight_check_may_release(self):
        """Ask what a person needs to release shipments.

        :raise AccessError: for who is no dispatcher
        """
        group = "freight_canonical.group_freight_dispatcher"
        if not (self.env.su or self.env.user.has_group(group)):
            raise AccessError(
                _("Only a freight dispatcher may release transfers. Ask one, or an administrator.")
            )

    def _freight_check_may_act(self):
        self.check_access_rights("read")
        self.check_access_rule("read")
        self._freight_check_may_release()

    def action_freight_release(self):
        """Make shipments of these transfers, as far as they have none, and release them now.

        :raise AccessError: for who may not read the transfers or not release shipments
        :raise UserError: naming what keeps a transfer from being released
        """
        self._freight_check_may_act()
        return self.sudo()._freight_release_now()

    def action_freight_hold(self):
        """Take these transfers off their shipments, and let no policy release them.

        :raise AccessError: for who may not read the transfers or not release shipments
        :raise UserError: for what has left its pickup
        """
        self._freight_check_may_act()
        pickings = self.sudo()
        left = pickings.filtered(lambda picking: picking._freight_has_left())
        if left:
            raise UserError(
                _(
                    "%s left its pickup: ask the carrier to bring the goods back.",
                    ", ".join(left.mapped("name")),
                )
            )
        pickings.write({"freight_hold": True})
        pickings._freight_follow()

    def action_freight_resume(self):
        """Let these transfers go by the TMS again, as their policy says."""
        self._freight_check_may_act()
        pickings = self.sudo()
        pickings.write({"freight_hold": False})
        pickings._freight_follow()

    def action_open_freight_shipment(self):
        """Open the shipment of this transfer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "freight.shipment",
            "view_mode": "form",
            "res_id": self.freight_shipment_id.id,
        }

    def _freight_has_left(self):
        shipment = self.freight_shipment_id
        return shipment and not shipment._is_changeable() and not shipment._is_cancelled()

    def unlink(self):
        """Delete; the goods leave their shipment before."""
        leaving = self.sudo().filtered("freight_shipment_id")
        if leaving:
            leaving.freight_shipment_id._take_off(leaving)
        return super().unlink()


def _as_one(domain):
    return OR([domain, [(0, "=", 1)]])
