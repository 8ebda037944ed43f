from odoo import _, api, fields, models
from odoo.exceptions import UserError

#: Fields that say what is held. What a hold covers is never narrowed.
SCOPE = frozenset(
    {"company_id", "endpoint_ids", "partner_id", "shipment_ids", "date_from", "date_to"}
)

#: SQL: whether a hold (alias h) covers what came through an endpoint, of a company, at a moment,
#: and speaks of shipments. All that a hold names must fit; what it leaves empty fits always.
COVERS = """
    h.released IS NULL
    AND (h.company_id IS NULL OR h.company_id = {alias}.company_id)
    AND (h.date_from IS NULL OR {moment} >= h.date_from)
    AND (h.date_to IS NULL OR {moment} < h.date_to + 1)
    AND (NOT EXISTS (SELECT FROM freight_legal_hold_endpoint r WHERE r.hold_id = h.id)
         OR EXISTS (SELECT FROM freight_legal_hold_endpoint r
                     WHERE r.hold_id = h.id AND r.endpoint_id = {alias}.endpoint_id))
    AND (NOT EXISTS (SELECT FROM freight_legal_hold_shipment r WHERE r.hold_id = h.id)
         OR EXISTS (SELECT FROM freight_legal_hold_shipment r
                     WHERE r.hold_id = h.id AND r.shipment_id IN ({shipments})))
    AND (h.partner_id IS NULL
         OR EXISTS (SELECT FROM freight_endpoint e
                      JOIN freight_system s ON s.id = e.system_id
                      JOIN res_partner p ON p.id = s.partner_id
                     WHERE e.id = {alias}.endpoint_id
                       AND p.commercial_partner_id = h.commercial_partner_id)
         OR EXISTS (SELECT FROM freight_shipment s
                      JOIN res_partner p ON p.id IN (
                           s.carrier_id, s.performing_carrier_id, s.broker_id, s.remit_to_id,
                           s.shipper_id, s.consignee_id, s.bill_to_id)
                     WHERE s.id IN ({shipments})
                       AND p.commercial_partner_id = h.commercial_partner_id))
"""


class FreightLegalHold(models.Model):
    """Keeps content from being erased, whatever its policy says, until it is released.

    It begins to hold the moment it is saved: an erasure that runs meanwhile is waited for, and
    the next batch of it sees the hold.
    """

    _name = "freight.legal.hold"
    _description = "Legal Hold"
    _inherit = "freight.guarded"
    _order = "released desc, id desc"

    name = fields.Char(required=True, help="The case, as lawyers or auditors call it.")
    reason = fields.Text(string="Why", required=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Empty: the content of all companies.",
    )
    endpoint_ids = fields.Many2many(
        "freight.endpoint",
        "freight_legal_hold_endpoint",
        "hold_id",
        "endpoint_id",
        string="Endpoints",
        help="Empty: whichever way it came or went.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        ondelete="restrict",
        help="What this partner sent or was sent, and what speaks of shipments that name it.",
    )
    commercial_partner_id = fields.Many2one(related="partner_id.commercial_partner_id", store=True)
    shipment_ids = fields.Many2many(
        "freight.shipment",
        "freight_legal_hold_shipment",
        "hold_id",
        "shipment_id",
        string="Shipments",
        help="Empty: whatever shipment it speaks of.",
    )
    date_from = fields.Date(string="Came or went from", help="Empty: from the beginning.")
    date_to = fields.Date(string="Until", help="That day included. Empty: also what is to come.")
    user_id = fields.Many2one(
        "res.users",
        string="Set by",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
        copy=False,
    )
    released = fields.Datetime(readonly=True, copy=False)
    released_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", copy=False)
    release_reason = fields.Text(string="Released because", copy=False)

    _sql_constraints = [
        (
            "dates_in_order",
            "CHECK(date_from IS NULL OR date_to IS NULL OR date_from <= date_to)",
            "The period ends before it begins.",
        ),
    ]

    @api.model
    def _guarded(self):
        return super()._guarded() | {"user_id", "released", "released_by_id"}

    @api.model_create_multi
    def create(self, vals_list):
        """Create, once no batch of an erasure runs that would not see it."""
        self.env["freight.retention"]._hold_still()
        return super().create(vals_list)

    def write(self, vals):
        """Write, but never what a hold covers.

        :raise UserError: for a change of it
        """
        if SCOPE & set(vals) and not self.env.su:
            raise UserError(
                _("What a hold covers stays as it is: set another hold, then release this one.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(_("A hold stays on record: release it instead."))

    def action_release(self):
        """Release holds that another person set, for a reason.

        :raise AccessError: for who may not write holds
        :raise UserError: for who set it, or without a reason
        """
        self.check_access_rights("write")
        self.check_access_rule("write")
        for hold in self.filtered(lambda one: not one.released):
            if hold.user_id == self.env.user:
                raise UserError(
                    _("A second person releases a hold, not who set it: ask a colleague.")
                )
            if not (hold.release_reason or "").strip():
                raise UserError(_("Say why the hold is released: the reason stays on record."))
            hold.sudo().write({"released": fields.Datetime.now(), "released_by_id": self.env.uid})

    @api.model
    def _covers(self, alias, moment, shipments):
        """Return SQL: whether the hold ``h`` covers the row ``alias``.

        :param moment: SQL of when it came or went
        :param shipments: SQL of the ids of the shipments that it speaks of, a sub-select or values
        """
        return COVERS.format(alias=alias, moment=moment, shipments=shipments)
